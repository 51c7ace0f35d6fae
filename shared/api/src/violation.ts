import { isObject, type Json, type JsonObject, ownKey } from "@sluice/base";
import { type OpenApiSchema } from "./schema.ts";

/** What a value of each type must be, and how a person calls it. */
const TYPES: Readonly<Record<NonNullable<OpenApiSchema["type"]>, [name: string, is: (value: Json) => boolean]>> = {
  object: ["an object", isObject],
  array: ["a list", Array.isArray],
  string: ["a string", (value) => typeof value === "string"],
  boolean: ["true or false", (value) => typeof value === "boolean"],
  integer: ["an integer", (value) => typeof value === "bigint" || Number.isInteger(value)],
  number: ["a number", (value) => typeof value === "bigint" || typeof value === "number"],
};

/**
 * The first way in which `value` breaks `schema`, such as `spec.dependsOn[0].name: must be a string`; undefined if there is none. The API
 * server checks the same before it stores an object, but not those that were stored before it knew the schema. Rules in CEL, formats and
 * unknown fields are left to it.
 * @param path of `value`, as a person writes it.
 */
export function violationOf(schema: OpenApiSchema, value: Json | undefined, path: string): string | undefined {
  if (value === undefined) return `${path}: is missing`;
  if (schema["x-kubernetes-int-or-string"] === true || schema.type === undefined) return undefined;
  const [name, is] = TYPES[schema.type];
  if (!is(value)) return value === null && schema.nullable === true ? undefined : `${path}: must be ${name}`;
  if (typeof value === "string") return textViolation(schema, value, path);
  if (Array.isArray(value)) return listViolation(schema, value, path);
  return isObject(value) ? objectViolation(schema, value, path) : undefined;
}

function textViolation(schema: OpenApiSchema, value: string, path: string): string | undefined {
  const { enum: words, pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  const shown = `${path} ${JSON.stringify(value.length > 100 ? `${value.slice(0, 100)}…` : value)}`;
  if (words !== undefined && !words.includes(value)) return `${shown}: must be one of ${words.map(String).join(", ")}`;
  if (pattern !== undefined && !new RegExp(pattern).test(value)) return `${shown}: does not match ${pattern}`;
  if (value.length < minLength || value.length > maxLength) return `${shown}: its length is out of bounds`;
  return undefined;
}

function listViolation({ items = {} }: OpenApiSchema, value: readonly Json[], path: string): string | undefined {
  return first(value.entries(), ([index, item]) => violationOf(items, item, `${path}[${index}]`));
}

function objectViolation(schema: OpenApiSchema, value: JsonObject, path: string): string | undefined {
  const { properties = {}, additionalProperties, required = [] } = schema;
  const missing = required.find((field) => ownKey(value, field) === undefined);
  if (missing !== undefined) return `${path}.${missing}: is missing`;
  return first(Object.keys(value), (key) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : additionalProperties;
    return typeof known === "object" ? violationOf(known, ownKey(value, key), `${path}.${key}`) : undefined;
  });
}

function first<T>(all: Iterable<T>, find: (one: T) => string | undefined): string | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
