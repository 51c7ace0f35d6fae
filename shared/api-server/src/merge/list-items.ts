import { isObject, type Json } from "@sluice/base";
import { type ListMerge } from "./merge-type.ts";
import { keyElement, keysOf, type PathElement, valueElement } from "./path-element.ts";

/** An item that an associative list cannot hold; the message is the API server's. */
export class ItemError extends Error {}

/**
 * The step that leads to `item` in an associative list.
 * @throws {ItemError} if it is null, of the wrong form, or has none of the list's keys.
 */
export function itemElement(list: ListMerge, item: Json): PathElement {
  return list.keys.length > 0 ? keyedElement(list, item) : setElement(item);
}

function keyedElement(list: ListMerge, item: Json): PathElement {
  if (item === null) throw new ItemError("associative list with keys may not have a null element");
  if (!isObject(item)) throw new ItemError("associative list with keys may not have non-map elements");
  const keys = keysOf(item, list.keys, (name) => list.items.map?.defaultOf(name));
  if (Object.keys(keys).length > 0) return keyElement(keys);
  const names = list.keys.map((key) => JSON.stringify(key)).join(" ");
  throw new ItemError(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  );
}

function setElement(item: Json): PathElement {
  if (item === null) throw new ItemError("associative list without keys has an element that's an explicit null");
  if (Array.isArray(item)) throw new ItemError("not supported: associative list with lists as elements");
  if (isObject(item)) throw new ItemError("associative list without keys has an element that's a map type");
  return valueElement(item);
}
