import { groupOf, type KindRef, type ObjectRef } from "@sluice/api";

/** Kinds that others stand on, in the order in which they are applied. @source spec/flux-api.md 2.6 */
const FIRST = [
  "CustomResourceDefinition",
  "Namespace",
  "ClusterRole",
  "ClusterClass",
  "RuntimeClass",
  "PriorityClass",
  "StorageClass",
  "VolumeSnapshotClass",
  "IngressClass",
  "GatewayClass",
  "ClusterRoleBinding",
  "ResourceQuota",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "ConfigMap",
  "Secret",
  "Service",
  "LimitRange",
  "Deployment",
  "StatefulSet",
  "CronJob",
  "PodDisruptionBudget",
] as const;

/** Webhooks come last: they may call what the others start. */
const LAST = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const;

const RANKS: ReadonlyMap<string, number> = new Map([
  ...FIRST.map((kind, index): [string, number] => [kind, index]),
  ...LAST.map((kind, index): [string, number] => [kind, FIRST.length + 1 + index]),
]);

/** Place of a kind in the order; kinds that are not named share one place between the two lists. */
function rankOf(kind: string): number {
  return RANKS.get(kind) ?? FIRST.length;
}

/** Compares two objects in the order of application: by kind's rank, kind, group, namespace, name. */
export function compareForApply(a: ObjectRef, b: ObjectRef): number {
  return (
    rankOf(a.kind) - rankOf(b.kind) ||
    compare(a.kind, b.kind) ||
    compare(groupOf(a.apiVersion), groupOf(b.apiVersion)) ||
    compare(a.namespace ?? "", b.namespace ?? "") ||
    compare(a.name, b.name)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** How an apply is cut: each stage is complete, and ready if `waits`, before the next begins. */
export const stageNames = ["definitions", "classes", "custom", "rest"] as const;
export type StageName = (typeof stageNames)[number];

/** Whether the next stage waits until this one's objects are ready. */
export function stageWaits(stage: StageName): boolean {
  return stage !== "rest";
}

/** The stage of a kind. `custom` holds `group/Kind` names, `Kind` for the core group. @source spec/flux-api.md 2.6 */
export function stageOf(kind: KindRef, custom: ReadonlySet<string>): StageName {
  if (isDefinition(kind)) return "definitions";
  if (kind.kind.endsWith("Class")) return "classes";
  const group = groupOf(kind.apiVersion);
  return custom.has(group === "" ? kind.kind : `${group}/${kind.kind}`) ? "custom" : "rest";
}

function isDefinition({ apiVersion, kind }: KindRef): boolean {
  const group = groupOf(apiVersion);
  if (kind === "CustomResourceDefinition") return group === "apiextensions.k8s.io";
  if (kind === "ClusterRole") return group === "rbac.authorization.k8s.io";
  return kind === "Namespace" && group === "";
}

/** Cuts an ordered list wherever the kind changes: objects of one run may be written at the same time. */
export function runsOfOneKind<T>(ordered: readonly T[], kindOf: (item: T) => string): T[][] {
  const runs: T[][] = [];
  let kind: string | undefined;
  for (const item of ordered) {
    if (kindOf(item) === kind) runs.at(-1)?.push(item);
    else runs.push([item]);
    kind = kindOf(item);
  }
  return runs;
}
