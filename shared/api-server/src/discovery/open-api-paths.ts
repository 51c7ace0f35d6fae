import { type Json, type JsonObject } from "@sluice/base";
import { apiVersionOf, type Resource } from "./resource.ts";

/** Full name of a kind's definition in the document, if it has one. */
export type DefinitionNames = (apiVersion: string, kind: string) => string | undefined;

/**
 * The paths of one group version's OpenAPI v3 document, with what clients look for in them: which kind a path is about,
 * and which query parameters its operations take (kubectl finds out so whether fields are validated by the server).
 */
export function openApiPaths(resources: readonly Resource[], names: DefinitionNames): JsonObject {
  const paths: JsonObject = {};
  for (const resource of resources) {
    const [root, base] = rootOf(resource);
    const collection = `${base}/${resource.plural}`;
    paths[collection] = collectionPath(resource, names);
    if (resource.namespaced) paths[`${root}/${resource.plural}`] = { get: operation(resource, names, "list") };
    if (!resource.verbs.includes("get")) continue;
    paths[`${collection}/{name}`] = objectPath(resource, names);
    for (const { name, apiVersion, kind } of resource.subresources) {
      const shown = { ...resource, ...splitVersion(apiVersion), kind };
      paths[`${collection}/{name}/${name}`] = objectPath(shown, names);
    }
  }
  return paths;
}

function rootOf(resource: Resource): [root: string, base: string] {
  const apiVersion = apiVersionOf(resource);
  const root = resource.group === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
  return [root, resource.namespaced ? `${root}/namespaces/{namespace}` : root];
}

function splitVersion(apiVersion: string): { group: string; version: string } {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? { group: "", version: first } : { group: first, version: second };
}

/** The actions of a path's methods. @source `x-kubernetes-action` */
type Action = "list" | "post" | "get" | "put" | "patch" | "delete" | "deletecollection";

function collectionPath(resource: Resource, names: DefinitionNames): JsonObject {
  const path: JsonObject = { parameters: placeParameters(resource, false) };
  if (resource.verbs.includes("list")) path["get"] = operation(resource, names, "list");
  if (resource.verbs.includes("create")) path["post"] = operation(resource, names, "post");
  if (resource.verbs.includes("deletecollection")) path["delete"] = operation(resource, names, "deletecollection");
  return path;
}

function objectPath(resource: Resource, names: DefinitionNames): JsonObject {
  return {
    parameters: placeParameters(resource, true),
    get: operation(resource, names, "get"),
    put: operation(resource, names, "put"),
    patch: operation(resource, names, "patch"),
    delete: operation(resource, names, "delete"),
  };
}

function placeParameters({ namespaced }: Resource, named: boolean): JsonObject[] {
  const names = [...(named ? ["name"] : []), ...(namespaced ? ["namespace"] : [])];
  const inPath = names.map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", uniqueItems: true },
  }));
  return [...inPath, query("pretty", "string")];
}

const WRITE_PARAMETERS = [
  query("dryRun", "string"),
  query("fieldManager", "string"),
  query("fieldValidation", "string"),
];
const LIST_PARAMETERS = [
  query("allowWatchBookmarks", "boolean"),
  query("continue", "string"),
  query("fieldSelector", "string"),
  query("labelSelector", "string"),
  query("limit", "integer"),
  query("resourceVersion", "string"),
  query("resourceVersionMatch", "string"),
  query("sendInitialEvents", "boolean"),
  query("timeoutSeconds", "integer"),
  query("watch", "boolean"),
];
const DELETE_PARAMETERS = [
  query("dryRun", "string"),
  query("gracePeriodSeconds", "integer"),
  query("orphanDependents", "boolean"),
  query("propagationPolicy", "string"),
];
const PARAMETERS: Readonly<Record<Action, readonly JsonObject[]>> = {
  list: LIST_PARAMETERS,
  post: WRITE_PARAMETERS,
  get: [],
  put: WRITE_PARAMETERS,
  patch: [...WRITE_PARAMETERS, query("force", "boolean")],
  delete: DELETE_PARAMETERS,
  deletecollection: [...LIST_PARAMETERS, ...DELETE_PARAMETERS],
};

function query(name: string, type: string): JsonObject {
  return { name, in: "query", schema: { type, uniqueItems: true } };
}

function operation(resource: Resource, names: DefinitionNames, action: Action): JsonObject {
  const { group, version, kind } = resource;
  const parameters = PARAMETERS[action];
  const schema = schemaOf(resource, names, action);
  return {
    ...(parameters.length > 0 && { parameters: [...parameters] }),
    ...requestBody(resource, action, schema),
    responses: { "200": { description: "OK", ...(schema && { content: { "application/json": { schema } } }) } },
    "x-kubernetes-action": action,
    "x-kubernetes-group-version-kind": { group, version, kind },
  };
}

function schemaOf(resource: Resource, names: DefinitionNames, action: Action): JsonObject | undefined {
  const kind = action === "list" ? resource.listKind : resource.kind;
  const name = names(apiVersionOf(resource), kind);
  return name === undefined ? undefined : { $ref: `#/components/schemas/${name}` };
}

/** How any object can be patched; those of built-in kinds by a strategic merge, too, which clients then choose. */
const PATCH_TYPES = ["application/apply-patch+yaml", "application/json-patch+json", "application/merge-patch+json"];

function requestBody({ custom }: Resource, action: Action, schema: JsonObject | undefined): { requestBody?: Json } {
  if (action === "patch") {
    const types = custom ? PATCH_TYPES : [...PATCH_TYPES, "application/strategic-merge-patch+json"];
    const content = Object.fromEntries(types.map((type) => [type, { schema: { type: "object" } }]));
    return { requestBody: { content, required: true } };
  }
  if ((action !== "post" && action !== "put") || !schema) return {};
  return { requestBody: { content: { "*/*": { schema } }, required: true } };
}
