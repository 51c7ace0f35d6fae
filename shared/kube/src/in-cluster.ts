import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock } from "@sluice/base";
import { KubeError } from "./errors.ts";
import { readPem, tokenFile } from "./token-file.ts";
import { type Credentials } from "./types.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/**
 * Credentials of the service account that a pod runs as. Token and CA are read anew as the kubelet rotates them.
 * @throws {KubeError} CREDENTIALS outside of a pod.
 * @source client-go `rest.InClusterConfig`
 */
export async function inCluster({ env, clock, directory = SERVICE_ACCOUNT }: InClusterOptions): Promise<Credentials> {
  const host = env["KUBERNETES_SERVICE_HOST"];
  const port = env["KUBERNETES_SERVICE_PORT"];
  if (!host || !port) {
    const source = "KUBERNETES_SERVICE_HOST";
    throw new KubeError("CREDENTIALS", `Cannot find the API server: "${source}" is not set, this is no pod`, {
      source,
    });
  }
  const namespace = await readFile(join(directory, "namespace"), "utf8").catch(() => "");
  return {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
    namespace: namespace.trim() || "default",
    tls: async () => ({ caPem: await readPem(join(directory, "ca.crt")) }),
    authorization: tokenFile(join(directory, "token"), clock),
  };
}

export interface InClusterOptions {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  /** Where the kubelet puts token, CA and namespace. */
  directory?: string;
}
