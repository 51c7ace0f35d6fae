import { isObject, type Json, ownKey } from "@sluice/base";
import { textOf } from "./node.ts";

/** Two lists whose elements are told apart by keys, or, without keys, by their own text. */
export interface ListMerge {
  target: Json[];
  patch: Json[] | undefined;
  keys: readonly string[];
  /** Merges two elements; either may be missing. Undefined: the element goes. */
  readonly merge: (target: Json | undefined, patch: Json | undefined) => Json | undefined;
  /** Told how many pairs of elements will be compared, if they must be; may throw. */
  readonly beforeMatching?: ((pairs: number) => void) | undefined;
}

/** What tells an element apart: the texts of its keys, and their types. */
interface Identity {
  text: string;
  types: string;
}

/**
 * Merges lists in time linear in their length, with the result of matching each element with each: those of the patch
 * come first. That needs elements that all have the same of the keys, so that a key that is missing matches nothing, and
 * keys of one text that have one type, so that merging two elements cannot change what tells them apart.
 * @returns undefined if there are no elements, or they are not so; nothing was changed then.
 */
export function mergeIndexed({ target, patch = [], keys, merge }: ListMerge): Json[] | undefined {
  const used = keys.filter((key) =>
    [patch, target].some((list) => list.some((element) => keyText(element, key) !== "")),
  );
  if (target.length + patch.length === 0 || (keys.length > 0 && used.length === 0)) return undefined;
  const targets = indexed(target, used);
  const patches = indexed(patch, used);
  if (targets === undefined || patches === undefined || !agree(targets.types, patches.types)) return undefined;
  const result = new Map<string, Json>();
  const removed = new Set<string>();
  for (const text of new Set([...patches.texts, ...targets.texts])) {
    const value = merge(targets.first.get(text), patches.first.get(text));
    if (value === undefined || value === null) removed.add(text);
    else result.set(text, value);
  }
  for (const [at, text] of targets.texts.entries()) {
    if (removed.has(text)) continue;
    if (used.length > 1) result.delete(text); // it goes to the end, as elements of several keys do
    result.set(text, target[at] ?? null);
  }
  return [...result.values()];
}

interface ListIndex {
  /** Of each element of the list. */
  texts: string[];
  first: Map<string, Json>;
  types: Map<string, string>;
}

function indexed(list: readonly Json[], keys: readonly string[]): ListIndex | undefined {
  const index: ListIndex = { texts: [], first: new Map(), types: new Map() };
  for (const element of list) {
    const identity = identityOf(element, keys);
    if (identity === undefined) return undefined;
    const { text, types } = identity;
    if ((index.types.get(text) ?? types) !== types) return undefined;
    if (!index.first.has(text)) index.first.set(text, element);
    index.types.set(text, types);
    index.texts.push(text);
  }
  return index;
}

function identityOf(element: Json, keys: readonly string[]): Identity | undefined {
  const texts = keys.length === 0 ? [textOf(element)] : keys.map((key) => keyText(element, key));
  if (texts.includes("") || keys.some(isSpecial)) return undefined;
  const types = keys.map((key) => (isObject(element) ? typeof ownKey(element, key) : ""));
  return { text: JSON.stringify(texts), types: types.join() };
}

/** A key without a name stands for the element itself elsewhere, and directives are taken away. */
function isSpecial(key: string): boolean {
  return key === "" || key === "$patch";
}

function keyText(element: Json, key: string): string {
  return isObject(element) ? textOf(ownKey(element, key)) : "";
}

function agree(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const [text, types] of b) if ((a.get(text) ?? types) !== types) return false;
  return true;
}
