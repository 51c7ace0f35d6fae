import { canonicalJson, isObject, type Json, type JsonObject, parseJson, setKey } from "@sluice/base";

/**
 * One step of a field path, as `metav1.FieldsV1` spells it: `f:name` a field, `k:{"name":"x"}` the list item with those
 * keys, `v:"x"` the set member of that value, `i:0` the item at an index. Equal steps are equal strings.
 */
export type PathElement = string;

export const fieldElement = (name: string): PathElement => `f:${name}`;
export const keyElement = (keys: JsonObject): PathElement => `k:${canonicalJson(keys)}`;
export const valueElement = (value: Json): PathElement => `v:${canonicalJson(value)}`;
export const indexElement = (index: number): PathElement => `i:${index}`;

/** The name of a field step; undefined for the other kinds. */
export function fieldName(element: PathElement): string | undefined {
  return element.startsWith("f:") ? element.slice(2) : undefined;
}

export function isKeyElement(element: PathElement): boolean {
  return element.startsWith("k:");
}

/** One key with a plain text or a whole number as its value: it has one spelling only. */
const PLAIN_KEY = /^k:\{"[\w.-]+":(?:"[\w./-]*"|0|[1-9][0-9]{0,14})\}$/;

/**
 * The step that `text` means, in canonical spelling.
 * @returns undefined for a kind of step that is not known; it is ignored, as the API server does.
 * @throws {SyntaxError} if the part after `k:` or `v:` is not JSON, or there is no colon.
 */
export function parsePathElement(text: string): PathElement | undefined {
  const kind = text.slice(0, 2);
  if (kind === "f:") return text;
  if (PLAIN_KEY.test(text)) return text;
  if (kind === "k:") {
    const keys = parseJson(text.slice(2));
    if (!isObject(keys)) throw new SyntaxError(`keys must be an object: ${text}`);
    return keyElement(keys);
  }
  if (kind === "v:") return valueElement(parseJson(text.slice(2)));
  if (kind === "i:") {
    if (!/^i:-?[0-9]+$/.test(text)) throw new SyntaxError(`not an index: ${text}`);
    return indexElement(Number(text.slice(2)));
  }
  if (!text.includes(":")) throw new SyntaxError(`missing colon: ${text}`);
  return undefined;
}

/** One step as users read it: `.spec`, `[name="x"]`, `[="x"]`, `[0]`. @source structured-merge-diff `PathElement.String` */
export function displayElement(element: PathElement): string {
  const rest = element.slice(2);
  if (element.startsWith("f:")) return `.${rest}`;
  if (element.startsWith("i:")) return `[${rest}]`;
  if (element.startsWith("v:")) return `[=${rest}]`;
  const keys = parseJson(rest);
  if (!isObject(keys)) return `[${rest}]`;
  const shown = Object.entries(keys).map(([name, value]) => `${name}=${canonicalJson(value)}`);
  return `[${shown.join(",")}]`;
}

/** A path as users read it: `.spec.template.spec.containers[name="x"].image`. */
export function displayPath(path: readonly PathElement[]): string {
  return path.map(displayElement).join("");
}

/** Fields before keys before values before indices, each kind by its text. */
export function comparePathElements(a: PathElement, b: PathElement): number {
  const rank = KINDS.indexOf(a.slice(0, 2)) - KINDS.indexOf(b.slice(0, 2));
  if (rank !== 0) return rank;
  return a < b ? -1 : a > b ? 1 : 0;
}

const KINDS = ["f:", "k:", "v:", "i:"];

/** The keys of a `k:` step as an object; used to write a step for a list item that lacks some of its keys. */
export function keysOf(
  item: JsonObject,
  names: readonly string[],
  defaultOf: (name: string) => Json | undefined,
): JsonObject {
  const keys: JsonObject = {};
  for (const name of names) {
    const value = Object.hasOwn(item, name) ? item[name] : defaultOf(name);
    if (value !== undefined) setKey(keys, name, value);
  }
  return keys;
}
