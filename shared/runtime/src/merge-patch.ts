import { equalJson, isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";

/**
 * The JSON merge patch that turns `from` into `to`; undefined if they are equal. Lists are replaced whole. A null in `to` is the same as
 * nothing, because a merge patch cannot store one.
 * @source RFC 7386
 */
export function mergePatchBetween(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const patch: JsonObject = {};
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    const [old, next] = [ownKey(from, key) ?? undefined, ownKey(to, key) ?? undefined];
    if (equalJson(old, next)) continue;
    const change = isObject(old) && isObject(next) ? mergePatchBetween(old, next) : (next ?? null);
    if (change !== undefined) setKey(patch, key, change);
  }
  return Object.keys(patch).length > 0 ? patch : undefined;
}

/**
 * What `target` becomes by a JSON merge patch; neither is changed.
 * @source RFC 7386 section 2
 */
export function applyMergePatch(target: JsonObject, patch: JsonObject | undefined): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(target)) setKey(result, key, ownKey(target, key));
  for (const key of Object.keys(patch ?? {})) {
    const change = ownKey(patch, key);
    if (change === null) delete result[key];
    else setKey(result, key, isObject(change) ? merged(ownKey(target, key), change) : change);
  }
  return result;
}

function merged(old: Json | undefined, change: JsonObject): JsonObject {
  return applyMergePatch(isObject(old) ? old : {}, change);
}
