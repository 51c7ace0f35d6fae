import { type KubeObject, type ObjectRef } from "@sluice/api";
import { type ApiServer, startApiServer } from "@sluice/api-server";
import {
  type ApplyRequest,
  type ApplyResult,
  type Cluster,
  type ClusterOptions,
  type Drift,
  type InventoryEntry,
  openCluster,
  type OwnerRef,
} from "@sluice/apply";
import { type JsonObject, silentLog, systemClock } from "@sluice/base";
import { connect, fixedCredentials, type KubeClient } from "@sluice/kube";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type ClientCall, type ClientFault, type FaultyClient, faultyClient } from "./faulty-client.ts";

/** A cluster as shared/apply sees it, over an embedded API server. */
export interface ApplyLab extends AsyncDisposable {
  readonly server: ApiServer;
  /** What the cluster uses: it records calls and obeys `fault`. */
  readonly client: FaultyClient;
  /** What everybody else uses. */
  readonly others: KubeClient;
  readonly clock: FakeClock;
  readonly cluster: Cluster;
  /** Everything that `onDrift` told. */
  readonly drifts: Drift[];
  /** Decides what goes wrong; nothing by default. */
  fault: (call: ClientCall) => ClientFault | undefined;
  /** Applies for the lab's owner and keeps the inventory as a controller would. */
  apply(objects: readonly KubeObject[], more?: Partial<ApplyRequest> & { signal?: AbortSignal }): Promise<ApplyResult>;
  /** What the controller has stored; changed by `apply`, and by what an apply announces. */
  inventory: InventoryEntry[];
  /** Calls since the last time, such as `apply ConfigMap/a` or `try ConfigMap/a` (a dry run); watches, lists and discovery left out. */
  sent(): string[];
  /** A cluster of another process over the same server: it knows nothing. */
  restarted(options?: Partial<ClusterOptions>): ApplyLab["cluster"];
}

export const labOwner: OwnerRef = { namespace: "flux-system", name: "app" };

/** A ConfigMap in `default` with the owner's labels. */
export function ownedConfigMap(name: string, data: JsonObject = {}, owner: OwnerRef = labOwner): KubeObject {
  return owned({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "default" }, data }, owner);
}

/** The object with the owner's labels. */
export function owned(object: KubeObject, owner: OwnerRef = labOwner): KubeObject {
  const labels = {
    ...object.metadata.labels,
    "kustomize.toolkit.fluxcd.io/name": owner.name,
    "kustomize.toolkit.fluxcd.io/namespace": owner.namespace,
  };
  return { ...object, metadata: { ...object.metadata, labels } };
}

/** The reference to a ConfigMap in `default`. */
export function configMapRef(name: string): ObjectRef {
  return { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name };
}

/**
 * Starts an embedded API server and a cluster over it. Workloads stay as they are put: nothing simulates them. The cluster's clock stands still unless a test moves it.
 * @param options.aheadMs how far the cluster's clock is ahead of the server's; default 0.
 */
export async function applyLab(
  options: { aheadMs?: number; cluster?: Partial<ClusterOptions> } = {},
): Promise<ApplyLab> {
  const server = await startApiServer({ clock: systemClock, simulator: false });
  const clock = fakeClock(systemClock.now() + (options.aheadMs ?? 0));
  const credentials = fixedCredentials({ server: server.url, token: server.token });
  const own = connect({ credentials, clock });
  const others = connect({ credentials, clock: systemClock });
  const drifts: Drift[] = [];
  const clusters: Cluster[] = [];
  let seen = 0;
  const open = (more: Partial<ClusterOptions> = {}) => {
    const cluster = openCluster({ client, clock, log: silentLog, ...options.cluster, ...more });
    clusters.push(cluster);
    return cluster;
  };
  const client = faultyClient(own, (call) => lab.fault(call));
  const cluster = open();
  cluster.onDrift((drift) => void drifts.push(drift));
  const lab: ApplyLab = {
    ...{ server, client, others, clock, cluster, drifts },
    fault: () => undefined,
    inventory: [],
    async apply(objects, more = {}) {
      const { signal = new AbortController().signal, ...rest } = more;
      const request: ApplyRequest = {
        ...{ owner: labOwner, objects, inventory: lab.inventory, force: false, canWrite: () => true },
        onIntent: async (missing) => void lab.inventory.push(...missing),
        ...rest,
      };
      const result = await cluster.apply(request, signal);
      lab.inventory = [...result.inventory];
      return result;
    },
    sent() {
      const calls = client.calls.slice(seen);
      seen = client.calls.length;
      return calls.filter(({ verb }) => SHOWN.includes(verb)).map(describeCall);
    },
    restarted: open,
    async [Symbol.asyncDispose]() {
      for (const each of clusters) each[Symbol.dispose]();
      await own[Symbol.asyncDispose]();
      await others[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
  return lab;
}

const SHOWN = ["get", "apply", "patch", "delete", "create", "replace"];

function describeCall({ verb, dryRun, target }: ClientCall): string {
  return `${verb === "apply" && dryRun ? "try" : verb} ${target.kind ?? ""}/${target.name ?? ""}`;
}
