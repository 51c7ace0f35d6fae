import { groupOf, type KubeObject } from "@sluice/api";
import { isObject, type Json } from "@sluice/base";
import { type Desired } from "./desired.ts";

/** What earlier stages of one apply are going to create or change, so that later objects cannot be tried before. */
export interface Pending {
  readonly namespaces: ReadonlySet<string>;
  /** `group/Kind` that definitions of this apply serve. */
  readonly kinds: ReadonlySet<string>;
  readonly clusterRoles: ReadonlySet<string>;
  readonly classes: ReadonlySet<string>;
}

/** Sums up the objects that are going to be written before the last stage. `exists` tells of namespaces that are there already. */
export function pendingOf(written: readonly Desired[], exists: (desired: Desired) => boolean): Pending {
  const names = (kind: string, all = written) => new Set(all.filter((d) => d.ref.kind === kind).map((d) => d.ref.name));
  const early = written.filter((desired) => desired.stage === "definitions");
  return {
    namespaces: names(
      "Namespace",
      early.filter((desired) => !exists(desired)),
    ),
    kinds: new Set(early.flatMap((desired) => servedKind(desired.object))),
    clusterRoles: names("ClusterRole", early),
    classes: new Set(written.filter((desired) => desired.stage === "classes").map((desired) => desired.ref.name)),
  };
}

/** `group/Kind` that a CustomResourceDefinition serves. */
export function servedKind({ kind, ...definition }: KubeObject): string[] {
  const spec = definition["spec"];
  if (kind !== "CustomResourceDefinition" || !isObject(spec) || !isObject(spec["names"])) return [];
  return [`${String(spec["group"])}/${String(spec["names"]["kind"])}`];
}

/** Whether an object can only be tried once an earlier stage is in the cluster. */
export function dependsOn({ ref, object }: Desired, pending: Pending): boolean {
  if (ref.namespace !== undefined && pending.namespaces.has(ref.namespace)) return true;
  if (pending.kinds.has(`${groupOf(ref.apiVersion)}/${ref.kind}`)) return true;
  if (pending.clusterRoles.size > 0 && pending.clusterRoles.has(boundRole(object))) return true;
  return pending.classes.size > 0 && namesClass(object, pending.classes);
}

function boundRole(object: KubeObject): string {
  const role = object["roleRef"];
  return isObject(role) && role["kind"] === "ClusterRole" ? String(role["name"]) : "";
}

/** Whether any field such as `priorityClassName` names one of `classes`. */
function namesClass(value: Json | undefined, classes: ReadonlySet<string>): boolean {
  if (Array.isArray(value)) return value.some((item) => namesClass(item, classes));
  if (!isObject(value)) return false;
  return Object.entries(value).some(
    ([key, child]) =>
      (key.endsWith("ClassName") && typeof child === "string" && classes.has(child)) || namesClass(child, classes),
  );
}
