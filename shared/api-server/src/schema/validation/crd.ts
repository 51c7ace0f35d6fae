import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type Json, type JsonObject, messageOf } from "@sluice/base";
import { ExprError } from "@sluice/expr";
import { crdSchema } from "../crd-schema.ts";
import { NOT_A_CONDITION } from "../custom/rules.ts";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { ObjectError } from "../errors.ts";
import { type Faults, IMMUTABLE } from "./faults.ts";
import { dns1035Label, dnsSubdomain } from "./names.ts";

const STORAGE_TEXT = "must have exactly one version marked as storage version";

/** @source `k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation` */
export function checkDefinition(faults: Faults, definition: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(definition, "spec");
  checkIdentity(faults, { definition, spec, isNew: old === undefined });
  checkNames(faults, objectAt(spec, "names"));
  checkVersions(faults, spec, definition);
  if (old) checkDefinitionUpdate(faults, spec, old);
}

function checkIdentity(
  faults: Faults,
  { definition, spec, isNew }: { definition: KubeObject; spec: JsonObject; isNew: boolean },
): void {
  const group = String(spec["group"] ?? "");
  const plural = String(objectAt(spec, "names")["plural"] ?? "");
  const { name } = definition.metadata;
  if (isNew && name !== `${plural}.${group}`)
    faults.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group');
  if (group === "") faults.required("spec.group");
  else {
    faults.named("spec.group", group, dnsSubdomain);
    if (!group.includes(".")) faults.invalid("spec.group", group, "should be a domain with at least one dot");
  }
  if (!spec["scope"]) faults.required("spec.scope");
  else faults.oneOf("spec.scope", spec["scope"], ["Cluster", "Namespaced"]);
}

function checkNames(faults: Faults, names: JsonObject): void {
  for (const key of ["plural", "singular", "kind", "listKind"]) {
    const value = String(names[key] ?? "");
    const field = `spec.names.${key}`;
    if (value === "") faults.required(field);
    else if (key === "kind" || key === "listKind") {
      for (const detail of dns1035Label(value.toLowerCase())) {
        faults.invalid(field, value, `may have mixed case, but should otherwise match: ${detail}`);
      }
    } else faults.named(field, value, dns1035Label);
  }
  for (const key of ["shortNames", "categories"]) {
    const list = Array.isArray(names[key]) ? names[key] : [];
    for (const [index, name] of list.entries()) faults.named(`spec.names.${key}[${index}]`, name, dns1035Label);
  }
  if (names["kind"] && names["kind"] === names["listKind"]) {
    faults.invalid("spec.names.listKind", names["listKind"], "kind and listKind may not be the same");
  }
}

function checkVersions(faults: Faults, spec: JsonObject, definition: KubeObject): void {
  const versions = objectsAt(spec, "versions");
  const names = versions.map((version) => String(version["name"] ?? ""));
  const stored = versions.filter((version) => version["storage"] === true);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) faults.invalid("spec.versions", versions, "must contain unique version names");
  if (stored.length !== 1) faults.invalid("spec.versions", versions.length > 0 ? versions : null, STORAGE_TEXT);
  checkStored(faults, definition, { stored, names });
  for (const [index, version] of versions.entries()) {
    faults.named(`spec.versions[${index}].name`, names[index], dns1035Label);
    if (index === 0) faults.named("spec.version", names[0], dns1035Label);
    checkVersion(faults, version, { index, only: versions.length === 1 || sameSchemas(versions) });
  }
}

function sameSchemas(versions: readonly JsonObject[]): boolean {
  return versions.every((version) => equalJson(version["schema"], versions[0]?.["schema"]));
}

function checkStored(
  faults: Faults,
  definition: KubeObject,
  { stored, names }: { stored: readonly JsonObject[]; names: readonly string[] },
): void {
  const list = objectAt(definition, "status")["storedVersions"];
  const known = Array.isArray(list) ? list.map(String) : [];
  if (known.length === 0) return faults.invalid("status.storedVersions", null, "must have at least one stored version");
  const last = stored.at(-1)?.["name"];
  if (typeof last === "string" && !known.includes(last)) {
    faults.invalid("status.storedVersions", known, `must have the storage version ${last}`);
  }
  for (const [index, name] of known.entries()) {
    if (names.includes(name)) continue;
    const why = `${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`;
    faults.invalid(`status.storedVersions[${index}]`, name, `missing from spec.versions; ${why}`);
  }
}

function checkVersion(faults: Faults, version: JsonObject, { index, only }: { index: number; only: boolean }): void {
  const own = `spec.versions[${index}]`;
  const schema = objectAt(version, "schema")["openAPIV3Schema"];
  if (!isObject(schema)) return faults.required(`${own}.schema.openAPIV3Schema`);
  if (!only || index === 0) {
    const at = only ? "spec.validation.openAPIV3Schema" : `${own}.schema.openAPIV3Schema`;
    checkTypes(faults, schema, at);
    checkSchema(faults, schema, at);
  }
  const columns = only ? "spec.additionalPrinterColumns" : `${own}.additionalPrinterColumns`;
  for (const [at, column] of objectsAt(version, "additionalPrinterColumns").entries())
    checkColumn(faults, column, `${columns}[${at}]`);
}

