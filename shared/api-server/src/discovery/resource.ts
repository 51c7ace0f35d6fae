import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { type KindSchema } from "../schema/kind-schema.ts";

/** What can be done with a whole resource. */
export const resourceVerbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "update",
  "watch",
] as const;
export type ResourceVerb = (typeof resourceVerbs)[number];

/** One path below an object. */
export interface Subresource {
  /** `status`, `scale`, ... */
  name: string;
  /** What it reads and writes: the kind itself, or another such as `autoscaling/v1` `Scale`. */
  apiVersion: string;
  kind: string;
  verbs: readonly string[];
}

/** A printer column of a custom resource. @source `apiextensions.k8s.io/v1` CustomResourceColumnDefinition */
export type PrinterColumn = {
  name: string;
  type: string;
  format?: string;
  description?: string;
  priority?: number;
  jsonPath: string;
};

/** Where a custom resource keeps what `scale` shows. */
export type ScalePaths = { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string };

/** What only custom resources have. */
export interface CustomResource {
  /** Name of the CustomResourceDefinition. */
  definition: string;
  columns: readonly PrinterColumn[];
  scale: ScalePaths | undefined;
  /** Fields that a field selector may name, as paths without the leading dot. */
  selectableFields: readonly string[];
  /** The version's OpenAPI schema as written, for the OpenAPI documents. */
  openApi: JsonObject;
  /** Warning sent with each answer in this version. */
  deprecation: string | undefined;
  /** While the definition is being deleted, nothing can be created. */
  terminating: boolean;
}

/** One resource in one version, as it is served. */
export interface Resource {
  group: string;
  version: string;
  plural: string;
  singular: string;
  kind: string;
  listKind: string;
  namespaced: boolean;
  shortNames: readonly string[];
  categories: readonly string[];
  verbs: readonly ResourceVerb[];
  subresources: readonly Subresource[];
  /** Id of the collection, which all versions share: `group/plural`. */
  collection: string;
  /** `apiVersion` in which objects are stored. */
  storageVersion: string;
  /** True if `metadata.generation` counts the changes of the spec. */
  counted: boolean;
  schema: KindSchema;
  /** Turns an object of any served version into the one named; undefined: only `apiVersion` changes. */
  convert: ((object: KubeObject, apiVersion: string) => KubeObject) | undefined;
  custom: CustomResource | undefined;
}

/** `v1` or `group/version`. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** The subresource `name`, if the resource has it. */
export function subresourceOf(resource: Resource, name: string): Subresource | undefined {
  return resource.subresources.find((subresource) => subresource.name === name);
}
