import { isObject, ownKey, parseJson, parseYaml, YamlError, type Json, type JsonObject } from "@sluice/base";
import { failure } from "./errors.ts";
import { fieldSpec, type FieldSpec } from "./field-spec.ts";
import { textOf } from "./node.ts";
import { emptyConfig, mergeConfigs, type TransformerConfig } from "./transformer-config.ts";

/**
 * The fields that a file of the field `crds` marks as names, labels or annotations: OpenAPI types by name, whose
 * properties carry `x-kubernetes-object-ref-*` and the like.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID if the file does not parse.
 * @source kustomize api/internal/accumulator `LoadConfigFromCRDs`
 */
export function configOfCrds(content: string, file: string): TransformerConfig {
  const types = parseTypes(content, file);
  let config = emptyConfig();
  for (const name of Object.keys(types)) {
    const properties = propertiesOf(types, name);
    if (!["kind", "apiVersion", "metadata"].every((field) => ownKey(properties, field) !== undefined)) continue;
    const found = emptyConfig();
    collect(name, [], { types, kind: name.split(".").at(-1) ?? "", found, above: [] });
    config = mergeConfigs(config, found);
  }
  return config;
}

function parseTypes(content: string, file: string): JsonObject {
  try {
    const value: Json = content.startsWith("{") ? parseJson(content) : parseYaml(content, { dialect: "sigs" });
    return isObject(value) ? value : {};
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof SyntaxError)) throw thrown;
    const fact = `cannot parse the OpenAPI types: ${thrown.message}`;
    throw failure("KUSTOMIZATION_INVALID", fact, { place: { file }, cause: thrown });
  }
}

function propertiesOf(types: JsonObject, name: string): JsonObject {
  const type = ownKey(types, name);
  const schema = isObject(type) ? (ownKey(type, "Schema") ?? ownKey(type, "schema")) : undefined;
  const properties = isObject(schema) ? ownKey(schema, "properties") : undefined;
  return isObject(properties) ? properties : {};
}

interface Collection {
  types: JsonObject;
  kind: string;
  found: TransformerConfig;
  /** Types that the walk is inside of: a type may refer to itself. */
  above: readonly string[];
}

function collect(name: string, path: readonly string[], how: Collection): void {
  if (how.above.includes(name)) return;
  const inner = { ...how, above: [...how.above, name] };
  for (const [field, property] of Object.entries(propertiesOf(how.types, name))) {
    if (!isObject(property)) continue;
    const here = [...path, field];
    collectMarks(property, here, how);
    const reference = textOf(ownKey(property, "$ref"));
    if (reference !== "") collect(reference, here, inner);
  }
}

function collectMarks(property: JsonObject, path: readonly string[], { kind, found }: Collection): void {
  const has = (mark: string) => typeof ownKey(property, mark) === "string";
  const spec = (...more: readonly string[]): FieldSpec =>
    fieldSpec({ group: "", version: "", kind, path: [...path, ...more].join("/"), create: false });
  if (has("x-kubernetes-annotation")) found.commonAnnotations.push(spec());
  if (has("x-kubernetes-label-selector")) found.commonLabels.push(spec());
  if (has("x-kubernetes-identity")) found.namePrefix.push(spec());
  if (!has("x-kubernetes-object-ref-api-version") || !has("x-kubernetes-object-ref-kind")) return;
  const nameKey = textOf(ownKey(property, "x-kubernetes-object-ref-name-key")) || "name";
  found.nameReference.push({
    group: "",
    version: textOf(ownKey(property, "x-kubernetes-object-ref-api-version")),
    kind: textOf(ownKey(property, "x-kubernetes-object-ref-kind")),
    fieldSpecs: [spec(nameKey)],
  });
}
