import { failure } from "./errors.ts";

/** Reads a file that a generator names. @throws {KustomizeError} NOT_FOUND, FORBIDDEN_PATH or REMOTE */
export type ReadSource = (path: string) => Uint8Array;

/** Where a generator takes its data from. */
export interface DataSources {
  name: string;
  literals: readonly string[];
  files: readonly string[];
  envs: readonly string[];
}

type Pair = readonly [key: string, value: Uint8Array];

/**
 * The data of a generator by key.
 * @throws {KustomizeError} GENERATOR_FAILED for a source of the wrong form or a repeated key.
 * @source kustomize api/kv
 */
export function readData(sources: DataSources, read: ReadSource): ReadonlyMap<string, Uint8Array> {
  const data = new Map<string, Uint8Array>();
  const pairs = [
    ...sources.envs.flatMap((path) => envPairs(path, read)),
    ...sources.literals.map(literalPair),
    ...sources.files.map((source) => filePair(source, read)),
  ];
  for (const [key, value] of pairs) {
    if (data.has(key)) throw failure("GENERATOR_FAILED", `generator "${sources.name}" repeats the key "${key}"`);
    data.set(key, value);
  }
  return data;
}

function literalPair(source: string): Pair {
  const at = source.indexOf("=");
  // The value may be secret: the message shows the shape of the source only.
  if (at <= 0) throw failure("GENERATOR_FAILED", "a literal is not of the form key=value");
  return [source.slice(0, at), new TextEncoder().encode(withoutQuotes(source.slice(at + 1)))];
}

function withoutQuotes(text: string): string {
  const quote = text.charAt(0);
  const quoted = text.length >= 2 && (quote === '"' || quote === "'") && text.endsWith(quote);
  return quoted ? text.slice(1, -1) : text;
}

function filePair(source: string, read: ReadSource): Pair {
  const parts = source.split("=");
  if (parts.length > 2) throw failure("GENERATOR_FAILED", `file source "${source}" has more than one "="`);
  const [first = "", second] = parts;
  if (second === undefined) return [baseName(first), read(first)];
  if (first === "") throw failure("GENERATOR_FAILED", `file source "${source}" lacks a key before "="`);
  if (second === "") throw failure("GENERATOR_FAILED", `file source "${source}" lacks a path after "="`);
  return [first, read(second)];
}

function baseName(path: string): string {
  return path.replace(/\/+$/, "").split("/").at(-1) || (path === "" ? "." : "/");
}

const LEADING_SPACE = /^[\t\n\v\f\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/;

function envPairs(path: string, read: ReadSource): Pair[] {
  const lines = decodeUtf8(read(path))?.split("\n");
  if (lines === undefined) throw failure("GENERATOR_FAILED", `env file "${path}" is not UTF-8`);
  return lines.flatMap((line, index) => envPair(index === 0 ? line.replace(/^\uFEFF/, "") : line));
}

function envPair(raw: string): Pair[] {
  const line = raw.replace(/\r$/, "").replace(LEADING_SPACE, "");
  if (line === "" || line.startsWith("#")) return [];
  const at = line.indexOf("=");
  const key = at < 0 ? line : line.slice(0, at);
  return key === "" ? [] : [[key, new TextEncoder().encode(at < 0 ? "" : line.slice(at + 1))]];
}

/** The text of UTF-8 bytes with any byte order mark kept, or undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
