/**
 * JSON as Kubernetes means it: integers outside the safe range of a JavaScript number are `bigint`, so that
 * nothing is rounded between a manifest and the API server.
 */
export type Json = null | boolean | number | bigint | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json | undefined;
}

const UNSAFE_DIGITS = /[0-9]{16}/;

/**
 * Parses JSON text; integers beyond 2^53 become `bigint`.
 * @throws {SyntaxError} if `text` is not JSON.
 */
export function parseJson(text: string): Json {
  if (!UNSAFE_DIGITS.test(text)) return JSON.parse(text) as Json;
  return restoreIntegers(JSON.parse(markIntegers(text)));
}

/** Marks a string that stands for an integer; a private-use character that is doubled where the text has it. */
const MARK = "\uF8FF";

function markIntegers(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g;
  return text.replace(token, (found) => {
    if (found.startsWith('"')) return found.startsWith(`"${MARK}`) ? `"${MARK}${found.slice(1)}` : found;
    if (!/^-?[0-9]+$/.test(found) || Number.isSafeInteger(Number(found))) return found;
    return `"${MARK}${found}"`;
  });
}

function restoreIntegers(value: unknown): Json {
  if (typeof value === "string") {
    if (!value.startsWith(MARK)) return value;
    const rest = value.slice(1);
    return /^-?[0-9]+$/.test(rest) ? BigInt(rest) : rest;
  }
  if (Array.isArray(value)) return value.map(restoreIntegers);
  if (!isObject(value)) return value as Json;
  for (const key of Object.keys(value)) setKey(value, key, restoreIntegers(value[key]));
  return value;
}

/** JSON text of `value`, without spaces; `bigint` is written as an integer and `undefined` members are left out. */
export function stringifyJson(value: Json | undefined): string {
  if (!hasBigInt(value)) return JSON.stringify(value);
  return write(value);
}

function hasBigInt(value: Json | undefined): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasBigInt);
  for (const key in value) if (hasBigInt(value[key])) return true;
  return false;
}

function write(value: Json | undefined): string {
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value)) return `[${value.map((item) => write(item)).join()}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member)}`).join()}}`;
}

/** JSON text with the keys of every object in code-unit order: equal values have equal text. */
export function canonicalJson(value: Json | undefined): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join()}]`;
  if (!isObject(value)) return write(value);
  const keys = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key])}`).join()}}`;
}

/** True for a JSON object: neither null nor an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sets an own property whatever its name: `__proto__` too becomes plain data. */
export function setKey(target: JsonObject, key: string, value: Json | undefined): void {
  if (key === "__proto__") {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}

/** The own property `key`, or undefined: inherited names such as `toString` are not data. */
export function ownKey(source: JsonObject | undefined, key: string): Json | undefined {
  return source !== undefined && Object.hasOwn(source, key) ? source[key] : undefined;
}

/** Deep equality of JSON values: key order does not matter, an undefined member equals an absent one. */
export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && equalLists(a, b);
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const key of keys) if (!equalJson(ownKey(a, key), ownKey(b, key))) return false;
  return true;
}

function equalLists(a: readonly Json[], b: readonly Json[]): boolean {
  return a.length === b.length && a.every((item, index) => equalJson(item, b[index]));
}

/** A deep copy that shares nothing with `value`. */
export function cloneJson<T extends Json | undefined>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => cloneJson(item)) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const key of Object.keys(value)) setKey(copy, key, cloneJson(value[key]));
  return copy as T;
}
