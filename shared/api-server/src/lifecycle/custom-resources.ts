import { type KubeObject, type OpenApiSchema } from "@sluice/api";
import { isObject, type Json, type JsonObject } from "@sluice/base";
import {
  type CustomResource,
  type PrinterColumn,
  type Resource,
  type ResourceVerb,
  type ScalePaths,
  type Subresource,
} from "../discovery/resource.ts";
import { crdSchema } from "../schema/crd-schema.ts";
import { type KindSchema } from "../schema/kind-schema.ts";

/** Names of a custom resource, the optional ones filled in. */
export type DefinitionNames = {
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  shortNames: string[];
  categories?: string[];
};

export function specOf(definition: KubeObject): JsonObject {
  return objectAt(definition, "spec");
}

export function namesOf(definition: KubeObject): DefinitionNames {
  const names = objectAt(specOf(definition), "names");
  const kind = text(names["kind"]);
  const categories = texts(names["categories"]);
  return {
    plural: text(names["plural"]),
    singular: text(names["singular"]) || kind.toLowerCase(),
    kind,
    listKind: text(names["listKind"]) || `${kind}List`,
    shortNames: texts(names["shortNames"]),
    ...(categories.length > 0 && { categories }),
  };
}

/** Name of the version in which objects are stored. */
export function storageVersionOf(definition: KubeObject): string {
  return text(versionsOf(definition).find((version) => version["storage"] === true)?.["name"]);
}

/** The resources that a valid definition defines: one for each served version. Schemas are compiled when first needed. */
export function customResources(definition: KubeObject): Resource[] {
  return versionsOf(definition)
    .filter((version) => version["served"] === true)
    .map((version) => customResource(definition, version));
}

function versionsOf(definition: KubeObject): JsonObject[] {
  const versions = specOf(definition)["versions"];
  return Array.isArray(versions) ? versions.filter(isObject) : [];
}

function customResource(definition: KubeObject, version: JsonObject): Resource {
  const spec = specOf(definition);
  const { plural, singular, kind, listKind, shortNames, categories = [] } = namesOf(definition);
  const group = text(spec["group"]);
  const name = text(version["name"]);
  const openApi = objectAt(objectAt(version, "schema"), "openAPIV3Schema");
  let schema: KindSchema | undefined;
  return {
    group,
    version: name,
    plural,
    singular,
    kind,
    listKind,
    namespaced: spec["scope"] === "Namespaced",
    shortNames,
    categories,
    verbs: CUSTOM_VERBS,
    subresources: subresourcesOf(version, { apiVersion: `${group}/${name}`, kind }),
    collection: `${group}/${plural}`,
    storageVersion: `${group}/${storageVersionOf(definition)}`,
    counted: true,
    get schema() {
      schema ??= crdSchema(openApi as OpenApiSchema);
      return schema;
    },
    convert: undefined,
    custom: customPart(definition, version, openApi),
  };
}

function customPart(definition: KubeObject, version: JsonObject, openApi: JsonObject): CustomResource {
  const columns = version["additionalPrinterColumns"];
  const selectable = version["selectableFields"];
  return {
    definition: definition.metadata.name,
    columns: Array.isArray(columns) ? (columns.filter(isObject) as PrinterColumn[]) : [],
    scale: objectAt(version, "subresources")["scale"] as ScalePaths | undefined,
    selectableFields: Array.isArray(selectable)
      ? selectable.filter(isObject).map((field) => text(field["jsonPath"]).replace(/^\./, ""))
      : [],
    openApi,
    deprecation: deprecationOf(definition, version),
    terminating: definition.metadata.deletionTimestamp !== undefined,
  };
}

/** In the order in which the API server lists them. */
const CUSTOM_VERBS: readonly ResourceVerb[] = [
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "create",
  "update",
  "watch",
];

const READ_WRITE = ["get", "patch", "update"] as const;

function subresourcesOf(version: JsonObject, own: { apiVersion: string; kind: string }): Subresource[] {
  const declared = objectAt(version, "subresources");
  return [
    ...(isObject(declared["status"]) ? [{ name: "status", ...own, verbs: READ_WRITE }] : []),
    ...(isObject(declared["scale"])
      ? [{ name: "scale", apiVersion: "autoscaling/v1", kind: "Scale", verbs: READ_WRITE }]
      : []),
  ];
}

function deprecationOf(definition: KubeObject, version: JsonObject): string | undefined {
  if (version["deprecated"] !== true) return undefined;
  const own = text(version["deprecationWarning"]);
  const { kind } = namesOf(definition);
  return own || `${text(specOf(definition)["group"])}/${text(version["name"])} ${kind} is deprecated`;
}

function objectAt(source: JsonObject, key: string): JsonObject {
  const value = source[key];
  return isObject(value) ? value : {};
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
