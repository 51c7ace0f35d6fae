import { isObject, type Json } from "@sluice/base";
import { FieldSet } from "./field-set.ts";
import { itemElement } from "./list-items.ts";
import { formOf, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { fieldElement, fieldName, isKeyElement, type PathElement } from "./path-element.ts";

/**
 * The fields that one owns by applying `value`: its leaves, its list items, the keys of its free maps, and maps that are
 * empty. A declared field that goes on is not owned itself. @source structured-merge-diff `TypedValue.ToFieldSet`
 */
export function ownedFields(value: Json, type: MergeType): FieldSet {
  const set = new FieldSet();
  const form = formOf(type, value);
  if (form.map && !form.map.atomic) collectMap(set, value, form.map);
  else if (!form.map && form.list && !form.list.atomic) collectList(set, value, form.list);
  return set;
}

/** Adds to `set` what is owned at `element` and below it. */
function collect(set: FieldSet, element: PathElement, value: Json, type: MergeType): void {
  const form = formOf(type, value);
  const isLeaf = form.map ? form.map.atomic : form.scalar !== undefined || form.list?.atomic === true;
  if (isLeaf) {
    set.members.add(element);
    return;
  }
  const below = new FieldSet();
  if (form.map) collectMap(below, value, form.map);
  else if (form.list) collectList(below, value, form.list);
  if (below.members.size > 0 || below.children.size > 0) set.children.set(element, below);
}

function collectMap(set: FieldSet, value: Json, map: MapMerge): void {
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = value[key];
    if (child === undefined) continue;
    const declared = map.field(key);
    const type = declared ?? map.element;
    const element = fieldElement(key);
    if (type) collect(set, element, child, type);
    if (declared === undefined || child === null || isEmptyMap(child)) set.members.add(element);
  }
}

function isEmptyMap(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function collectList(set: FieldSet, value: Json, list: ListMerge): void {
  if (!Array.isArray(value)) return;
  const elements = value.map((item) => itemElement(list, item));
  for (const [index, item] of value.entries()) {
    const element = elements[index] as PathElement;
    const unique = elements.indexOf(element) === elements.lastIndexOf(element);
    if (unique) collect(set, element, item, list.items);
    set.members.add(element);
  }
}

/**
 * `set` with every declared field on the way to its paths: of `.a.b.c` also `.a`, if that is a declared field and not a
 * key of a free map. @source structured-merge-diff `Set.EnsureNamedFieldsAreMembers`
 */
export function withNamedParents(set: FieldSet, type: MergeType | undefined): FieldSet {
  const result = new FieldSet(set.members);
  for (const [element, child] of set.children) {
    const name = fieldName(element);
    const declared = name === undefined ? undefined : type?.map?.field(name);
    if (declared) result.members.add(element);
    const below =
      name !== undefined ? (declared ?? type?.map?.element) : isKeyElement(element) ? type?.list?.items : undefined;
    result.children.set(element, withNamedParents(child, below));
  }
  return result;
}
