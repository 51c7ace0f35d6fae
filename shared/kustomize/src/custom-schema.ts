import { isObject, ownKey, parseJson, parseYaml, YamlError, type Json, type JsonObject } from "@sluice/base";
import { failure } from "./errors.ts";
import { type KubernetesSchema, type MergeKeys, type TypeSchema } from "./kubernetes-schema.ts";
import { textOf } from "./node.ts";

const GVK = "x-kubernetes-group-version-kind";

/**
 * The schema of an OpenAPI v2 document that `openapi.path` names. It takes the place of the compiled-in one, except that
 * the scopes of the kinds known there stay.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID if the document does not parse.
 * @source kustomize kyaml/openapi `SetSchema`
 */
export function customSchema(content: string, file: string, builtIn: KubernetesSchema): KubernetesSchema {
  const document = parseDocument(content, file);
  const definitions = objectAt(document, "definitions");
  const kinds = new Map<string, JsonObject>();
  for (const definition of Object.values(definitions)) {
    if (!isObject(definition)) continue;
    const gvks = ownKey(definition, GVK);
    for (const gvk of Array.isArray(gvks) ? gvks : []) kinds.set(kindKey(gvk), definition);
  }
  const namespaced = scopes(objectAt(document, "paths"));
  return {
    typeOf: (apiVersion, kind) => {
      const definition = kinds.get(`${apiVersion}|${kind}`);
      return definition === undefined ? undefined : new DefinitionSchema(definition, definitions);
    },
    isClusterScoped: (apiVersion, kind) =>
      builtIn.isClusterScoped(apiVersion, kind) || namespaced.get(`${apiVersion}|${kind}`) === false,
  };
}

function parseDocument(content: string, file: string): JsonObject {
  const value = parsed(content, file);
  if (isObject(value)) return value;
  throw failure("KUSTOMIZATION_INVALID", "the OpenAPI document is not a mapping", { place: { file } });
}

function parsed(content: string, file: string): Json {
  try {
    return content.startsWith("{") ? parseJson(content) : parseYaml(content, { dialect: "sigs" });
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof SyntaxError)) throw thrown;
    const fact = `cannot parse the OpenAPI document: ${thrown.message}`;
    throw failure("KUSTOMIZATION_INVALID", fact, { place: { file }, cause: thrown });
  }
}

function objectAt(value: JsonObject, key: string): JsonObject {
  const found = ownKey(value, key);
  return isObject(found) ? found : {};
}

function kindKey(gvk: Json): string {
  if (!isObject(gvk)) return "";
  const [group, version, kind] = ["group", "version", "kind"].map((part) => textOf(ownKey(gvk, part)));
  return `${group === "" ? "" : `${group}/`}${version}|${kind}`;
}

/** Whether the objects of a kind have a namespace, as the paths by which they are read tell. */
function scopes(paths: JsonObject): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>();
  for (const [path, item] of Object.entries(paths)) {
    const get = isObject(item) ? ownKey(item, "get") : undefined;
    const gvk = isObject(get) ? ownKey(get, GVK) : undefined;
    if (gvk === undefined) continue;
    const key = kindKey(gvk);
    found.set(key, found.get(key) === true || path.includes("namespaces/{namespace}"));
  }
  return found;
}

/** A type as the document writes it; references are followed when they are met. */
class DefinitionSchema implements TypeSchema {
  readonly #schema: JsonObject;
  readonly #definitions: JsonObject;

  constructor(schema: JsonObject, definitions: JsonObject) {
    this.#schema = schema;
    this.#definitions = definitions;
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
    while (isObject(schema) && ownKey(schema, "$ref") !== undefined) {
      const name = textOf(ownKey(schema, "$ref")).replace(/^#\/definitions\//, "");
      if (seen.has(name)) return undefined;
      seen.add(name);
      schema = ownKey(this.#definitions, name);
    }
    return isObject(schema) ? new DefinitionSchema(schema, this.#definitions) : undefined;
  }
}
