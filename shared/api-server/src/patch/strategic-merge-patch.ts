import { type KubeObject } from "@sluice/api";
import { cloneJson, equalJson, isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { goText, goType } from "../merge/go-format.ts";
import { ObjectError } from "../schema/errors.ts";
import { jsonType } from "../schema/go-decode.ts";
import { type KindSchema } from "../schema/kind-schema.ts";
import { type OpenApiNode } from "../schema/open-api-node.ts";
import { type Identity, inOrder, positionOf } from "./element-order.ts";

const DIRECTIVE = "$patch";
const RETAIN_KEYS = "$retainKeys";
const DELETE_FROM = "$deleteFromPrimitiveList/";
const ORDER = "$setElementOrder/";

/**
 * Applies a strategic merge patch: lists merge by the keys that the schema of the built-in kind names, and the directives
 * `$patch`, `$retainKeys`, `$deleteFromPrimitiveList/` and `$setElementOrder/` are obeyed; null changes nothing. Nothing given is changed.
 * @throws {ObjectError} PATCH_INVALID, with the API server's status and message.
 * @source `k8s.io/apimachinery/pkg/util/strategicpatch`
 */
export function strategicMergePatch(target: KubeObject, patch: Json, schema: KindSchema): KubeObject {
  if (patch === null) return cloneJson<JsonObject>(target) as KubeObject;
  if (!isObject(patch)) {
    throw refused(`json: cannot unmarshal ${jsonType(patch)} into Go value of type map[string]interface {}`, 400);
  }
  return mergeMaps(cloneJson<JsonObject>(target), cloneJson(patch), schema.openApi) as KubeObject;
}

function refused(message: string, status: 400 | 422 | 500): ObjectError<"PATCH_INVALID"> {
  return new ObjectError("PATCH_INVALID", message, { status });
}

/** Merges `patch` into `original`; both belong to this function. */
function mergeMaps(original: JsonObject, patch: JsonObject, node: OpenApiNode | undefined): JsonObject {
  if (Object.hasOwn(patch, DIRECTIVE)) return obeyDirective(patch);
  retainKeys(original, patch);
  for (const key of Object.keys(patch)) if (key.startsWith(ORDER)) mergeInOrder(original, patch, { key, node });
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_FROM)) deleteFrom(original, patch, key);
    else mergeField(original, key, { value: patch[key] ?? null, node });
  }
  return original;
}

function obeyDirective(patch: JsonObject): JsonObject {
  const { [DIRECTIVE]: directive, ...rest } = patch;
  if (directive === "replace") return rest;
  if (directive === "delete") return {};
  throw unknownDirective(directive, patch);
}

function unknownDirective(directive: Json | undefined, patch: JsonObject): ObjectError {
  return refused(`unknown patch type: ${goText(directive)} in map: ${goText(patch)}`, 500);
}

function retainKeys(original: JsonObject, patch: JsonObject): void {
  if (!Object.hasOwn(patch, RETAIN_KEYS)) return;
  const kept = patch[RETAIN_KEYS];
  delete patch[RETAIN_KEYS];
  if (!Array.isArray(kept)) throw refused("invalid patch format of retainKeys", 400);
  for (const key of Object.keys(patch)) {
    const isDirective = key.startsWith(DELETE_FROM) || key.startsWith(ORDER);
    if (patch[key] !== null && !isDirective && !kept.includes(key))
      throw refused("invalid patch format of retainKeys", 400);
  }
  for (const key of Object.keys(original)) if (!kept.includes(key)) delete original[key];
}

function deleteFrom(original: JsonObject, patch: JsonObject, key: string): void {
  const field = key.slice(DELETE_FROM.length);
  const list = ownKey(original, field);
  const unwanted = patch[key];
  if (!Array.isArray(list) || !Array.isArray(unwanted)) return;
  setKey(
    original,
    field,
    list.filter((item) => !unwanted.some((one) => equalJson(one, item))),
  );
}

function mergeField(original: JsonObject, key: string, patch: { value: Json; node: OpenApiNode | undefined }): void {
  const { value, node } = patch;
  if (value === null) {
    delete original[key];
    return;
  }
  const old = ownKey(original, key);
  const child = childOf(node, key);
  if (isObject(old) && isObject(value)) setKey(original, key, mergeObjects(old, value, fieldOf(node, key, child)));
  else if (Array.isArray(old) && Array.isArray(value))
    setKey(original, key, mergeLists(old, value, fieldOf(node, key, child)));
  else {
    dropNulls(value);
    const plain = withoutDirectives(value);
    if (plain === undefined) delete original[key];
    else setKey(original, key, plain);
  }
}

function childOf(node: OpenApiNode | undefined, key: string): OpenApiNode | undefined {
  return node?.property(key) ?? node?.additional;
}

/** The schema of a field that has to be merged; it must be known. */
function fieldOf(node: OpenApiNode | undefined, key: string, child: OpenApiNode | undefined): OpenApiNode | undefined {
  if (child || !node || node.propertyNames.length === 0) return child;
  throw refused(
    `unable to find api field in struct ${structName(node)} for the json field ${JSON.stringify(key)}`,
    500,
  );
}

function structName(node: OpenApiNode): string {
  return node.definition?.slice(node.definition.lastIndexOf(".") + 1) ?? "";
}

