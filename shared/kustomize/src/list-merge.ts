import { isObject, ownKey, setKey, type Json, type JsonObject } from "@sluice/base";
import { type ListMerge, mergeIndexed } from "./list-index.ts";
import { isEmptyNode, isMissing, textOf } from "./node.ts";

/** A patch that cannot be merged; the caller adds the patch and the resource. */
export class MergeError extends Error {}

/** The parts of an element that tell it apart, as texts; "" for a part it lacks. */
type Values = readonly string[];

interface Match {
  keys: readonly string[];
  values: Values;
}

/**
 * Merges lists element by element; elements of the patch come first. The rules for elements that lack some of several
 * keys (ports by number and protocol) are those of kustomize, which are not those of Kubernetes: a missing part matches
 * anything, and elements that match collapse into one.
 * @source kustomize kyaml/yaml/walk `walkAssociativeSequence`
 */
export function mergeElements(lists: ListMerge): Json[] {
  const merged = mergeIndexed(lists);
  if (merged !== undefined) return merged;
  lists.beforeMatching?.((lists.target.length + (lists.patch?.length ?? 0)) ** 2);
  return mergeByMatching(lists);
}

/** As `mergeElements`, by matching each element with each: what takes the place of what changes while lists are merged. */
export function mergeByMatching({ target, patch, keys, merge }: ListMerge): Json[] {
  const byText = keys.length === 0;
  const found = byText ? scalarValues([patch, target]) : keyValues([patch, target], keys);
  const wanted = keys.length > 1 ? joined(found) : found;
  const names = byText ? [""] : keys;
  const result: Json[] = [];
  let last: readonly string[] = names;
  for (const values of wanted) {
    const match = usedKeys(wanted, { keys: names, values });
    last = match.keys;
    const value = merge(findElement(target, match), findElement(patch, match));
    if (isMissing(value) || isEmptyMapping(value)) update(target, match, undefined);
    else update(result, match, withKeys(value, match));
  }
  return wanted.length === 0 ? target : appendRest(result, target, last);
}

/** Changes the list in place: the patch's list may be the same one, where the target had none. */
function update(list: Json[], match: Match, element: Json | undefined): void {
  const next = withElement(list, match, element);
  list.length = 0;
  for (const each of next) list.push(each);
}

function scalarValues(lists: readonly (readonly Json[] | undefined)[]): Values[] {
  const texts = new Set(lists.flatMap((list) => list ?? []).map(textOf));
  return [...texts].map((text) => [text]);
}

function keyValues(lists: readonly (readonly Json[] | undefined)[], keys: readonly string[]): Values[] {
  const seen = new Map<string, Values>();
  for (const element of lists.flatMap((list) => list ?? [])) {
    const values = keys.map((key) => (isObject(element) ? textOf(ownKey(element, key)) : ""));
    const text = JSON.stringify(values);
    if (!seen.has(text)) seen.set(text, values);
  }
  return [...seen.values()];
}

/** Makes every two sets of values that agree where both have a value, and agree somewhere, one and the same. */
function joined(values: readonly Values[]): Values[] {
  const result = [...values];
  for (const [i, left] of values.entries()) {
    const current = result[i] ?? left;
    for (const j of values.keys()) {
      const both = unite(current, result[j] ?? []);
      if (both === undefined) continue;
      result[i] = both;
      result[j] = both;
    }
  }
  return result;
}

function unite(a: Values, b: Values): Values | undefined {
  if (a.length !== b.length) return undefined;
  if (!a.some((value, index) => value === b[index])) return undefined;
  if (a.some((value, index) => value !== b[index] && value !== "" && b[index] !== "")) return undefined;
  return a.map((value, index) => value || (b[index] ?? ""));
}

/** The keys that some element of the list has; all of them if none has any. */
function usedKeys(all: readonly Values[], match: Match): Match {
  const used = match.keys.map((_, index) => all.some((values) => (values[index] ?? "") !== ""));
  if (!used.includes(true)) return match;
  return { keys: match.keys.filter((_, i) => used[i]), values: match.values.filter((_, i) => used[i]) };
}

function findElement(list: readonly Json[] | undefined, match: Match): Json | undefined {
  const own = usedKeys([match.values], match);
  if (own.keys[0] === "") return list?.find((element) => textOf(element) === own.values[0]);
  return list?.find(
    (element) => isObject(element) && own.keys.every((key, i) => hasText(element, key, own.values[i] ?? "")),
  );
}

function hasText(element: JsonObject, key: string, text: string): boolean {
  const value = ownKey(element, key);
  return value !== undefined && keyText(value) === text;
}

/** The text of a key's value as it stands in the file; null has one too. */
function keyText(value: Json): string {
  return value === null ? "null" : textOf(value);
}

function isEmptyMapping(value: Json): boolean {
  return isObject(value) && isEmptyNode(value);
}

function withKeys(value: Json, match: Match): Json {
  if (!isObject(value)) return value;
  for (const [index, key] of match.keys.entries()) {
    const text = match.values[index] ?? "";
    if (ownKey(value, key) === undefined && text !== "") setKey(value, key, scalarOf(text));
  }
  return value;
}

/** A key's text as the scalar it would be unquoted. */
function scalarOf(text: string): Json {
  return /^(?:0|-?[1-9][0-9]{0,14})$/.test(text) ? Number(text) : text;
}

/**
 * The list with `element` in the place of every element that matches, else at its end; without an element, without those
 * that match. Empty elements are dropped in passing, and with no values at all, every element is.
 */
function withElement(list: readonly Json[], match: Match, element: Json | undefined): Json[] {
  const result: Json[] = [];
  let found = false;
  for (const each of list) {
    if (isMissing(each) || isEmptyMapping(each)) continue;
    const same = matches(each, match);
    found ||= same;
    if (!same && match.values.length > 0) result.push(each);
    else if (same && element !== undefined) result.push(element);
  }
  if (!found && element !== undefined) result.push(element);
  return result;
}

function matches(element: Json, { keys, values }: Match): boolean {
  if (keys[0] === "") return textOf(element) === values[0];
  if (!isObject(element)) return false;
  if (values.length === 0) return false;
  return keys.every((key, index) => {
    const text = values[index];
    if (text === undefined) return true;
    const value = ownKey(element, key);
    return value !== undefined && (text === "" || keyText(value) === text);
  });
}

/** Adds what the patch does not name: each element of the target takes the place of its merged self. */
function appendRest(merged: Json[], target: readonly Json[], keys: readonly string[]): Json[] {
  let result = merged;
  for (const element of target) {
    if (keys[0] === "") {
      result = withElement(result, { keys, values: [textOf(element)] }, element);
      continue;
    }
    if (!isMissing(element) && !isObject(element)) throw new MergeError("an element that is not a mapping");
    const present = keys.filter((key) => isObject(element) && ownKey(element, key) !== undefined);
    const lacking = keys.length - present.length;
    for (let count = 0; count < lacking; count += 1) result = [...result, element];
    const values = present.map((key) => (isObject(element) ? keyText(ownKey(element, key) ?? null) : ""));
    if (keys.length > 1) result = withElement(result, { keys, values }, undefined);
    result = withElement(result, { keys, values }, element);
  }
  return result;
}
