import { isObject, ownKey, parseJson, parseYaml, YamlError, type Json, type JsonObject } from "@sluice/base";
import { failure } from "./errors.ts";
import { fieldSpec, type FieldSpec } from "./field-spec.ts";
import { textOf } from "./node.ts";
import { emptyConfig, mergeConfigs, type TransformerConfig } from "./transformer-config.ts";

/**
 * Most properties that are visited for one file; 64 characters of a path count as a property more. Types that refer to
 * one another twice double the paths with every level, and kustomize walks them all.
 */
const LIMIT_VISITS = 100_000;
const PATH_UNIT = 64;

/**
 * The fields that a file of the field `crds` marks as names, labels or annotations: OpenAPI types by name, whose
 * properties carry `x-kubernetes-object-ref-*` and the like.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID if the file does not parse; TOO_LARGE if the references of its types
 *   make more than about 100,000 properties.
 * @source kustomize api/internal/accumulator `LoadConfigFromCRDs`
 */
export function configOfCrds(content: string, file: string): TransformerConfig {
  const types = parseTypes(content, file);
  const found = emptyConfig();
  const visits = new Visits();
  for (const name of Object.keys(types)) {
    const properties = propertiesOf(types, name);
    if (!["kind", "apiVersion", "metadata"].every((field) => ownKey(properties, field) !== undefined)) continue;
    collect(name, "", { types, kind: name.split(".").at(-1) ?? "", found, visits, above: new Set() });
  }
  return mergeConfigs(emptyConfig(), found);
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

/** Counts what the walk over one file visits. */
class Visits {
  #left = LIMIT_VISITS;

  /** @throws {KustomizeError} TOO_LARGE */
  count(path: string): void {
    this.#left -= 1 + Math.floor(path.length / PATH_UNIT);
    if (this.#left >= 0) return;
    throw failure("TOO_LARGE", `the references of the OpenAPI types make more than ${LIMIT_VISITS} properties`);
  }
}

interface Collection {
  types: JsonObject;
  kind: string;
  found: TransformerConfig;
  visits: Visits;
  /** Types that the walk is inside of: a type may refer to itself. */
  above: Set<string>;
}

/** @param prefix path of the type's properties: "" or with a slash at its end. */
function collect(name: string, prefix: string, how: Collection): void {
  if (how.above.has(name)) return;
  how.above.add(name);
  for (const [field, property] of Object.entries(propertiesOf(how.types, name))) {
    const path = prefix + field;
    how.visits.count(path);
    if (!isObject(property)) continue;
    collectMarks(property, path, how);
    const reference = textOf(ownKey(property, "$ref"));
    if (reference !== "") collect(reference, `${path}/`, how);
  }
  how.above.delete(name);
}

function collectMarks(property: JsonObject, path: string, { kind, found }: Collection): void {
  const has = (mark: string) => typeof ownKey(property, mark) === "string";
  const spec = (at = path): FieldSpec => fieldSpec({ group: "", version: "", kind, path: at, create: false });
  if (has("x-kubernetes-annotation")) found.commonAnnotations.push(spec());
  if (has("x-kubernetes-label-selector")) found.commonLabels.push(spec());
  if (has("x-kubernetes-identity")) found.namePrefix.push(spec());
  if (!has("x-kubernetes-object-ref-api-version") || !has("x-kubernetes-object-ref-kind")) return;
  const nameKey = textOf(ownKey(property, "x-kubernetes-object-ref-name-key")) || "name";
  found.nameReference.push({
    group: "",
    version: textOf(ownKey(property, "x-kubernetes-object-ref-api-version")),
    kind: textOf(ownKey(property, "x-kubernetes-object-ref-kind")),
    fieldSpecs: [spec(`${path}/${nameKey}`)],
  });
}
