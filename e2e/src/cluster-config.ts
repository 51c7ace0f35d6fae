/** What the components of a test cluster are told: their files and their command lines. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringifyJson } from "@sluice/base";

/** Controllers that the tests need; there is no kubelet, so pods never run. */
export const defaultControllers = [
  "deployment-controller",
  "replicaset-controller",
  "namespace-controller",
  "garbage-collector-controller",
  "serviceaccount-controller",
] as const;

export interface Ports {
  etcd: number;
  etcdPeer: number;
  apiServer: number;
  controllerManager: number;
}

/** Everything that stays the same when a component of the cluster is restarted. */
export interface ClusterConfig {
  dir: string;
  ports: Ports;
  url: string;
  /** Bearer token of user `admin` in group `system:masters`. */
  token: string;
  /** Where kube-apiserver puts the certificate that it signs itself; it is its own authority. */
  certPath: string;
  kubeconfigPath: string;
}

/** Makes the directories, keys and the token file of a new cluster in `dir`. */
export async function writeClusterConfig(dir: string, ports: Ports): Promise<ClusterConfig> {
  const token = randomBytes(24).toString("hex");
  await mkdir(join(dir, "certs"), { recursive: true });
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  await Promise.all([
    writeFile(join(dir, "sa.key"), privateKey.export({ type: "sec1", format: "pem" }), { mode: 0o600 }),
    writeFile(join(dir, "sa.pub"), publicKey.export({ type: "spki", format: "pem" })),
    writeFile(join(dir, "tokens.csv"), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 }),
  ]);
  return {
    dir,
    ports,
    url: `https://127.0.0.1:${ports.apiServer}`,
    token,
    certPath: join(dir, "certs", "apiserver.crt"),
    kubeconfigPath: join(dir, "kubeconfig"),
  };
}

/** Writes the kubeconfig; JSON is YAML. */
export async function writeKubeconfig(config: ClusterConfig, caPem: string): Promise<void> {
  const ca = Buffer.from(caPem).toString("base64");
  const text = stringifyJson({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "e2e", cluster: { server: config.url, "certificate-authority-data": ca } }],
    users: [{ name: "admin", user: { token: config.token } }],
    contexts: [{ name: "e2e", context: { cluster: "e2e", user: "admin" } }],
    "current-context": "e2e",
  });
  await writeFile(config.kubeconfigPath, text, { mode: 0o600 });
}

/** etcd without fsync: the data need not survive the machine. */
export function etcdArgs({ dir, ports }: ClusterConfig): string[] {
  const client = `http://127.0.0.1:${ports.etcd}`;
  const peer = `http://127.0.0.1:${ports.etcdPeer}`;
  return [
    `--data-dir=${join(dir, "etcd")}`,
    "--unsafe-no-fsync",
    `--listen-client-urls=${client}`,
    `--advertise-client-urls=${client}`,
    `--listen-peer-urls=${peer}`,
    `--initial-advertise-peer-urls=${peer}`,
    `--initial-cluster=default=${peer}`,
  ];
}

/**
 * RBAC and admission as in a real cluster, save two things: the ServiceAccount plugin is off (no kubelet, no tokens in
 * pods), and priority and fairness is off so that a burst of a test is not queued behind rules that no test is about.
 */
export function apiServerArgs({ dir, ports }: ClusterConfig): string[] {
  return [
    `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
    `--secure-port=${ports.apiServer}`,
    "--bind-address=127.0.0.1",
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--cert-dir=${join(dir, "certs")}`,
    `--service-account-key-file=${join(dir, "sa.pub")}`,
    `--service-account-signing-key-file=${join(dir, "sa.key")}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--token-auth-file=${join(dir, "tokens.csv")}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/16",
    "--disable-admission-plugins=ServiceAccount",
    "--enable-priority-and-fairness=false",
    "--max-requests-inflight=2000",
    "--max-mutating-requests-inflight=1000",
    "--profiling=false",
    // End watches at once on SIGTERM instead of waiting for clients that never hang up.
    "--shutdown-send-retry-after=true",
    "--shutdown-watch-termination-grace-period=1s",
  ];
}

export function controllerManagerArgs(
  { dir, ports, kubeconfigPath }: ClusterConfig,
  controllers: readonly string[],
): string[] {
  return [
    `--kubeconfig=${kubeconfigPath}`,
    "--leader-elect=false",
    `--secure-port=${ports.controllerManager}`,
    "--bind-address=127.0.0.1",
    `--cert-dir=${join(dir, "kcm")}`,
    `--controllers=${controllers.join(",")}`,
    "--kube-api-qps=500",
    "--kube-api-burst=1000",
  ];
}
