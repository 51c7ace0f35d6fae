/** Patches: made from the manifests that they are for, so that most of them fit. */
import fc from "fast-check";
import { type Manifest } from "./kinds.ts";
import { choice, either, type Made, nth, one, some, sometimes } from "./pick.ts";
import { container, labels } from "./pod.ts";
import { scalar, text } from "./scalars.ts";
import { groupOf, identity, type Scope, type Spot, spotsOf, versionOf } from "./scope.ts";
import {
  Block,
  isList,
  isMapping,
  type Mapping,
  plainStyle,
  Raw,
  type Value,
  writeYaml,
  type YamlStyle,
} from "./yaml-text.ts";

export const style: fc.Arbitrary<YamlStyle> = fc.record({
  collections: one("block", "indented-lists", "flow"),
  literals: fc.boolean(),
});

/** One change at one place of a manifest. */
export interface Edit {
  at: number;
  how: "set" | "null" | "delete" | "replace" | "merge" | "extend" | "same";
  value: Value;
}

const edit: fc.Arbitrary<Edit> = fc.record({
  at: choice,
  how: one("same", "set", "extend", "extend", "set", "merge", "null", "delete", "replace"),
  value: either<Value>(one<Value>("new", 7, true), scalar, container, text),
});

/** The part of a manifest that a strategic merge patch with this edit holds. */
function sliver({ path, value }: Spot, change: Edit, whole: Value): Value {
  const [key, ...rest] = path;
  if (key === undefined) return edited(value, change);
  if (isList(whole) && typeof key === "number") {
    const item = whole[key];
    const inner = sliver({ path: rest, value }, change, item);
    return [isMapping(item) && isMapping(inner) ? { ...scalarsOf(item), ...inner } : inner];
  }
  return isMapping(whole) ? { [key]: sliver({ path: rest, value }, change, whole[key]) } : undefined;
}

/** The scalars of a list element: among them are the keys that it is merged by. */
function scalarsOf(item: Mapping): Mapping {
  return Object.fromEntries(Object.entries(item).filter(([, each]) => !isMapping(each) && !isList(each)));
}

/** What stands in metadata are texts: only texts take their place. */
function fitting({ path, value: old }: Spot, { at, how, value }: Edit): Edit {
  if (path[0] !== "metadata") return { at, how, value };
  const text = isMapping(value) || isList(value) || value === null ? "new" : value;
  return { at, how: isMapping(old) ? "extend" : how, value: text };
}

function edited(value: Value, { how, value: given }: Edit): Value {
  if (how === "null") return null;
  if (isList(value)) return editedList(value, how, given);
  if (isMapping(value)) return editedMapping(value, how, given);
  return how === "set" || how === "replace" ? given : value;
}

function editedList(value: readonly Value[], how: Edit["how"], given: Value): Value {
  if (how === "extend") return [...value, given ?? "more"];
  if (how === "set") return value.slice(1);
  return how === "same" ? value : [...value.slice(0, 1), { $patch: how }];
}

function editedMapping(value: Mapping, how: Edit["how"], given: Value): Value {
  if (how === "same") return value;
  if (how === "set" || how === "extend") return { ...(how === "extend" ? value : scalarsOf(value)), extra: given };
  return { ...(how === "delete" ? scalarsOf(value) : value), $patch: how };
}

/** Both, one over the other; lists one after the other, as in a patch that names an element twice. */
function overlaid(a: Value, b: Value): Value {
  if (isList(a) && isList(b)) return [...a, ...b];
  if (!isMapping(a) || !isMapping(b)) return b;
  const merged: Record<string, Value> = { ...a };
  for (const [key, value] of Object.entries(b)) merged[key] = Object.hasOwn(a, key) ? overlaid(a[key], value) : value;
  return merged;
}

/** A strategic merge patch that is still to meet its manifest. */
export const mergePatch = fc.record({
  edits: some(edit, 2),
  labels: sometimes(labels, 4),
  annotations: sometimes(one<Mapping>({ note: null }, { patched: "yes", a10: "x" }), 4),
  whole: sometimes(one("delete", "replace", "merge"), 20),
  style,
});
type MergePatch = Made<typeof mergePatch>;

