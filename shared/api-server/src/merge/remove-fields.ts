import { isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { type FieldSet } from "./field-set.ts";
import { itemElement } from "./list-items.ts";
import { formOf, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { fieldElement } from "./path-element.ts";

/**
 * `value` without the fields and list items of `set`; what becomes empty by that becomes null. Nothing given is changed;
 * unchanged parts are shared. @source structured-merge-diff `TypedValue.RemoveItems`
 */
export function removeFields(value: Json, set: FieldSet, type: MergeType): Json {
  const form = formOf(type, value);
  if (form.map) return removeFromMap(value, set, form.map);
  if (form.scalar) return value;
  return form.list ? removeFromList(value, set, form.list) : null;
}

function removeFromMap(value: Json, set: FieldSet, map: MapMerge): Json {
  if (!isObject(value) || map.atomic) return null;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const element = fieldElement(key);
    const child = value[key];
    if (child === undefined || set.members.has(element)) continue;
    const below = set.children.get(element);
    const type = map.field(key) ?? map.element;
    setKey(result, key, below && type && !below.isEmpty ? removeFields(child, below, type) : child);
  }
  return Object.keys(result).length > 0 ? result : null;
}

function removeFromList(value: Json, set: FieldSet, list: ListMerge): Json {
  if (!Array.isArray(value) || list.atomic) return null;
  const result: Json[] = [];
  for (const item of value) {
    const element = itemElement(list, item);
    if (set.members.has(element)) continue;
    const below = set.children.get(element);
    result.push(below && !below.isEmpty ? removeFields(item, below, list.items) : item);
  }
  return result.length > 0 ? result : null;
}
