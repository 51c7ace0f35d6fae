import { type JsonObject, isObject } from "@sluice/base";
import { definitionsText } from "../generated/definitions.ts";
import { goFieldsText } from "../generated/go-fields.ts";
import { lazy } from "./lazy.ts";
import { NodeCache, type OpenApiNode } from "./open-api-node.ts";

/** How Go writes the fields of one struct. */
export interface GoFields {
  /** Fields that vanish when they hold their zero value. */
  readonly d?: readonly string[];
  /** Fields that are always written, with their zero value; `{}` for a struct. */
  readonly k?: JsonObject;
  /** Go types of the fields that are not plain strings, numbers or booleans. */
  readonly t?: { readonly [field: string]: string };
}

const parsedDefinitions = lazy(() => JSON.parse(definitionsText) as { [name: string]: JsonObject });
const parsedGoFields = lazy(() => JSON.parse(goFieldsText) as { [name: string]: GoFields });
const nodes = lazy(() => new NodeCache((name) => parsedDefinitions()[name]));
const kinds = lazy(indexKinds);

/** The built-in API's definition of that full name, such as `io.k8s.api.core.v1.Pod`. */
export function definitionNode(name: string): OpenApiNode | undefined {
  return nodes().definition(name);
}

/** The raw OpenAPI definitions of the built-in API, for the OpenAPI documents; not to be changed. */
export function definitions(): { readonly [name: string]: JsonObject } {
  return parsedDefinitions();
}

/** How Go writes the fields of a definition. */
export function goFieldsOf(definition: string): GoFields {
  return parsedGoFields()[definition] ?? {};
}

/** The full name of a built-in kind's definition. */
export function definitionOfKind(apiVersion: string, kind: string): string | undefined {
  return kinds().get(`${apiVersion}/${kind}`);
}

function indexKinds(): Map<string, string> {
  const index = new Map<string, string>();
  for (const [name, raw] of Object.entries(parsedDefinitions())) {
    const named = raw["x-kubernetes-group-version-kind"];
    for (const gvk of Array.isArray(named) ? named : []) {
      if (!isObject(gvk)) continue;
      const { group, version, kind } = gvk;
      const key = group === "" ? `${version}/${kind}` : `${group}/${version}/${kind}`;
      if (!index.has(key)) index.set(key, name);
    }
  }
  return index;
}

/**
 * The definitions that those of one group and version need, themselves included: what an OpenAPI v3 document's
 * `components.schemas` holds. @param apiVersion `v1` or `apps/v1`
 */
export function definitionsOf(apiVersion: string): { [name: string]: JsonObject } {
  const found: { [name: string]: JsonObject } = {};
  for (const [key, name] of kinds())
    if (key.startsWith(`${apiVersion}/`) && key.split("/").length === apiVersion.split("/").length + 1)
      follow(name, found);
  return found;
}

function follow(name: string, found: { [name: string]: JsonObject }): void {
  const raw = parsedDefinitions()[name];
  if (!raw || found[name]) return;
  found[name] = raw;
  for (const [, reference] of JSON.stringify(raw).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
    if (reference) follow(reference, found);
  }
}
