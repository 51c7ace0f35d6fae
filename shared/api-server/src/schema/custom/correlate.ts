import { equalJson, isObject, type Json, ownKey } from "@sluice/base";
import { type OpenApiNode } from "../open-api-node.ts";

/**
 * The stored value that the child under `key` of an object or free map was before; undefined if there was none.
 */
export function oldChild(old: Json | undefined, key: string): Json | undefined {
  return isObject(old) ? ownKey(old, key) : undefined;
}

/**
 * The stored item that `item` was before: the one with the same keys in a list of type `map`. Items of other lists cannot
 * be told apart from one version to the next.
 */
export function oldItem(old: Json | undefined, item: Json, list: OpenApiNode): Json | undefined {
  if (!Array.isArray(old) || list.listType !== "map" || !isObject(item)) return undefined;
  const keyOf = (name: string, candidate: Json): Json | undefined =>
    isObject(candidate) ? (ownKey(candidate, name) ?? list.items?.property(name)?.default) : undefined;
  return old.find((candidate) => list.mapKeys.every((name) => equalJson(keyOf(name, candidate), keyOf(name, item))));
}
