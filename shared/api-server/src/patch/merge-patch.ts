import { isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { ObjectError } from "../schema/errors.ts";
import { undecodable } from "./json-patch.ts";

/**
 * A JSON merge patch (RFC 7386): null deletes, objects merge, anything else replaces. Nothing of `target` is changed.
 * @throws {ObjectError} PATCH_INVALID (400) if `patch` is not an object.
 * @source evanphx/json-patch `MergePatch`: nulls inside a newly added object vanish, nulls inside lists stay
 */
export function mergePatch(target: Json, patch: Json): Json {
  if (patch === null) throw new ObjectError("PATCH_INVALID", "Invalid JSON Patch", { status: 400 });
  if (!isObject(patch)) throw undecodable(patch, "map[string]interface {}");
  return merge(target, patch);
}

function merge(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = {};
  if (isObject(target)) for (const key of Object.keys(target)) setKey(result, key, target[key]);
  for (const key of Object.keys(patch)) {
    const value = patch[key];
    if (value === undefined) continue;
    if (value === null) delete result[key];
    else setKey(result, key, merge(Object.hasOwn(result, key) ? (result[key] ?? null) : null, value));
  }
  return result;
}
