import { isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { compileRegex } from "@sluice/expr";
import { type FieldSlot, splitPath } from "./field-spec.ts";
import { isMissing, textOf } from "./node.ts";

/** A field path that does not fit the object; the caller adds path and object. */
export class FieldPathError extends Error {}

/** What to make at the end of a path that leads nowhere (null for a scalar); undefined makes nothing. */
export type LeafKind = "scalar" | "mapping" | "list" | undefined;

/**
 * Splits a path at dots. `[key=value]` and `[name.with.dots]` stay together; a dot after a backslash belongs to the name.
 * @source kustomize kyaml/utils `SmarterPathSplitter`
 */
export function splitFieldPath(path: string): string[] {
  const parts = splitPath(path, ".");
  const result: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    let part = parts[at] ?? "";
    if (part.startsWith("[") && !part.endsWith("]")) {
      while (at < parts.length - 1 && !part.endsWith("]")) part += `.${parts[++at] ?? ""}`;
      if (!part.includes("=")) part = part.replace(/^[[\]]+|[[\]]+$/g, "");
    }
    result.push(part);
  }
  return result;
}

/** The one value at a path, or undefined. @throws {FieldPathError} for a wildcard or a number where no list is */
export function lookUp(value: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value;
  for (const part of path) {
    if (isMissing(found)) return undefined;
    found = step(found, part);
  }
  return found;
}

function step(value: Json, part: string): Json | undefined {
  if (part === "*") throw new FieldPathError('"*" cannot lead to a single value');
  const match = elementMatch(part);
  if (match !== undefined) {
    return demandList(value, part).find((element) => {
      const found = partOf(element, match.key); // `[name=]` means an empty name, not none
      return found !== undefined && textOf(found) === match.value;
    });
  }
  if (/^[0-9]+$/.test(part)) return demandList(value, part)[Number(part)];
  if (part === "-") return demandList(value, part).at(-1);
  return isObject(value) ? ownKey(value, part) : undefined;
}

function partOf(element: Json, key: string): Json | undefined {
  if (key === "") return element;
  return isObject(element) ? ownKey(element, key) : undefined;
}

/** Key and value of `[key=value]`; undefined for what is not in brackets. @throws {FieldPathError} without a "=" */
export function elementMatch(part: string): { key: string; value: string } | undefined {
  if (!part.startsWith("[") || !part.endsWith("]")) return undefined;
  const at = part.indexOf("=");
  if (at < 0) throw new FieldPathError(`"${part}" is not of the form [key=value]`);
  return { key: part.slice(1, at), value: part.slice(at + 1, -1) };
}

function demandList(value: Json, part: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new FieldPathError(`"${part}" needs a list`);
}

/**
 * Every field that a path leads to; `[key=pattern]` takes each element that the pattern is found in, `*` each element.
 * @param create what to make of missing fields, all along the path.
 * @throws {FieldPathError} where the path does not fit the object.
 * @source kustomize kyaml/yaml `PathMatcher`
 */
export function findFields(root: JsonObject, path: readonly string[], create: LeafKind): FieldSlot[] {
  return matchesOf({ value: root, set: () => undefined }, path, create);
}

function matchesOf(slot: FieldSlot, path: readonly string[], create: LeafKind): FieldSlot[] {
  const [part, ...rest] = path;
  if (part === undefined) return [slot];
  if (/^[0-9]+$/.test(part)) return atIndex(slot.value, Number(part), { rest, create });
  const match = elementMatch(part);
  if (match !== undefined) return atElements(slot.value, match, { rest, create });
  if (part === "*") {
    const list = demandList(slot.value, part);
    return [...list.keys()].flatMap((index) => matchesOf(element(list, index), rest, create));
  }
  return atField(slot.value, part, { rest, create });
}

interface Onward {
  rest: readonly string[];
  create: LeafKind;
}

function atField(value: Json, name: string, { rest, create }: Onward): FieldSlot[] {
  if (isMissing(value)) {
    if (create === undefined) return [];
    // Below a null, kustomize goes on in what it believes to have made, and nothing comes of it.
    return matchesOf({ value: blank(rest[0], create), set: () => undefined, isMade: true }, rest, create);
  }
  if (!isObject(value)) throw new FieldPathError(`"${name}" needs a mapping`);
  const isMade = ownKey(value, name) === undefined;
  if (isMade) {
    if (create === undefined) return [];
    setKey(value, name, blank(rest[0], create));
  }
  const slot = {
    value: ownKey(value, name) ?? null,
    member: { mapping: value, key: name },
    isMade,
    set: (next: Json) => setKey(value, name, next),
  };
  return matchesOf(slot, rest, create);
}

function atIndex(value: Json, index: number, { rest, create }: Onward): FieldSlot[] {
  const list = demandList(value, String(index));
  const isMade = index === list.length && create !== undefined;
  if (isMade) list.push(blank(rest[0], create));
  if (index >= list.length) throw new FieldPathError(`the list has ${list.length} elements, none at ${index}`);
  return matchesOf({ ...element(list, index), isMade }, rest, create);
}

function atElements(value: Json, match: { key: string; value: string }, { rest, create }: Onward): FieldSlot[] {
  const list = demandList(value, `[${match.key}=${match.value}]`);
  const search = () => {
    const regex = compileRegex(match.value);
    const hits = [...list.keys()].filter((index) => {
      const part = partOf(list[index] ?? null, match.key);
      return part !== undefined && regex.test(textOf(part));
    });
    return hits.flatMap((index) => matchesOf(element(list, index), match.key === "" ? [] : rest, create));
  };
  const found = search();
  if (found.length > 0 || create === undefined) return found;
  if (match.key === "") list.push(match.value);
  else {
    const made: JsonObject = {};
    setKey(made, match.key, match.value);
    list.push(made);
  }
  return search();
}

function blank(next: string | undefined, create: LeafKind): Json {
  if (next === undefined) return create === "list" ? [] : create === "mapping" ? {} : null;
  return /^[0-9]+$/.test(next) || (next.startsWith("[") && next.endsWith("]")) ? [] : {};
}

function element(list: Json[], index: number): FieldSlot {
  return {
    value: list[index] ?? null,
    set: (next) => {
      list[index] = next;
    },
  };
}
