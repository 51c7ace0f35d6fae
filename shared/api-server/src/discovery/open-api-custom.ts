import { type Json, type JsonObject, setKey } from "@sluice/base";
import { definitions } from "../schema/definitions.ts";
import { type Resource } from "./resource.ts";

const OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
const LIST_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta";

/** Full name of a custom kind's definition: the group reversed, the version, the kind. */
function customDefinitionName({ group, version, kind }: Pick<Resource, "group" | "version" | "kind">): string {
  return `${group.split(".").reverse().join(".")}.${version}.${kind}`;
}

/** The definitions of custom kinds and of their lists, with the metadata definitions that they refer to. */
export function customDefinitions(resources: readonly Resource[]): { [name: string]: Json } {
  const found: { [name: string]: Json } = {};
  follow(OBJECT_META, found);
  follow(LIST_META, found);
  for (const resource of resources) {
    setKey(found, customDefinitionName(resource), kindDefinition(resource));
    setKey(found, customDefinitionName({ ...resource, kind: resource.listKind }), listDefinition(resource));
  }
  return found;
}

function kindDefinition(resource: Resource): JsonObject {
  const openApi = resource.custom?.openApi ?? {};
  const properties = {
    apiVersion: {
      type: "string",
      description: "APIVersion defines the versioned schema of this representation of an object.",
    },
    kind: {
      type: "string",
      description: "Kind is a string value representing the REST resource this object represents.",
    },
    metadata: { description: "Standard object's metadata.", allOf: [reference(OBJECT_META)] },
    ...(openApi["properties"] as JsonObject | undefined),
  };
  properties.metadata = { description: "Standard object's metadata.", allOf: [reference(OBJECT_META)] };
  return { ...openApi, type: "object", properties, ...named(resource, resource.kind) };
}

function listDefinition(resource: Resource): JsonObject {
  const items = { type: "array", items: reference(customDefinitionName(resource)) };
  const properties = {
    apiVersion: { type: "string" },
    items,
    kind: { type: "string" },
    metadata: reference(LIST_META),
  };
  return { type: "object", required: ["items"], properties, ...named(resource, resource.listKind) };
}

function named(resource: Resource, kind: string): JsonObject {
  const { group, version } = resource;
  return { "x-kubernetes-group-version-kind": [{ group, version, kind }] };
}

function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}

function follow(name: string, found: { [name: string]: Json }): void {
  const definition = definitions()[name];
  if (!definition || Object.hasOwn(found, name)) return;
  found[name] = definition;
  for (const [, next] of JSON.stringify(definition).matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    if (next) follow(next, found);
}
