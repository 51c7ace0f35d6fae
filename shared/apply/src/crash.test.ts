import { ClientCrashed, applyLab, crashAtWrite, faultyClient, labOwner, ownedConfigMap, owned } from "@sluice/testkit";
import { silentLog } from "@sluice/base";
import { expect, test } from "vitest";
import { openCluster } from "./cluster.ts";
import { staleEntries, unionInventory } from "./inventory.ts";
import { type InventoryEntry } from "./types.ts";

const signal = new AbortController().signal;
const objects = [
  owned({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } }),
  ...["a", "b"].map((name) => ownedConfigMap(name)),
  owned({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "s", namespace: "team" } }),
];
const wantedLater = [ownedConfigMap("b"), ownedConfigMap("d")];

/** What carries our labels, as `Kind/name`. */
const KINDS = ["Namespace", "ConfigMap", "ServiceAccount"];

const points = [0, 1, 2, 3].flatMap((write) => [[write, "before"] as const, [write, "after"] as const]);

test.each(points)(
  "a process killed at write %i, %s the server acted, leaves nothing that the inventory lacks",
  async (write, when) => {
    await using lab = await applyLab();
    let stored: InventoryEntry[] = [];
    const controller = (plan: Parameters<typeof faultyClient>[1]) => {
      const client = faultyClient(lab.others, plan);
      const cluster = openCluster({ client, clock: lab.clock, log: silentLog, concurrency: 1 });
      const onIntent = async (missing: readonly InventoryEntry[]) => {
        if (client.hasCrashed()) throw new ClientCrashed();
        stored = unionInventory(stored, missing);
      };
      const common = { owner: labOwner, force: false, onIntent, canWrite: () => true };
      return {
        cluster,
        apply: (wanted: typeof objects) => cluster.apply({ ...common, objects: wanted, inventory: stored }, signal),
      };
    };
    const present = async () => {
      const selected = { labelSelector: "kustomize.toolkit.fluxcd.io/name" };
      const lists = await Promise.all(KINDS.map((kind) => lab.others.list({ apiVersion: "v1", kind }, selected)));
      return lists.flatMap(({ items }) => items).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
    };

    const killed = controller(crashAtWrite(write, when));
    await expect(killed.apply(objects)).rejects.toThrow();
    killed.cluster[Symbol.dispose]();
    const inInventory = stored.map(({ id }) => `${id.split("_").at(-1)}/${id.split("_").at(1)}`);
    for (const each of await present()) expect(inInventory).toContain(each);

    const next = controller(() => undefined);
    const { inventory } = await next.apply(wantedLater);
    const { survivors } = await next.cluster.prune(
      { owner: labOwner, stale: staleEntries(stored, inventory), canWrite: () => true },
      signal,
    );
    expect(survivors).toEqual([]);
    await expect.poll(present, { timeout: 10_000 }).toEqual(["ConfigMap/b", "ConfigMap/d"]);
    next.cluster[Symbol.dispose]();
  },
);
