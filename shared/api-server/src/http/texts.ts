import { type KubeObject } from "@sluice/api";
import { stringifyJson } from "@sluice/base";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { served } from "../registry/context.ts";
import { type Stored } from "../store/stored.ts";

/** JSON text of a stored object in the resource's version, made once. */
export function objectText(resource: Resource, stored: Stored): string {
  const apiVersion = apiVersionOf(resource);
  if (stored.object.apiVersion === apiVersion) return stored.text;
  return stored.shape(apiVersion, (object) => stringifyJson(served(resource, object)));
}

/** JSON text of the object's metadata alone, as a PartialObjectMetadata; made once. */
export function partialText(stored: Stored): string {
  return stored.shape("partial", partialOf);
}

/** A PartialObjectMetadata as JSON text. */
export function partialOf(object: KubeObject): string {
  return `{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":${stringifyJson(object.metadata)}}`;
}

/**
 * Text of a stored object as an item of a list. Items of built-in kinds leave out `kind` and `apiVersion`, which the
 * list's own say, just as the API server's typed lists do.
 */
export function itemText(resource: Resource, stored: Stored): string {
  const text = objectText(resource, stored);
  if (resource.custom) return text;
  const prefix = `{"kind":${JSON.stringify(resource.kind)},"apiVersion":${JSON.stringify(apiVersionOf(resource))},`;
  return text.startsWith(prefix) ? `{${text.slice(prefix.length)}` : text;
}
