import { kubernetesSchemaJson } from "./generated/kubernetes-schema.ts";

/** A type of the compiled-in OpenAPI schema, as far as merging needs it. Types are referred to by number. */
interface TypeRow {
  /** Fields. */
  f?: Record<string, number>;
  /** Type of additional properties. */
  a?: number;
  /** Type of the items, for a list. */
  i?: number;
  /** Patch strategy, for a list. */
  s?: string;
  /** Merge keys, for a list of mappings. */
  k?: string[];
}

interface SchemaTable {
  types: TypeRow[];
  kinds: Record<string, number>;
  clusterScoped: string[];
  namespaced: string[];
}

/** How the elements of a list merge: by keys, as a set of scalars (no keys), or not at all (undefined). */
export type MergeKeys = readonly string[] | undefined;

/** What merging knows about one value's type. */
export interface TypeSchema {
  /** The type of a field, or undefined if the schema has none. */
  field(name: string): TypeSchema | undefined;
  /** The type of a list's elements. */
  elements(): TypeSchema | undefined;
  /** Merge keys of a list whose patch strategy is `merge`. */
  readonly mergeKeys: MergeKeys;
}

/** Kinds, scopes and merge keys that a build goes by. */
export interface KubernetesSchema {
  typeOf(apiVersion: string, kind: string): TypeSchema | undefined;
  /** True for a kind that is known and has no namespace. */
  isClusterScoped(apiVersion: string, kind: string): boolean;
}

/** The schema that a build goes by. */
export interface SchemaInUse {
  schema: KubernetesSchema;
  /** True if a kustomization brought it: then no other one does. */
  isOwn: boolean;
}

/**
 * The schema that kustomize has compiled in (Kubernetes 1.21.2). Kinds and fields that came later are unknown to it.
 * @source kustomize kyaml/openapi
 */
export function compiledInSchema(): KubernetesSchema {
  const table = JSON.parse(kubernetesSchemaJson) as SchemaTable;
  const cluster = new Set(table.clusterScoped);
  const kinds = new Map(Object.entries(table.kinds));
  const types = new Map<number, TypeSchema>();
  // Most builds meet few of the types.
  const at = (index: number) => {
    const row = table.types[index];
    const type = types.get(index) ?? (row && new RowSchema(row, at));
    if (type !== undefined) types.set(index, type);
    return type;
  };
  return {
    typeOf: (apiVersion, kind) => {
      const index = kinds.get(`${apiVersion}|${kind}`);
      return index === undefined ? undefined : at(index);
    },
    isClusterScoped: (apiVersion, kind) => cluster.has(`${apiVersion}|${kind}`),
  };
}

class RowSchema implements TypeSchema {
  readonly #row: TypeRow;
  readonly #at: (index: number) => TypeSchema | undefined;
  readonly #fields: ReadonlyMap<string, number>;
  readonly mergeKeys: MergeKeys;

  constructor(row: TypeRow, at: (index: number) => TypeSchema | undefined) {
    this.#row = row;
    this.#at = at;
    this.#fields = new Map(Object.entries(row.f ?? {}));
    this.mergeKeys = row.s?.split(",").includes("merge") ? (row.k ?? []) : undefined;
  }

  field(name: string): TypeSchema | undefined {
    const index = this.#fields.get(name) ?? this.#row.a;
    return index === undefined ? undefined : this.#at(index);
  }

  elements(): TypeSchema | undefined {
    return this.#row.i === undefined ? undefined : this.#at(this.#row.i);
  }
}
