import { type KubeObject } from "@sluice/api";
import { type ConnectOptions, connect, fixedCredentials, type KubeClient, type Resource } from "@sluice/kube";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type ScriptedKubeServer, scriptedKubeServer } from "./scripted-kube-server.ts";

/** A client of a scripted server, on a fake clock. */
export interface KubeLab extends AsyncDisposable {
  server: ScriptedKubeServer;
  client: KubeClient;
  clock: FakeClock;
}

const verbs = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** What the lab's server says that it serves. */
export const labResources: readonly Resource[] = [
  { group: "", version: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true, verbs, subresources: [] },
  {
    group: "",
    version: "v1",
    kind: "Namespace",
    plural: "namespaces",
    namespaced: false,
    verbs,
    subresources: ["status"],
  },
  {
    group: "coordination.k8s.io",
    version: "v1",
    kind: "Lease",
    plural: "leases",
    namespaced: true,
    verbs,
    subresources: [],
  },
  {
    group: "apps",
    version: "v1",
    kind: "Deployment",
    plural: "deployments",
    namespaced: true,
    verbs,
    subresources: ["status", "scale"],
  },
];

/** @param options of the client; jitter is off (random gives 0) unless they say otherwise. */
export async function kubeLab(options: Partial<ConnectOptions> = {}): Promise<KubeLab> {
  const server = await scriptedKubeServer(labResources);
  const clock = fakeClock();
  const credentials = fixedCredentials({ server: server.url, token: "token-1" });
  const client = connect({ credentials, clock, random: () => 0, ...options });
  return {
    server,
    client,
    clock,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A ConfigMap as a server sends it. */
export function configMap(
  name: string,
  more: { version?: string; uid?: string; data?: Record<string, string> } = {},
): KubeObject {
  const { version = "1", uid = `uid-${name}`, data = {} } = more;
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", uid, resourceVersion: version },
    data,
  };
}

/** A Status as a server sends it with an error. */
export function statusBody(
  code: number,
  reason: string,
  more: { message?: string; details?: KubeObject["spec"] } = {},
) {
  const { message = `${reason} happened`, details = { name: "a", kind: "configmaps" } } = more;
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code, reason, message, details };
}