function mergeObjects(old: JsonObject, value: JsonObject, child: OpenApiNode | undefined): JsonObject {
  return child?.patchStrategies.includes("replace") ? value : mergeMaps(old, value, child);
}

function mergeLists(old: Json[], value: Json[], child: OpenApiNode | undefined): Json[] {
  if (!child?.patchStrategies.includes("merge")) return value;
  if (old.length === 0 && value.length === 0) return old;
  return isListOfMaps(old, value) ? mergeListsOfMaps(old, value, child) : mergeScalars(old, value);
}

function isListOfMaps(...lists: readonly Json[][]): boolean {
  const items = lists.flat();
  const kinds = new Set(items.map((item) => isObject(item)));
  if (kinds.size > 1) {
    const types = [...new Set(items.map(goType))];
    throw refused(`list element types are not identical: ${types.join(", ")}`, 500);
  }
  return kinds.has(true);
}

function mergeScalars(old: readonly Json[], value: readonly Json[]): Json[] {
  const merged: Json[] = [];
  for (const item of [...old, ...value]) if (!merged.some((one) => equalJson(one, item))) merged.push(item);
  return inOrder(merged, { order: value, original: old, key: undefined });
}

function mergeListsOfMaps(old: Json[], value: Json[], child: OpenApiNode): Json[] {
  const key = child.patchMergeKey;
  if (key === undefined) throw refused(`cannot merge lists without merge key for ${structName(child)}`, 500);
  const { kept, changes } = obeyItemDirectives(old, value.filter(isObject), key);
  const merged = [...kept];
  for (const change of changes) {
    if (!Object.hasOwn(change, key)) throw missingKey(change, key);
    const at = positionOf(merged, change, key);
    const found = merged[at];
    if (at >= 0 && isObject(found)) merged[at] = mergeMaps(found, change, child.items);
    else merged.push(withoutDirectives(change) ?? change);
  }
  return inOrder(merged, { order: changes, original: kept, key });
}

function missingKey(item: JsonObject, key: string): ObjectError {
  return refused(`map: ${goText(item)} does not contain declared merge key: ${key}`, 500);
}

/** Takes the items with a directive out of a patch's list and obeys them. */
function obeyItemDirectives(
  old: Json[],
  patch: readonly JsonObject[],
  key: string,
): { kept: Json[]; changes: JsonObject[] } {
  const changes = patch.filter((item) => !Object.hasOwn(item, DIRECTIVE));
  let kept = old;
  for (const item of patch) {
    if (!Object.hasOwn(item, DIRECTIVE)) continue;
    const directive = item[DIRECTIVE];
    if (directive === "replace") return { kept: changes, changes: [] };
    if (directive === "merge") throw refused("merging lists cannot yet be specified in the patch", 500);
    if (directive !== "delete") throw unknownDirective(directive, item);
    if (!Object.hasOwn(item, key)) throw missingKey(item, key);
    kept = kept.filter((one) => !isObject(one) || !equalJson(ownKey(one, key), item[key]));
  }
  return { kept, changes };
}

/** Merges a list that comes with `$setElementOrder/`: afterwards its items are in that order. */
function mergeInOrder(
  original: JsonObject,
  patch: JsonObject,
  at: { key: string; node: OpenApiNode | undefined },
): void {
  const field = at.key.slice(ORDER.length);
  const order = patch[at.key];
  delete patch[at.key];
  if (!Array.isArray(order)) throw refused(`expected a []interface {}, but received a ${goType(order)}`, 500);
  const child = fieldOf(at.node, field, childOf(at.node, field));
  const old = listAt(original, field);
  const changes = listAt(patch, field);
  const key = child?.patchMergeKey;
  if (changes) refuseDisorder(changes, order, key);
  if (!old && !changes) return;
  const merged =
    old && changes ? mergeLists(cloneJson(old), changes, child) : (old ?? withoutDirectives(changes ?? []));
  if (!Array.isArray(merged)) return;
  setKey(original, field, inOrder(merged, { order, original: old ?? [], key }));
  delete patch[field];
}

function listAt(owner: JsonObject, field: string): Json[] | undefined {
  const value = ownKey(owner, field);
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw refused(`expected a []interface {}, but received a ${goType(value)}`, 500);
  return value;
}

/** The items of the patch must stand in the order that it demands. */
function refuseDisorder(changes: readonly Json[], order: readonly Json[], key: Identity): void {
  if (changes.length === 0 || order.length === 0) return;
  const ordered = changes.filter((item) => !(isObject(item) && Object.hasOwn(item, DIRECTIVE)));
  let next = 0;
  for (const item of ordered) {
    const at = positionOf(order.slice(next), item, key);
    if (at < 0) {
      const text = `The order in patch list:\n${goText([...changes])}\n doesn't match $setElementOrder list:\n${goText([...order])}\n`;
      throw refused(text, 500);
    }
    next += at + 1;
  }
}

/** `value` without what carries a directive; undefined if that is the value itself. */
function withoutDirectives(value: Json): Json | undefined {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, DIRECTIVE)) return undefined;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const plain = withoutDirectives(value[key] ?? null);
    if (plain !== undefined) setKey(result, key, plain);
  }
  return result;
}

/** A null says that a field goes; where there is none it says nothing. */
function dropNulls(value: Json): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    if (value[key] === null) delete value[key];
    else dropNulls(value[key] ?? null);
  }
}
