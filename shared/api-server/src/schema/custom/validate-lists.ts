import { canonicalJson, equalJson, isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { type FieldError } from "../field-error.ts";
import { type OpenApiNode } from "../open-api-node.ts";
import { oldChild, oldItem } from "./correlate.ts";

/**
 * Items that lists of type `set` or `map` hold twice.
 * @source `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype`
 */
export function validateLists(value: Json, old: Json | undefined, node: OpenApiNode, path = ""): FieldError[] {
  if (Array.isArray(value)) return validateList({ value, old, node, path });
  if (!isObject(value)) return [];
  return Object.keys(value).flatMap((key) => {
    const child = node.property(key) ?? node.additional;
    const member = value[key];
    if (!child || member === undefined) return [];
    return validateLists(member, oldChild(old, key), child, path === "" ? key : `${path}.${key}`);
  });
}

function validateList(list: { value: Json[]; old: Json | undefined; node: OpenApiNode; path: string }): FieldError[] {
  const { value, old, node, path } = list;
  const { items } = node;
  const own = old !== undefined && equalJson(value, old) ? [] : duplicates(value, node, path);
  if (!items) return own;
  const inside = value.flatMap((item, index) =>
    validateLists(item, oldItem(old, item, node), items, `${path}[${index}]`),
  );
  return [...own, ...inside];
}

function duplicates(value: readonly Json[], node: OpenApiNode, path: string): FieldError[] {
  const { listType } = node;
  if (listType !== "set" && listType !== "map") return [];
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [index, item] of value.entries()) {
    const identity = listType === "set" ? item : keysOf(item, node);
    const text = canonicalJson(identity);
    if (seen.has(text))
      errors.push({ type: "Duplicate value", field: `${path}[${index}]`, detail: "", value: identity });
    seen.add(text);
  }
  return errors;
}

function keysOf(item: Json, node: OpenApiNode): JsonObject {
  const keys: JsonObject = {};
  for (const name of node.mapKeys) {
    const value = isObject(item) ? ownKey(item, name) : undefined;
    if (value !== undefined) setKey(keys, name, value);
  }
  return keys;
}
