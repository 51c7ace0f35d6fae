import { isObject, type Json, type JsonObject } from "@sluice/base";
import { type OpenApiNode } from "../open-api-node.ts";

const META: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/**
 * Removes unknown fields from a custom resource in place.
 * @returns their paths, sorted.
 * @source `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning`
 */
export function pruneCustom(object: JsonObject, node: OpenApiNode): string[] {
  const removed: string[] = [];
  pruneObject(object, { node, path: "", isResource: true, keeps: node.preserveUnknown }, removed);
  return removed.sort();
}

interface Place {
  node: OpenApiNode;
  path: string;
  /** Whether `apiVersion`, `kind` and `metadata` are known here. */
  isResource: boolean;
  /** Whether unknown fields stay, here and in lists below, down to the next declared field. */
  keeps: boolean;
}

function pruneObject(value: JsonObject, { node, path, isResource, keeps }: Place, removed: string[]): void {
  for (const key of Object.keys(value)) {
    if (isResource && META.has(key)) continue;
    const child = node.property(key) ?? node.additional;
    const at = path === "" ? key : `${path}.${key}`;
    if (child)
      pruneValue(
        value[key],
        { node: child, path: at, isResource: child.embeddedResource, keeps: child.preserveUnknown },
        removed,
      );
    else if (!keeps && !allowsAny(node)) {
      delete value[key];
      removed.push(at);
    }
  }
}

function pruneValue(value: Json | undefined, place: Place, removed: string[]): void {
  if (isObject(value)) return pruneObject(value, place, removed);
  const { items } = place.node;
  if (!Array.isArray(value) || !items) return;
  for (const [index, item] of value.entries()) {
    const path = `${place.path}[${index}]`;
    const keeps = place.keeps || items.preserveUnknown;
    pruneValue(item, { node: items, path, isResource: items.embeddedResource, keeps }, removed);
  }
}

function allowsAny(node: OpenApiNode): boolean {
  return node.raw["additionalProperties"] === true;
}
