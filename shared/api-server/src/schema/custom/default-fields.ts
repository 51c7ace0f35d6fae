import { cloneJson, isObject, type Json, setKey } from "@sluice/base";
import { type OpenApiNode } from "../open-api-node.ts";

/**
 * Drops nulls that the schema does not allow and fills in its defaults, in place.
 * @source `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting`
 */
export function defaultFields(value: Json | undefined, node: OpenApiNode): void {
  dropNulls(value, node);
  fillIn(value, node);
}

function dropNulls(value: Json | undefined, node: OpenApiNode): void {
  if (Array.isArray(value)) {
    if (node.items) for (const item of value) dropNulls(item, node.items);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const child = node.property(key) ?? node.additional;
    if (!child) continue;
    if (isRefusedNull(value[key], child) && child.default === undefined) delete value[key];
    else dropNulls(value[key], child);
  }
}

function fillIn(value: Json | undefined, node: OpenApiNode): void {
  if (Array.isArray(value)) return fillInItems(value, node.items);
  if (!isObject(value)) return;
  for (const [name, fallback] of node.derive(defaultsOf)) {
    const isMissing = !Object.hasOwn(value, name) || value[name] === undefined;
    if (isMissing || isRefusedNull(value[name], node.property(name))) setKey(value, name, cloneJson(fallback));
  }
  for (const key of Object.keys(value)) {
    const child = node.property(key) ?? node.additional;
    if (!child) continue;
    if (isRefusedNull(value[key], child) && child.default !== undefined) setKey(value, key, cloneJson(child.default));
    fillIn(value[key], child);
  }
}

function fillInItems(items: Json[], node: OpenApiNode | undefined): void {
  if (!node) return;
  for (const [index, item] of items.entries()) {
    if (isRefusedNull(item, node) && node.default !== undefined) items[index] = cloneJson(node.default);
    fillIn(items[index], node);
  }
}

function isRefusedNull(value: Json | undefined, node: OpenApiNode | undefined): boolean {
  return value === null && node !== undefined && !node.nullable;
}

function defaultsOf(node: OpenApiNode): [string, Json][] {
  return node.propertyNames.flatMap((name): [string, Json][] => {
    const fallback = node.property(name)?.default;
    return fallback === undefined ? [] : [[name, fallback]];
  });
}
