import { equalJson, isObject, type Json } from "@sluice/base";
import { FieldSet } from "./field-set.ts";
import { itemElement } from "./list-items.ts";
import { formOf, type ListMerge, type MapMerge, type MergeType, sameForm } from "./merge-type.ts";
import { fieldElement, type PathElement } from "./path-element.ts";

/** What changed between two values. */
export interface Comparison {
  added: FieldSet;
  modified: FieldSet;
  removed: FieldSet;
}

/** What changed from `before` to `after`. @source structured-merge-diff `TypedValue.Compare` */
export function compareValues(before: Json, after: Json, type: MergeType): Comparison {
  const comparer = new Comparer();
  comparer.compare(before, after, type);
  return comparer.result;
}

class Comparer {
  readonly result: Comparison = { added: new FieldSet(), modified: new FieldSet(), removed: new FieldSet() };

  /** Where the comparer is. */
  readonly #path: PathElement[] = [];

  compare(before: Json | undefined, after: Json | undefined, type: MergeType): void {
    if (before !== undefined && before === after) return;
    const old = formOf(type, before);
    const next = formOf(type, after);
    let leaf: boolean;
    if (after === undefined) leaf = this.#handle(before, after, old);
    else if (before === undefined || sameForm(old, next)) leaf = this.#handle(before, after, next);
    else {
      this.#handle(before, after, old);
      leaf = this.#handle(before, after, next);
    }
    if (leaf) return;
    if (before === undefined) this.result.added.insert(this.#path);
    else if (after === undefined) this.result.removed.insert(this.#path);
  }

  #below(element: PathElement, before: Json | undefined, after: Json | undefined, type: MergeType): void {
    this.#path.push(element);
    this.compare(before, after, type);
    this.#path.pop();
  }

  /** @returns whether the place was treated as one value */
  #handle(before: Json | undefined, after: Json | undefined, form: MergeType): boolean {
    if (form.map) return this.#maps(before, after, form.map);
    if (form.scalar) return this.#leaf(before, after);
    return form.list ? this.#lists(before, after, form.list) : false;
  }

  #leaf(before: Json | undefined, after: Json | undefined): true {
    if (before === undefined) this.result.added.insert(this.#path);
    else if (after === undefined) this.result.removed.insert(this.#path);
    else if (!equalJson(before, after)) this.result.modified.insert(this.#path);
    return true;
  }

  #maps(before: Json | undefined, after: Json | undefined, map: MapMerge): boolean {
    const left = isObject(before) ? before : {};
    const right = isObject(after) ? after : {};
    const leftKeys = Object.keys(left);
    const rightKeys = Object.keys(right);
    if (map.atomic || (leftKeys.length === 0 && rightKeys.length === 0)) return this.#leaf(before, after);
    for (const key of leftKeys) {
      const type = map.field(key) ?? map.element;
      if (type) this.#below(fieldElement(key), left[key], Object.hasOwn(right, key) ? right[key] : undefined, type);
    }
    for (const key of rightKeys) {
      if (Object.hasOwn(left, key)) continue;
      const type = map.field(key) ?? map.element;
      if (type) this.#below(fieldElement(key), undefined, right[key], type);
    }
    return false;
  }

  #lists(before: Json | undefined, after: Json | undefined, list: ListMerge): boolean {
    const left = Array.isArray(before) ? before : [];
    const right = Array.isArray(after) ? after : [];
    if (list.atomic || (left.length === 0 && right.length === 0)) return this.#leaf(before, after);
    const lefts = groupByElement(list, left);
    const rights = groupByElement(list, right);
    for (const element of new Set([...lefts.keys(), ...rights.keys()])) {
      this.#path.push(element);
      this.#items(lefts.get(element) ?? [], rights.get(element) ?? [], list);
      this.#path.pop();
    }
    return false;
  }

  /** Items with the same step: one on each side at most, unless there are duplicates, which count as one atomic value. */
  #items(left: Json[], right: Json[], list: ListMerge): void {
    if (left.length < 2 && right.length < 2) this.compare(left[0], right[0], list.items);
    else if (left.length >= 2 && right.length >= 2) {
      if (!equalJson(left, right)) this.result.modified.insert(this.#path);
    } else if (left.length >= 2) {
      if (right.length > 0) this.compare(undefined, right[0], list.items);
      this.result.removed.insert(this.#path);
    } else {
      if (left.length > 0) this.compare(left[0], undefined, list.items);
      this.result.added.insert(this.#path);
    }
  }
}

function groupByElement(list: ListMerge, items: readonly Json[]): Map<PathElement, Json[]> {
  const groups = new Map<PathElement, Json[]>();
  for (const item of items) {
    const element = itemElement(list, item);
    const group = groups.get(element);
    if (group) group.push(item);
    else groups.set(element, [item]);
  }
  return groups;
}
