/**
 * The global set-up of the e2e project: a small HTTP server in vitest's main process that starts one cluster for the
 * whole run when a test file asks for it first, and stops it at the end. A run that never asks never starts one.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { messageOf, stringifyJson } from "@sluice/base";
import { kubeAssets } from "./assets.ts";
import { type Cluster, type ClusterAccess, startCluster } from "./cluster.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** URL that answers with the `ClusterAccess` of the run's cluster. */
    sluiceClusterHost: string;
  }
}

/** What this file needs of vitest's `TestProject`. */
export interface Project {
  provide(key: "sluiceClusterHost", value: string): void;
}

/** Called by vitest before the first test file; returns what it calls after the last. */
export async function setup(project: Project): Promise<() => Promise<void>> {
  let cluster: Promise<Cluster> | undefined;
  const server = createServer((_request, response) => {
    cluster ??= startWithControllers();
    cluster.then(
      (running) => response.end(stringifyJson({ ...accessOf(running) })),
      (thrown: unknown) => response.writeHead(500).end(messageOf(thrown)),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error(`Cannot listen: no port in "${address}"`);
  project.provide("sluiceClusterHost", `http://127.0.0.1:${address.port}/`);
  return async () => {
    server.closeAllConnections();
    server.close();
    const running = await cluster?.catch(() => undefined);
    await running?.[Symbol.asyncDispose]();
  };
}

async function startWithControllers(): Promise<Cluster> {
  const assets = await kubeAssets(["etcd", "kube-apiserver", "kubectl", "kube-controller-manager"]);
  if ("missing" in assets) throw new Error(assets.missing);
  return await startCluster({ assets, controllerManager: assets.path["kube-controller-manager"] });
}

function accessOf({ url, token, caPem, kubeconfigPath, kubectlPath, logDir }: Cluster): ClusterAccess {
  return { url, token, caPem, kubeconfigPath, kubectlPath, logDir };
}
