import { canonicalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { definitionNode } from "./definitions.ts";
import { goDecode, jsonType } from "./go-decode.ts";
import { type OpenApiNode } from "./open-api-node.ts";
import { pruneUnknown } from "./prune-fields.ts";

export const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

/**
 * Brings the `metadata` of a custom resource and of the resources embedded in it, in place, into stored form.
 * @param node the resource's schema
 * @returns the decoder's error, such as `metadata: Invalid value: {...}: json: cannot unmarshal ...`; undefined: none
 */
export function decodeMetadata(object: JsonObject, node: OpenApiNode): string | undefined {
  const { metadata: own = {} } = object;
  if (!isObject(own)) return `json: cannot unmarshal ${jsonType(own)} into Go value of type v1.ObjectMeta`;
  return eachMetadata(object, { node, isResource: true, path: "" }, (metadata, type, path) => {
    const sent = canonicalJson(metadata);
    const problem = goDecode(metadata, type);
    if (problem === undefined || path === "metadata") return problem;
    return `${path}: Invalid value: ${sent}: ${problem}`;
  });
}

/** Removes the unknown fields of each `metadata` in place. @returns their paths, such as `metadata.lables` */
export function pruneMetadata(object: JsonObject, node: OpenApiNode): string[] {
  const removed: string[] = [];
  eachMetadata(object, { node, isResource: true, path: "" }, (metadata, type, path) => {
    for (const field of pruneUnknown(metadata, type)) removed.push(`${path}.${field}`);
    return undefined;
  });
  return removed;
}

interface Place {
  node: OpenApiNode;
  isResource: boolean;
  path: string;
}

type Visit = (metadata: JsonObject, type: OpenApiNode, path: string) => string | undefined;

/** Calls `visit` for the metadata of the resource and of those inside it, until it returns something. */
function eachMetadata(value: Json | undefined, { node, isResource, path }: Place, visit: Visit): string | undefined {
  if (Array.isArray(value)) {
    const { items } = node;
    if (!items || !items.derive(hasEmbedded)) return undefined;
    return first(value.entries(), ([index, item]) => eachMetadata(item, inside(items, `${path}[${index}]`), visit));
  }
  if (!isObject(value)) return undefined;
  const type = definitionNode(OBJECT_META);
  const { metadata } = value;
  const found = isResource && type && isObject(metadata) ? visit(metadata, type, below(path, "metadata")) : undefined;
  if (found !== undefined || !node.derive(hasEmbedded)) return found;
  return first(Object.keys(value), (key) => {
    const child = node.property(key) ?? node.additional;
    return child ? eachMetadata(value[key], inside(child, below(path, key)), visit) : undefined;
  });
}

function first<T>(items: Iterable<T>, look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function inside(node: OpenApiNode, path: string): Place {
  return { node, isResource: node.embeddedResource, path };
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** Whether a schema has embedded resources in it, or is one. */
function hasEmbedded(node: OpenApiNode): boolean {
  if (node.embeddedResource) return true;
  const named = node.propertyNames.map((name) => node.property(name));
  return [...named, node.items, node.additional].some((child) => child?.derive(hasEmbedded) === true);
}
