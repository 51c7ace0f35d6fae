/** Group, version and kind; any of them may be "". */
export interface Gvk {
  group: string;
  version: string;
  kind: string;
}

/** What names a resource. `namespace` is the effective one, see `effectiveNamespace`. */
export interface ResourceId extends Gvk {
  name: string;
  namespace: string;
}

/** Stands for the namespace of objects that have none. */
export const CLUSTER_SCOPE = "_non_namespaceable_";

/** Splits `apiVersion` at its first slash; without one, it is a version of the core group. */
export function splitApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  if (slash < 0) return { group: "", version: apiVersion };
  return { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** The namespace that ids are compared by: "default" for none. */
export function effectiveNamespace(namespace: string, clusterScoped: boolean): string {
  if (clusterScoped) return CLUSTER_SCOPE;
  return namespace === "" ? "default" : namespace;
}

/** A text that is equal exactly for equal ids. */
export function idKey(id: ResourceId): string {
  return [id.group, id.version, id.kind, id.namespace, id.name].join("\0");
}

/** True if `gvk` has every part that `selector` names. */
export function selectsGvk(selector: Partial<Gvk>, gvk: Gvk): boolean {
  return (
    (!selector.group || selector.group === gvk.group) &&
    (!selector.version || selector.version === gvk.version) &&
    (!selector.kind || selector.kind === gvk.kind)
  );
}

/** An id as messages show it, such as `apps/v1 Deployment "web" in namespace "shop"`. */
export function describeId(id: ResourceId): string {
  const apiVersion = id.group === "" ? id.version : `${id.group}/${id.version}`;
  const where = id.namespace === CLUSTER_SCOPE || id.namespace === "default" ? "" : ` in namespace "${id.namespace}"`;
  return `${apiVersion} ${id.kind} "${id.name}"${where}`;
}

/** Kinds that come first, and last, where kinds are put in order. */
export const KINDS_FIRST: readonly string[] = [
  "Namespace",
  "ResourceQuota",
  "StorageClass",
  "CustomResourceDefinition",
  "ServiceAccount",
  "PodSecurityPolicy",
  "Role",
  "ClusterRole",
  "RoleBinding",
  "ClusterRoleBinding",
  "ConfigMap",
  "Secret",
  "Endpoints",
  "Service",
  "LimitRange",
  "PriorityClass",
  "PersistentVolume",
  "PersistentVolumeClaim",
  "Deployment",
  "StatefulSet",
  "CronJob",
  "PodDisruptionBudget",
];
export const KINDS_LAST: readonly string[] = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];

/** Orders texts by code point, as Go orders strings of UTF-8. */
export function compareText(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at += 1) {
    const difference = pointRank(a.charCodeAt(at)) - pointRank(b.charCodeAt(at));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for points above all others. */
function pointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x1_0000 : unit;
}

/** A comparison of kinds by their rank in the two lists, then by group, version and kind; blanks come after letters. */
export function gvkOrder(first: readonly string[], last: readonly string[]): (a: Gvk, b: Gvk) => number {
  const ranks = new Map([
    ...first.map((kind, index) => [kind, index - first.length] as const),
    ...last.map((kind, index) => [kind, index + 1] as const),
  ]);
  const text = (gvk: Gvk) => `${gvk.group || "~G"}_${gvk.version || "~V"}_${gvk.kind || "~K"}`;
  return (a, b) => (ranks.get(a.kind) ?? 0) - (ranks.get(b.kind) ?? 0) || compareText(text(a), text(b));
}