const SCHEMA_TYPES = ["array", "boolean", "integer", "number", "object", "string"];

/** Types, and keywords that structural schemas do not have. */
function checkTypes(faults: Faults, schema: JsonObject, at: string): void {
  const { type } = schema;
  if (type !== undefined && type !== "") faults.oneOf(`${at}.type`, type, SCHEMA_TYPES);
  if (schema["uniqueItems"] === true) {
    faults.forbidden(
      `${at}.uniqueItems`,
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    );
  }
  for (const [key, child] of childrenOf(schema)) checkTypes(faults, child, `${at}${key}`);
}

function childrenOf(schema: JsonObject): [string, JsonObject][] {
  const named = Object.entries(objectAt(schema, "properties")).map(([name, child]): [string, Json | undefined] => [
    `.properties[${name}]`,
    child,
  ]);
  const all: [string, Json | undefined][] = [
    ...named,
    [".items", schema["items"]],
    [".additionalProperties", schema["additionalProperties"]],
  ];
  return all.flatMap(([key, child]): [string, JsonObject][] => (isObject(child) ? [[key, child]] : []));
}

function checkSchema(faults: Faults, schema: JsonObject, at: string): void {
  try {
    crdSchema(schema);
  } catch (error) {
    if (error instanceof ObjectError && "problems" in (error.data as object)) {
      const { problems } = error.data as { problems: Faults["errors"] };
      faults.add(problems.map((problem) => ({ ...problem, field: `${at}${problem.field}` })));
    } else if (error instanceof ExprError) checkRules(faults, schema, at, schema);
    else throw error;
  }
}

/** Says at each rule that does not compile what is wrong with it. */
function checkRules(faults: Faults, schema: JsonObject, at: string, root: JsonObject): void {
  const { "x-kubernetes-validations": rules } = schema;
  for (const [index, rule] of (Array.isArray(rules) ? rules : []).entries()) {
    const { properties, items, additionalProperties, ...own } = schema;
    const alone = {
      ...own,
      ...withoutRules({ properties, items, additionalProperties }),
      "x-kubernetes-validations": [rule],
    };
    const problem = compileFault({ type: "object", properties: { self: alone } });
    if (problem !== undefined) faults.invalid(`${at}.x-kubernetes-validations[${index}].rule`, rule, problem);
  }
  for (const [key, child] of childrenOf(schema)) checkRules(faults, child, `${at}${key}`, root);
}

function withoutRules(value: JsonObject): JsonObject {
  const text = JSON.stringify(value, (key, member: unknown) =>
    key === "x-kubernetes-validations" ? undefined : member,
  );
  return JSON.parse(text) as JsonObject;
}

function compileFault(schema: JsonObject): string | undefined {
  try {
    crdSchema(schema);
    return undefined;
  } catch (error) {
    if (!(error instanceof ExprError)) return undefined;
    return error.message === NOT_A_CONDITION ? NOT_A_CONDITION : `compilation failed: ${messageOf(error)}`;
  }
}

const COLUMN_TYPES = ["boolean", "date", "integer", "number", "string"];

function checkColumn(faults: Faults, column: JsonObject, at: string): void {
  if (!column["name"]) faults.required(`${at}.name`);
  const type = String(column["type"] ?? "");
  if (type === "") faults.required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(",")}`);
  else if (!COLUMN_TYPES.includes(type)) faults.invalid(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(",")}`);
  const path = String(column["jsonPath"] ?? "");
  if (path === "") faults.required(`${at}.JSONPath`);
  else if (!path.startsWith(".")) faults.invalid(`${at}.JSONPath`, path, "must be a simple json path starting with .");
}

function checkDefinitionUpdate(faults: Faults, spec: JsonObject, old: KubeObject): void {
  const before = objectAt(old, "spec");
  const isEstablished = objectsAt(objectAt(old, "status"), "conditions").some(
    (one) => one["type"] === "Established" && one["status"] === "True",
  );
  if (!equalJson(spec["group"], before["group"])) faults.invalid("spec.group", spec["group"], IMMUTABLE);
  if (!isEstablished) return;
  if (!equalJson(spec["scope"], before["scope"])) faults.invalid("spec.scope", spec["scope"], IMMUTABLE);
  const kinds = ["kind", "plural"] as const;
  for (const key of kinds) {
    const [now, then] = [objectAt(spec, "names")[key], objectAt(before, "names")[key]];
    if (!equalJson(now, then)) faults.invalid(`spec.names.${key}`, now, IMMUTABLE);
  }
}
