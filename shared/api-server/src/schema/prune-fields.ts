import { isObject, type Json, type JsonObject } from "@sluice/base";
import { type OpenApiNode } from "./open-api-node.ts";

/**
 * Removes from a built-in kind's object, in place, the fields that its Go structs do not have.
 * @returns their paths, such as `spec.template.spec.containers[0].imagee`
 */
export function pruneUnknown(object: JsonObject, node: OpenApiNode): string[] {
  const removed: string[] = [];
  pruneObject(object, node, "", removed);
  return removed;
}

function pruneObject(value: JsonObject, node: OpenApiNode, path: string, removed: string[]): void {
  const names = node.propertyNames.length;
  for (const key of Object.keys(value)) {
    const child = node.property(key) ?? node.additional;
    const at = path === "" ? key : `${path}.${key}`;
    if (child) pruneValue(value[key], child, at, removed);
    else if (names > 0) {
      delete value[key];
      removed.push(at);
    }
  }
}

function pruneValue(value: Json | undefined, node: OpenApiNode, path: string, removed: string[]): void {
  if (isObject(value)) pruneObject(value, node, path, removed);
  else if (Array.isArray(value) && node.items) {
    for (const [index, item] of value.entries()) pruneValue(item, node.items, `${path}[${index}]`, removed);
  }
}
