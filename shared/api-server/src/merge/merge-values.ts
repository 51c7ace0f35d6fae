import { isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { itemElement } from "./list-items.ts";
import { formOf, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { type PathElement } from "./path-element.ts";

/**
 * `live` with `applied` laid over it: granular maps and associative lists merge, all else is replaced. Nothing given is
 * changed; parts of both are shared. @source structured-merge-diff `TypedValue.Merge`
 */
export function mergeValues(live: Json | undefined, applied: Json | undefined, type: MergeType): Json | undefined {
  const form = formOf(type, applied === undefined || applied === null ? live : applied);
  if (form.map) return mergeMaps(live, applied, form.map);
  if (form.scalar) return applied === undefined ? live : applied;
  return form.list ? mergeLists(live, applied, form.list) : undefined;
}

function mergeMaps(live: Json | undefined, applied: Json | undefined, map: MapMerge): Json | undefined {
  const left = isObject(live) ? live : {};
  const right = isObject(applied) ? applied : {};
  const isLeaf = Object.keys(left).length === 0 && Object.keys(right).length === 0;
  if (map.atomic || isLeaf) return applied === undefined ? live : applied;
  const result: JsonObject = {};
  for (const key of Object.keys(left)) setMerged(result, key, mergeChild(map, key, left, right));
  for (const key of Object.keys(right))
    if (!Object.hasOwn(left, key)) setMerged(result, key, mergeChild(map, key, left, right));
  return Object.keys(result).length > 0 ? result : undefined;
}

function mergeChild(map: MapMerge, key: string, left: JsonObject, right: JsonObject): Json | undefined {
  const mine = Object.hasOwn(left, key) ? left[key] : undefined;
  if (!Object.hasOwn(right, key)) return mine;
  const type = map.field(key) ?? map.element;
  return type ? mergeValues(mine, right[key], type) : right[key];
}

function setMerged(result: JsonObject, key: string, value: Json | undefined): void {
  if (value !== undefined) setKey(result, key, value);
}

function mergeLists(live: Json | undefined, applied: Json | undefined, list: ListMerge): Json | undefined {
  const left = Array.isArray(live) ? live : [];
  const right = Array.isArray(applied) ? applied : [];
  if (list.atomic || (left.length === 0 && right.length === 0)) return applied === undefined ? live : applied;
  return new ListMerger(list, left, right).merge();
}

/**
 * Merges two associative lists: items of `right` in their order, items that only `left` has at the place where they stood
 * relative to the shared ones.
 */
class ListMerger {
  readonly #list: ListMerge;
  readonly #left: readonly Json[];
  readonly #leftElements: PathElement[];
  readonly #rightElements: PathElement[];
  readonly #leftItems: Map<PathElement, Json | undefined>;
  readonly #rightItems: Map<PathElement, Json | undefined>;

  constructor(list: ListMerge, left: readonly Json[], right: readonly Json[]) {
    this.#list = list;
    this.#left = left;
    this.#leftElements = left.map((item) => itemElement(list, item));
    this.#rightElements = right.map((item) => itemElement(list, item));
    this.#leftItems = index(this.#leftElements, left);
    this.#rightItems = index(this.#rightElements, right);
  }

  merge(): Json | undefined {
    const result: Json[] = [];
    const merged = new Set<PathElement>();
    const shared = this.#rightElements.filter((element) => this.#leftItems.has(element));
    let l = 0;
    let r = 0;
    while (l < this.#leftElements.length || r < this.#rightElements.length) {
      const left = this.#leftElements[l];
      const right = this.#rightElements[r];
      if (left !== undefined && left === right) {
        merged.add(left);
        this.#take(result, left);
        shared.shift();
        l++;
        r++;
        continue;
      }
      if (
        left !== undefined &&
        right !== undefined &&
        this.#rightItems.has(left) &&
        shared.length > 0 &&
        shared[0] !== left
      ) {
        l++;
        continue;
      }
      if (left !== undefined) {
        if (!this.#rightItems.has(left)) {
          result.push(this.#left[l] as Json);
          l++;
          continue;
        }
        if (merged.has(left)) l++;
      }
      if (right !== undefined) {
        merged.add(right);
        this.#take(result, right);
        r++;
        if (shared[0] === right) shared.shift();
      }
    }
    return result.length > 0 ? result : undefined;
  }

  #take(result: Json[], element: PathElement): void {
    const item = mergeValues(this.#leftItems.get(element), this.#rightItems.get(element), this.#list.items);
    if (item !== undefined) result.push(item);
  }
}

/** Items by their step; duplicates of a step are not merged with, so they count as absent. */
function index(elements: readonly PathElement[], items: readonly Json[]): Map<PathElement, Json | undefined> {
  const found = new Map<PathElement, Json | undefined>();
  for (const [at, element] of elements.entries()) found.set(element, found.has(element) ? undefined : items[at]);
  return found;
}
