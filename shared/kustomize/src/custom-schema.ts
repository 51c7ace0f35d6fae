import { isObject, parseJson, parseYaml, YamlError, type Json, type JsonObject } from "@sluice/base";
import { failure } from "./errors.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { documentSchema, kindName } from "./open-api-schema.ts";

/**
 * The schema of an OpenAPI v2 document that `openapi.path` names. It takes the place of the compiled-in one, except that
 * the scopes of the kinds known there stay.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID if the document does not parse.
 * @source kustomize kyaml/openapi `SetSchema`
 */
export function customSchema(content: string, file: string, builtIn: KubernetesSchema): KubernetesSchema {
  const { definitions = {}, paths = {} } = parseDocument(content, file);
  const schema = documentSchema({ definitions, paths });
  return {
    typeOf: (apiVersion, kind) => schema.typeOf(apiVersion, kind),
    isClusterScoped: (apiVersion, kind) =>
      builtIn.isClusterScoped(apiVersion, kind) || schema.namespaced.get(kindName(apiVersion, kind)) === false,
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
    // What the engine says of JSON quotes it, and the file may be any file.
    const fact = `cannot parse the OpenAPI document${thrown instanceof YamlError ? `: ${thrown.message}` : ""}`;
    throw failure("KUSTOMIZATION_INVALID", fact, { place: { file }, cause: thrown });
  }
}