/** The document that patches `manifest`. */
export function mergePatchFor(manifest: Manifest, plan: MergePatch): Mapping {
  const spots = spotsOf(manifest);
  let patch: Value = identity(manifest);
  for (const change of plan.edits) {
    const spot = nth(spots, change.at);
    if (spot !== undefined) patch = overlaid(patch, sliver(spot, fitting(spot, change), manifest));
  }
  const more: Mapping = { metadata: withoutUndefined({ labels: plan.labels, annotations: plan.annotations }) };
  const whole = plan.whole === undefined ? {} : { $patch: plan.whole };
  const result = overlaid(overlaid(patch, more), whole);
  return isMapping(result) ? result : {};
}

function withoutUndefined(value: Mapping): Mapping {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined));
}

/** A JSON patch that is still to meet its manifest. */
export const jsonPatch = fc.record({
  operations: some(
    fc.record({
      at: choice,
      op: one("replace", "add", "append", "insert", "test", "copy", "remove"),
      value: either<Value>(one<Value>("new", 7, null, { a: 1 }, ["x"]), scalar),
    }),
    2,
  ),
  as: one<"json" | YamlStyle>("json", plainStyle),
});
type JsonPatch = Made<typeof jsonPatch>;

/** Operations that fit every object. */
const safeOperations: readonly Mapping[] = [
  { op: "add", path: "/metadata/annotations/j", value: "1" },
  { op: "add", path: "/metadata/labels", value: { j: "1", app: "b" } },
  { op: "add", path: "/extra", value: { a: [1, 2] } },
];

/** The text of the patch for `manifest`; if it is for many objects at once, one that fits all. */
export function jsonPatchFor(manifest: Manifest, plan: JsonPatch, isForMany = false): string {
  const spots = spotsOf(manifest);
  const operations = plan.operations.map(({ at, op, value }) => {
    const spot = nth(spots, at);
    return isForMany || spot === undefined ? (nth(safeOperations, at) ?? {}) : operationAt(spot, op, value);
  });
  return plan.as === "json" ? `${JSON.stringify(plain(operations))}\n` : writeYaml(operations, plan.as);
}

function operationAt({ path, value: old }: Spot, op: string, value: Value): Mapping {
  const pointer = path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
  if (path[0] === "metadata" && isMapping(old)) return { op: "add", path: `${pointer}/more`, value: "text" };
  if (path[0] === "metadata") return { op: "replace", path: pointer, value: "text" };
  if (op === "remove") return { op, path: pointer };
  if (op === "test" && typeof old === "string") return { op, path: pointer, value: old };
  if (op === "copy" && typeof path.at(-1) === "string") return { op, from: pointer, path: `${pointer}-copy` };
  if (op === "append" && isList(old)) return { op: "add", path: `${pointer}/-`, value };
  if (op === "insert" && isList(old)) return { op: "add", path: `${pointer}/0`, value };
  if (op === "add" && isMapping(old)) return { op, path: `${pointer}/new~1key`, value };
  if (isMapping(old)) return { op: "add", path: `${pointer}/more`, value };
  if (isList(old)) return { op: "replace", path: pointer, value: old.slice(1) };
  return { op: "replace", path: pointer, value: isMapping(value) || isList(value) ? "new" : value };
}

