import { randomBytes } from "node:crypto";
import { isObject, parseJson } from "@sluice/base";
import { inject } from "vitest";
import { type ClusterAccess, kubectl } from "./cluster.ts";
import { type CommandOptions } from "./commands.ts";

/** The cluster that all test files of a run share. Whoever needs to stop its API server starts one of their own. */
export interface SharedCluster extends ClusterAccess {
  /** Runs kubectl as the administrator. @throws {E2eError} COMMAND_FAILED */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** A new namespace that no other test knows; disposing it starts its deletion and does not wait for the end. */
  namespace(prefix: string): Promise<{ name: string } & AsyncDisposable>;
}

/**
 * The cluster of this run, with kube-controller-manager; started when it is asked for first.
 * @throws {Error} if it cannot be started, with the reason.
 */
export async function sharedCluster(): Promise<SharedCluster> {
  const response = await fetch(inject("sluiceClusterHost"));
  const body = await response.text();
  if (!response.ok) throw new Error(`Cannot start the shared cluster: ${body}`);
  const access = readAccess(body);
  const run = (args: readonly string[], options?: CommandOptions) => kubectl(access, args, options);
  return {
    ...access,
    kubectl: run,
    async namespace(prefix) {
      const name = `${prefix}-${randomBytes(4).toString("hex")}`;
      await run(["create", "namespace", name]);
      const remove = async () => void (await run(["delete", "namespace", name, "--wait=false"]));
      return { name, [Symbol.asyncDispose]: remove };
    },
  };
}

function readAccess(body: string): ClusterAccess {
  const value = parseJson(body);
  const text = (key: keyof ClusterAccess) => {
    const found = isObject(value) ? value[key] : undefined;
    if (typeof found !== "string") throw new Error(`Cannot read the shared cluster's access: no "${key}"`);
    return found;
  };
  return {
    url: text("url"),
    token: text("token"),
    caPem: text("caPem"),
    kubeconfigPath: text("kubeconfigPath"),
    kubectlPath: text("kubectlPath"),
    logDir: text("logDir"),
  };
}
