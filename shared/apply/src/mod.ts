/**
 * Brings objects into a cluster and keeps account of them: plan (pure), server-side apply in stages, inventory, prune, health (kstatus), and drift
 * from metadata-only watches. Imports base, api, kube and expr. Throws ApplyError, whose data says what was done before it failed.
 */
export { openCluster } from "./cluster.ts";
export * from "./errors.ts";
export * from "./health-types.ts";
export { entriesOf, entryOf, inventoryId, refOfEntry, staleEntries, unionInventory } from "./inventory.ts";
export { failureMessage, timeoutMessage, unready } from "./report.ts";
export { healthOf } from "./status/kstatus.ts";
export * from "./types.ts";