/** JSON has no scalars of which only the text is known. */
function plain(value: Value): Value {
  if (isList(value)) return value.map(plain);
  if (isMapping(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  if (value instanceof Block) return value.lines.join("\n");
  return value instanceof Raw ? value.text : value;
}

/** How a patch says what it is for. */
export const targeting = one(
  ...(["exact", "full", "kind", "kind-pattern", "name-pattern", "labels", "annotations", "group", "other"] as const),
);

/** A selector that selects `manifest`, and perhaps others with it. */
export function targetOf({ apiVersion, kind, metadata }: Manifest, how: Targeting): Mapping {
  const { name, namespace } = metadata;
  const [group, version] = [groupOf(apiVersion), versionOf(apiVersion)];
  const selectors: Record<Targeting, Mapping> = {
    exact: { kind, name },
    full: { group: group === "" ? undefined : group, version, kind, name, namespace },
    kind: { kind },
    "kind-pattern": { kind: "Deploy.*|Pod|.*Set|Foo|ConfigMap|Service", name },
    "name-pattern": { name: `${name.slice(0, 1)}.*` },
    labels: { labelSelector: "app in (a, b), tier!=back" },
    annotations: { annotationSelector: "note" },
    group: { group: group === "" ? "apps" : group, kind },
    other: { kind, name: "nobody" },
  };
  return selectors[how];
}
export type Targeting = Made<typeof targeting>;

/** True if a selector of this kind means one object only. */
export function isExact(how: Targeting): boolean {
  return how === "exact" || how === "full";
}

type Body = { type: "merge"; plan: MergePatch } | { type: "json"; plan: JsonPatch };

/** An entry of `patches`. */
export const patchEntry = fc.record({
  for: choice,
  body: either<Body>(
    mergePatch.map((plan) => ({ type: "merge", plan })),
    jsonPatch.map((plan) => ({ type: "json", plan })),
  ),
  targeting,
  hasTarget: fc.boolean(),
  inFile: fc.boolean(),
  options: sometimes(one<Mapping>({ allowNameChange: true }, { allowKindChange: true }, { allowNameChange: false }), 8),
  second: sometimes(fc.record({ for: choice, merge: mergePatch }), 8),
});
export type PatchEntry = Made<typeof patchEntry>;

/** The entry for the manifests of a scope; undefined if there are none. */
export function patchFor(entry: PatchEntry, index: number, scope: Scope): Mapping | undefined {
  const manifest = nth(scope.manifests, entry.for);
  if (manifest === undefined) return undefined;
  const { body } = entry;
  const hasTarget = body.type === "json" || entry.hasTarget;
  const content =
    body.type === "json"
      ? jsonPatchFor(manifest, body.plan, !isExact(entry.targeting))
      : mergeText(body.plan, hasTarget ? [manifest] : [manifest, second(entry, scope)], entry.second?.merge);
  const target = hasTarget ? targetOf(manifest, entry.targeting) : undefined;
  const text = entry.inFile ? { path: scope.write(`patch-${index}.yaml`, content) } : { patch: content };
  return { ...text, target, options: mayHaveOptions(entry, hasTarget) ? entry.options : undefined };
}

/** Options are for patches of one object: a ConfigMap that becomes a Deployment is of no use to anybody. */
function mayHaveOptions({ targeting: how }: PatchEntry, hasTarget: boolean): boolean {
  return !hasTarget || isExact(how);
}

function second({ second: other }: PatchEntry, scope: Scope): Manifest | undefined {
  return other === undefined ? undefined : nth(scope.manifests, other.for);
}

function mergeText(plan: MergePatch, manifests: readonly (Manifest | undefined)[], other = plan): string {
  const documents = manifests.flatMap((manifest, index) => {
    if (manifest === undefined) return [];
    const each = index === 0 ? plan : other;
    return [writeYaml(mergePatchFor(manifest, each), each.style)];
  });
  return documents.join("---\n");
}

/** An entry of `patchesStrategicMerge`: the patch itself, or the path of its file. */
export function oldMergePatchFor(entry: PatchEntry, index: number, scope: Scope): string | undefined {
  const manifest = nth(scope.manifests, entry.for);
  if (manifest === undefined || entry.body.type !== "merge") return undefined;
  const content = mergeText(entry.body.plan, [manifest]);
  return entry.inFile ? scope.write(`old-patch-${index}.yaml`, content) : content;
}

/** An entry of `patchesJson6902`. */
export function oldJsonPatchFor(entry: PatchEntry, index: number, scope: Scope): Mapping | undefined {
  const manifest = nth(scope.manifests, entry.for);
  if (manifest === undefined || entry.body.type !== "json") return undefined;
  const content = jsonPatchFor(manifest, entry.body.plan);
  const text = entry.inFile ? { path: scope.write(`old-json-${index}.json`, content) } : { patch: content };
  return { target: targetOf(manifest, "full"), ...text };
}
