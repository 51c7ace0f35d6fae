import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { type Clock } from "@sluice/base";
import { inCluster } from "./in-cluster.ts";
import { loadKubeConfig } from "./kubeconfig.ts";
import { type Credentials } from "./types.ts";

/**
 * Credentials from where this process runs: `KUBECONFIG`, else the pod's service account, else `~/.kube/config`.
 * @param options.kubeconfig a path that goes before all of these.
 * @param options.home default the user's home directory.
 * @throws {KubeError} CREDENTIALS
 * @source controller-runtime `config.GetConfig`
 */
export async function loadCredentials(options: {
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
  kubeconfig?: string;
  context?: string;
  home?: string;
}): Promise<Credentials> {
  const { env, clock, kubeconfig = env["KUBECONFIG"], context, home = homedir() } = options;
  const chosen = context === undefined ? {} : { context };
  const paths = (kubeconfig ?? "").split(delimiter).filter((path) => path !== "");
  if (paths.length > 0) return await loadKubeConfig({ paths, env, clock, ...chosen });
  const standard = join(home, ".kube", "config");
  if (env["KUBERNETES_SERVICE_HOST"] || !(await exists(standard))) return await inCluster({ env, clock });
  return await loadKubeConfig({ paths: [standard], env, clock, ...chosen });
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  );
}
