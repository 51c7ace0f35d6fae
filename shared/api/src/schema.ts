import { type Json, type JsonObject } from "@sluice/base";

/** An OpenAPI v3 structural schema node as CustomResourceDefinitions carry it. */
export type OpenApiSchema = {
  type?: "object" | "array" | "string" | "integer" | "number" | "boolean";
  description?: string;
  format?: string;
  default?: Json;
  enum?: Json[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  required?: string[];
  properties?: { [name: string]: OpenApiSchema };
  additionalProperties?: OpenApiSchema | boolean;
  items?: OpenApiSchema;
  nullable?: boolean;
  "x-kubernetes-validations"?: { rule: string; message: string }[];
  "x-kubernetes-list-type"?: "atomic" | "set" | "map";
  "x-kubernetes-list-map-keys"?: string[];
  "x-kubernetes-map-type"?: "atomic" | "granular";
  "x-kubernetes-preserve-unknown-fields"?: true;
  "x-kubernetes-int-or-string"?: true;
  "x-kubernetes-embedded-resource"?: true;
};

/** A schema and, for the compiler only, the TypeScript type of the values it admits. */
export interface Schema<T> {
  readonly openApi: OpenApiSchema;
  readonly admits?: T;
}

/** The type of the values that a schema admits. */
export type Infer<S> = S extends Schema<infer T> ? T : never;

type Fields = { readonly [name: string]: Schema<unknown> };
type ObjectOf<R extends Fields, O extends Fields> = { [K in keyof R]: Infer<R[K]> } & { [K in keyof O]?: Infer<O[K]> };

type Facets = Omit<OpenApiSchema, "type" | "properties" | "required" | "items" | "additionalProperties">;

export const text = (facets: Facets = {}): Schema<string> => ({ openApi: { type: "string", ...facets } });
export const bool = (facets: Facets = {}): Schema<boolean> => ({ openApi: { type: "boolean", ...facets } });
export const integer = (facets: Facets = {}): Schema<number> => ({
  openApi: { type: "integer", format: "int64", ...facets },
});
/** RFC 3339 time. */
export const time = (facets: Facets = {}): Schema<string> => text({ format: "date-time", ...facets });

/** One of a few words. */
export const oneOf = <const T extends string>(values: readonly T[], facets: Facets = {}): Schema<T> => ({
  openApi: { type: "string", enum: [...values], ...facets },
});

export const list = <T>(items: Schema<T>, facets: Facets = {}): Schema<T[]> => ({
  openApi: { type: "array", items: items.openApi, ...facets },
});

/** Free keys, values of one schema. */
export const map = <T>(values: Schema<T>, facets: Facets = {}): Schema<{ [key: string]: T }> => ({
  openApi: { type: "object", additionalProperties: values.openApi, ...facets },
});

/** An object whose `required` fields must be there and whose `optional` ones may be. */
export const object = <R extends Fields, O extends Fields>(
  required: R,
  optional: O,
  facets: Facets = {},
): Schema<ObjectOf<R, O>> => {
  const names = Object.keys(required).sort();
  const fields = Object.entries({ ...required, ...optional }).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    openApi: {
      type: "object",
      properties: Object.fromEntries(fields.map(([name, schema]) => [name, schema.openApi])),
      ...(names.length > 0 ? { required: names } : {}),
      ...facets,
    },
  };
};

/** Shape of a `spec.names.…` and `versions[0]` of one kind: what a CustomResourceDefinition says beside the schema. */
export interface KindDefinition<Spec, Status> {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  shortNames: readonly string[];
  categories: readonly string[];
  description: string;
  spec: Schema<Spec>;
  status: Schema<Status>;
  printerColumns: readonly { name: string; type: "string" | "date"; jsonPath: string; description?: string }[];
}

/** The CustomResourceDefinition of `kind`, without any `status`. */
export function crdOf(kind: KindDefinition<unknown, unknown>): JsonObject {
  const { group, version, plural, singular, shortNames, categories } = kind;
  const openAPIV3Schema: OpenApiSchema = {
    type: "object",
    description: kind.description,
    properties: {
      apiVersion: { type: "string", description: "Group and version of this representation" },
      kind: { type: "string", description: "REST resource that this object represents" },
      metadata: { type: "object" },
      spec: kind.spec.openApi,
      status: { ...kind.status.openApi, default: { observedGeneration: -1 } },
    },
  };
  const names = {
    kind: kind.kind,
    listKind: `${kind.kind}List`,
    plural,
    singular,
    categories: [...categories],
    ...(shortNames.length > 0 ? { shortNames: [...shortNames] } : {}),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: {
      name: `${plural}.${group}`,
      annotations: { "kustomize.toolkit.fluxcd.io/substitute": "disabled" },
      labels: { "app.kubernetes.io/part-of": "flux" },
    },
    spec: {
      group,
      names,
      scope: "Namespaced",
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: kind.printerColumns.map((column) => ({ ...column })),
          schema: { openAPIV3Schema },
        },
      ],
    },
  };
}
