import fc from "fast-check";
import { type Manifest } from "./kinds.ts";
import { choice, few, type Made, nth, one, some, sometimes } from "./pick.ts";
import { groupOf, type Scope, type Spot, scalarSpots, spotsOf, versionOf } from "./scope.ts";
import { isList, isMapping, type Mapping, type Value, writeYaml } from "./yaml-text.ts";

const delimiter = one("/", ":", "-", ",");
const target = fc.record({
  for: choice,
  by: one("id", "gvk", "id", "gvk", "id", "kind", "name", "labels"),
  reject: sometimes(choice, 6),
  spots: few(choice, 2),
  steps: one("names", "indexes", "stars"),
  create: sometimes(one("spec.made.deep", "metadata.annotations.example\\.com/made"), 4),
  delimiter: sometimes(fc.record({ delimiter, index: one(0, 1, -1, 5) }), 4),
});

/** A replacement that is still to meet its manifests. */
export const replacement = fc.record({
  from: choice,
  spot: sometimes(choice, 1),
  whole: sometimes(fc.constant(true), 8),
  delimiter: sometimes(fc.record({ delimiter, index: one(0) }), 5),
  value: sometimes(one("literal", "7"), 10),
  targets: some(target, 2),
  file: sometimes(one("one", "list"), 6),
});
export type Replacement = Made<typeof replacement>;

/** The entry for the manifests of a scope; undefined if there is nothing to copy. */
export function replacementFor(plan: Replacement, index: number, scope: Scope): Mapping | undefined {
  const from = nth(scope.manifests, plan.from);
  if (from === undefined) return undefined;
  const targets = plan.targets.flatMap((each) => {
    const manifest = nth(scope.manifests, each.for);
    return manifest === undefined || manifest === from
      ? []
      : [targetEntry(each, manifest, { scope, isWhole: plan.whole === true, isName: plan.spot === undefined })];
  });
  if (targets.length === 0) return undefined;
  const content = plan.value === undefined ? { source: sourceEntry(plan, from) } : { sourceValue: plan.value };
  const entry = { ...content, targets };
  if (plan.file === undefined) return entry;
  return { path: scope.write(`replacement-${index}.yaml`, writeYaml(plan.file === "list" ? [entry] : entry)) };
}

function sourceEntry(plan: Replacement, manifest: Manifest): Mapping {
  const spots =
    plan.whole === true
      ? spotsOf(manifest).filter(({ path }) => path[0] !== "metadata")
      : scalarSpots(manifest).filter(({ value }) => value !== "");
  const spot = plan.spot === undefined ? undefined : nth(spots, plan.spot);
  return {
    kind: manifest.kind,
    name: manifest.metadata.name,
    fieldPath: spot === undefined ? undefined : fieldPath(manifest, spot, "names"),
    options: plan.delimiter,
  };
}

/** What takes a whole mapping is never metadata, which would no longer be that of an object. */
function targetEntry(
  plan: Made<typeof target>,
  manifest: Manifest,
  { scope, isWhole, isName }: { scope: Scope; isWhole: boolean; isName: boolean },
): Mapping {
  const { kind, apiVersion, metadata } = manifest;
  const { name } = metadata;
  const group = groupOf(apiVersion);
  const selects: Record<typeof plan.by, Mapping> = {
    id: { kind, name },
    kind: { kind },
    name: { name },
    labels: { kind, labelSelector: "app=a" },
    gvk: { group: group === "" ? undefined : group, version: versionOf(apiVersion), kind, name },
  };
  const rejected = plan.reject === undefined ? undefined : nth(scope.manifests, plan.reject);
  const texts = scalarSpots(manifest).filter(({ value, path }) => {
    return typeof value === "string" && !(isWhole && path[0] === "metadata");
  });
  const paths = plan.spots.flatMap((chosen) => {
    const spot = nth(texts, chosen);
    return spot === undefined ? [] : [fieldPath(manifest, spot, plan.steps)];
  });
  const isForMany = !["id", "gvk"].includes(plan.by);
  if (isForMany) paths.splice(0, paths.length, "metadata.annotations.many");
  else if (plan.create !== undefined) paths.push(isWhole ? `spec.made${plan.for}` : plan.create);
  return {
    select: selects[plan.by],
    reject: rejected === undefined ? undefined : [{ kind: rejected.kind, name: rejected.metadata.name }],
    fieldPaths: paths.length > 0 ? paths : isName && !isWhole ? undefined : [`spec.made${plan.for}`],
    options:
      plan.create !== undefined || isWhole || isForMany || (paths.length === 0 && !isName)
        ? { create: true }
        : plan.delimiter,
  };
}

/** The way to a place, as replacements and variables write it. */
function fieldPath(manifest: Manifest, { path }: Spot, lists: "names" | "indexes" | "stars"): string {
  let at: Value = manifest;
  const parts = path.map((key) => {
    const whole: Value = at;
    at = isList(whole) ? whole[Number(key)] : isMapping(whole) ? whole[key] : undefined;
    return typeof key === "number" ? listStep(at, key, lists) : key.replaceAll(".", "\\.");
  });
  return parts.join(".");
}

function listStep(item: Value, index: number, lists: "names" | "indexes" | "stars"): string {
  if (lists === "stars") return "*";
  const named = isMapping(item) && typeof item["name"] === "string" && lists === "names";
  return named ? `[name=${String(item["name"])}]` : String(index);
}

/** A variable that is still to meet its manifest. */
export const variable = fc.record({ for: choice, spot: sometimes(choice, 3), full: fc.boolean() });

/** The entry of `vars`; its name tells the layer, so that no two are the same. */
export function variableFor(plan: Made<typeof variable>, index: number, scope: Scope): Mapping | undefined {
  const manifest = nth(scope.manifests, plan.for);
  if (manifest === undefined) return undefined;
  const { apiVersion, kind, metadata } = manifest;
  const spot = plan.spot === undefined ? undefined : nth(scalarSpots(manifest), plan.spot);
  return {
    name: `${scope.layer}_${index}`,
    objref: { apiVersion, kind, name: metadata.name, namespace: plan.full ? metadata.namespace : undefined },
    fieldref: spot === undefined ? undefined : { fieldPath: fieldPath(manifest, spot, "indexes") },
  };
}
