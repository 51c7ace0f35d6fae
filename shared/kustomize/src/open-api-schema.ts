import { isObject, ownKey, type Json, type JsonObject } from "@sluice/base";
import { compiledInSchema, type KubernetesSchema, type MergeKeys, type TypeSchema } from "./kubernetes-schema.ts";
import { textOf } from "./node.ts";

const GVK = "x-kubernetes-group-version-kind";

/**
 * The schema of a Kubernetes version other than the compiled-in one, for `BuildOptions.schema`: merge keys and patch
 * strategies of all types in the documents, and the scopes that their paths tell. What they do not have is as compiled in.
 * @param documents OpenAPI documents as an API server serves them: that of `/openapi/v2`, or those of `/openapi/v3/*`.
 */
export function openApiSchema(documents: readonly JsonObject[]): KubernetesSchema {
  const builtIn = compiledInSchema();
  const schemas = documents.map((document) => documentSchema(document));
  const scopes = new Map(schemas.flatMap(({ namespaced }) => [...namespaced]));
  const first = <T>(find: (schema: DocumentSchema) => T | undefined): T | undefined => {
    for (const schema of schemas) {
      const found = find(schema);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return {
    typeOf: (apiVersion, kind) =>
      first((schema) => schema.typeOf(apiVersion, kind)) ?? builtIn.typeOf(apiVersion, kind),
    isClusterScoped: (apiVersion, kind) => {
      const namespaced = scopes.get(kindName(apiVersion, kind));
      return namespaced === undefined ? builtIn.isClusterScoped(apiVersion, kind) : !namespaced;
    },
  };
}

/** What one OpenAPI document says: its types, and for each kind with a path whether its objects have a namespace. */
export interface DocumentSchema {
  typeOf(apiVersion: string, kind: string): TypeSchema | undefined;
  readonly namespaced: ReadonlyMap<string, boolean>;
}

/** Reads an OpenAPI document of version 2 or 3. */
export function documentSchema(document: JsonObject): DocumentSchema {
  const components = objectAt(document, "components");
  const definitions = objectAt(components, "schemas");
  const source: Source = isObject(ownKey(document, "components"))
    ? { definitions, prefix: "#/components/schemas/", allOf: true }
    : { definitions: objectAt(document, "definitions"), prefix: "#/definitions/", allOf: false };
  const kinds = kindsOf(source.definitions);
  return {
    namespaced: scopesOf(objectAt(document, "paths")),
    typeOf: (apiVersion, kind) => {
      const definition = kinds.get(kindName(apiVersion, kind));
      return definition === undefined ? undefined : new DefinitionSchema(definition, source);
    },
  };
}

/** The name of a kind in the maps of a document. */
export function kindName(apiVersion: string, kind: string): string {
  return `${apiVersion}|${kind}`;
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = ownKey(value, key);
  return isObject(found) ? found : {};
}

function kindsOf(definitions: JsonObject): ReadonlyMap<string, JsonObject> {
  const kinds = new Map<string, JsonObject>();
  for (const definition of Object.values(definitions)) {
    if (!isObject(definition)) continue;
    const gvks = ownKey(definition, GVK);
    for (const gvk of Array.isArray(gvks) ? gvks : []) kinds.set(nameOfGvk(gvk), definition);
  }
  return kinds;
}

function nameOfGvk(gvk: Json): string {
  if (!isObject(gvk)) return "";
  const [group, version = "", kind = ""] = ["group", "version", "kind"].map((part) => textOf(ownKey(gvk, part)));
  return kindName(group === "" ? version : `${group}/${version}`, kind);
}

/** Whether the objects of a kind have a namespace, as the paths by which they are read tell. */
function scopesOf(paths: JsonObject): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const [path, item] of Object.entries(paths)) {
    const get = isObject(item) ? ownKey(item, "get") : undefined;
    const gvk = isObject(get) ? ownKey(get, GVK) : undefined;
    if (gvk === undefined) continue;
    const name = nameOfGvk(gvk);
    found.set(name, found.get(name) === true || path.includes("namespaces/{namespace}"));
  }
  return found;
}

interface Source {
  definitions: JsonObject;
  /** What references to the definitions start with. */
  prefix: string;
  /** Whether a reference may be the only element of `allOf`, as documents of version 3 have it. */
  allOf: boolean;
}

/** A type as a document writes it; references are followed when they are met. */
class DefinitionSchema implements TypeSchema {
  readonly #schema: JsonObject;
  readonly #source: Source;

  constructor(schema: JsonObject, source: Source) {
    this.#schema = schema;
    this.#source = source;
  }

  get mergeKeys(): MergeKeys {
    const strategies = textOf(ownKey(this.#schema, "x-kubernetes-patch-strategy")).split(",");
    if (!strategies.includes("merge")) return undefined;
    const keys = ownKey(this.#schema, "x-kubernetes-list-map-keys");
    if (Array.isArray(keys)) return keys.map(textOf);
    const key = ownKey(this.#schema, "x-kubernetes-patch-merge-key");
    return key === undefined ? [] : [textOf(key)];
  }

  field(name: string): TypeSchema | undefined {
    return this.#at(ownKey(objectAt(this.#schema, "properties"), name) ?? ownKey(this.#schema, "additionalProperties"));
  }

  elements(): TypeSchema | undefined {
    const type = ownKey(this.#schema, "type");
    const isList = type === "array" || (Array.isArray(type) && type.length === 1 && type[0] === "array");
    return isList ? this.#at(ownKey(this.#schema, "items")) : undefined;
  }

  #at(given: Json | undefined): TypeSchema | undefined {
    const seen = new Set<string>();
    let schema = given;
    for (let reference = this.#referenceOf(schema); reference !== undefined; reference = this.#referenceOf(schema)) {
      const name = reference.replace(this.#source.prefix, "");
      if (seen.has(name)) return undefined;
      seen.add(name);
      schema = ownKey(this.#source.definitions, name);
    }
    return isObject(schema) ? new DefinitionSchema(schema, this.#source) : undefined;
  }

  #referenceOf(schema: Json | undefined): string | undefined {
    if (!isObject(schema)) return undefined;
    const direct = ownKey(schema, "$ref");
    if (direct !== undefined) return textOf(direct);
    const all = this.#source.allOf ? ownKey(schema, "allOf") : undefined;
    const [only] = Array.isArray(all) && all.length === 1 ? all : [];
    return isObject(only) && ownKey(only, "$ref") !== undefined ? textOf(ownKey(only, "$ref")) : undefined;
  }
}
