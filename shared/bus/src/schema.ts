import { isObject, type Json } from "@sluice/base";
import { BusError } from "./errors.ts";

/** Checks one member and returns it as its type. @throws {BusError} INVALID_MESSAGE */
export type Field<T> = (value: Json | undefined, field: string) => T;

/**
 * A closed record: every member is there and valid, and there is no other.
 * @throws {BusError} INVALID_MESSAGE naming the first member that is wrong.
 */
export function record<T extends object>(fields: { readonly [K in keyof T]: Field<T[K]> }): Field<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, field) => {
    if (!isObject(value)) throw invalid(field, "not an object");
    const stranger = Object.keys(value).find((name) => !Object.hasOwn(fields, name));
    if (stranger !== undefined) throw invalid(`${field}.${stranger.slice(0, 64)}`, "unknown");
    const entries = names.map((name) => [name, fields[name](value[name], `${field}.${name}`)]);
    return Object.fromEntries(entries) as T;
  };
}

/** A string of 1 to `max` UTF-16 units that matches `pattern`, by default one without control characters. */
export function text(max: number, pattern = /^[^\p{Cc}\p{Cs}]*$/u): Field<string> {
  return (value, field) => {
    if (typeof value !== "string") throw invalid(field, "not a string");
    if (value === "" || value.length > max) throw invalid(field, `not 1 to ${max} characters`);
    if (!pattern.test(value)) throw invalid(field, "wrong form");
    return value;
  };
}

/** Exactly this string. */
export function literal<const T extends string>(wanted: T): Field<T> {
  return (value, field) => {
    if (value !== wanted) throw invalid(field, `not "${wanted}"`);
    return wanted;
  };
}

/** An integer from 0 to 2^53 - 1. */
export const count: Field<number> = (value, field) => {
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) throw invalid(field, "not a count");
  return value;
};

/** An absolute http or https URL of at most 4096 characters. */
export const httpUrl: Field<string> = (value, field) => {
  const url = text(4096)(value, field);
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw invalid(field, "not an http URL");
  return url;
};

export function invalid(field: string, fact: string): BusError<"INVALID_MESSAGE"> {
  return new BusError("INVALID_MESSAGE", `Cannot accept "${field}": ${fact}`, { field });
}
