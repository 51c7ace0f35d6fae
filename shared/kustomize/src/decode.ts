import { isObject, type Json } from "@sluice/base";
import { failure } from "./errors.ts";

/** Turns a parsed value into a typed one; `null` and absence both give the type's empty value. @throws KUSTOMIZATION_INVALID */
export type Decoder<T> = (value: Json, field: string) => T;

export const text: Decoder<string> = (value, field) => {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw wrongType(value, field, "a string");
};

export const flag: Decoder<boolean> = (value, field) => {
  if (value === null) return false;
  if (typeof value === "boolean") return value;
  throw wrongType(value, field, "a boolean");
};

/** A whole number of 64 bits. */
export const integer: Decoder<number | bigint> = (value, field) => {
  if (value === null) return 0;
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) return value;
  throw wrongType(value, field, "an integer");
};

/** Any value, as it is. */
export const anything: Decoder<Json> = (value) => value;

export function listOf<T>(item: Decoder<T>): Decoder<T[]> {
  return (value, field) => {
    if (value === null) return [];
    if (!Array.isArray(value)) throw wrongType(value, field, "a list");
    return value.map((each, index) => item(each, `${field}[${index}]`));
  };
}

export function mapOf<T>(item: Decoder<T>): Decoder<Map<string, T>> {
  return (value, field) => {
    if (value === null) return new Map();
    if (!isObject(value)) throw wrongType(value, field, "a mapping");
    return new Map(Object.entries(value).map(([key, each]) => [key, item(each ?? null, `${field}.${key}`)]));
  };
}

/** Undefined for null and absence. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, field) => (value === null ? undefined : decoder(value, field));
}

type Fields = Record<string, Decoder<unknown>>;
/** What a record of decoders makes. */
export type Decoded<F extends Fields> = { [K in keyof F]: ReturnType<F[K]> };

/**
 * A mapping with exactly these fields. As in Go's JSON decoder, names match whatever their case, and of two spellings of
 * one name the last in byte order counts.
 */
export function record<F extends Fields>(
  fields: F,
  { ignoreUnknown = false }: { ignoreUnknown?: boolean } = {},
): Decoder<Decoded<F>> {
  const names = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  return (value, field) => {
    if (value !== null && !isObject(value)) throw wrongType(value, field, "a mapping");
    const given = new Map<string, Json>();
    for (const key of Object.keys(value ?? {}).sort()) {
      const name = names.get(key.toLowerCase());
      if (name === undefined && ignoreUnknown) continue;
      if (name === undefined) throw failure("KUSTOMIZATION_INVALID", `unknown field "${at(field, key)}"`);
      given.set(name, value?.[key] ?? null);
    }
    const decoded = Object.entries(fields).map(([name, decoder]) => [
      name,
      decoder(given.get(name) ?? null, at(field, name)),
    ]);
    return Object.fromEntries(decoded) as Decoded<F>;
  };
}

function at(field: string, name: string): string {
  return field === "" ? name : `${field}.${name}`;
}

function wrongType(value: Json, field: string, wanted: string) {
  const got = Array.isArray(value) ? "a list" : typeof value === "object" ? "a mapping" : `a ${nameOf(value)}`;
  const what = field === "" ? "the document" : `field "${field}"`;
  const hint = wanted === "a string" && typeof value !== "object" ? ": quote it" : "";
  return failure("KUSTOMIZATION_INVALID", `${what} must be ${wanted}, not ${got}${hint}`);
}

function nameOf(value: Json): string {
  return typeof value === "bigint" ? "number" : typeof value;
}
