import { isObject, type Json, type JsonObject, ownKey } from "@sluice/base";

/** Fills in one struct, in place, after Go's decoder and before the structs inside it. */
export type Defaulter = (value: JsonObject) => void;

/** Sets `key` unless it is there. Empty text counts as absent, as for Go's strings that are not pointers. */
export function setDefault(value: JsonObject, key: string, fallback: Json): void {
  const known = value[key];
  if (known === undefined || known === null || known === "") value[key] = fallback;
}

/** Sets every key of `fallbacks` that is not there. */
export function setDefaults(value: JsonObject, fallbacks: JsonObject): void {
  for (const key of Object.keys(fallbacks)) setDefault(value, key, fallbacks[key] ?? null);
}

/** The object under `key`; a fresh one that belongs to nobody if there is none. */
export function objectAt(value: JsonObject, key: string): JsonObject {
  const found = ownKey(value, key);
  return isObject(found) ? found : {};
}

/** The object under `key`, put there if there is none. */
export function ensureObject(value: JsonObject, key: string): JsonObject {
  const found = ownKey(value, key);
  if (isObject(found)) return found;
  const fresh: JsonObject = {};
  value[key] = fresh;
  return fresh;
}

/** The objects of the list under `key`. */
export function objectsAt(value: JsonObject, key: string): JsonObject[] {
  const found = ownKey(value, key);
  return Array.isArray(found) ? found.filter(isObject) : [];
}
