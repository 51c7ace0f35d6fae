import { isObject, type Json, type JsonObject } from "@sluice/base";
import { compileRegex, ExprError } from "@sluice/expr";
import { type FieldError } from "../field-error.ts";

type Level = "root" | "item" | "field";

/**
 * Why a CRD's schema is not structural; empty if it is. Fields are paths below the schema, such as `.properties[spec].type`.
 * @source `k8s.io/apiextensions-apiserver/pkg/apiserver/schema` ValidateStructural
 */
export function structuralErrors(schema: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  checkNode(schema, "root", "", errors);
  return errors.sort((a, b) => (`${a.field}${a.detail}` < `${b.field}${b.detail}` ? -1 : 1));
}

function checkNode(schema: JsonObject, level: Level, at: string, errors: FieldError[]): void {
  checkChildren(schema, level, at, errors);
  checkType(schema, level, at, errors);
  checkExtensions(schema, at, errors);
  checkMetadata(schema, level, at, errors);
  checkValues(schema, at, errors);
}

function checkChildren(schema: JsonObject, level: Level, at: string, errors: FieldError[]): void {
  const { items, properties, additionalProperties } = schema;
  if (schema["type"] === "array" && !isObject(items)) errors.push(required(`${at}.items`, "must be specified"));
  if (isObject(items)) checkNode(items, "item", `${at}.items`, errors);
  for (const [name, child] of entriesOf(properties)) checkNode(child, "field", `${at}.properties[${name}]`, errors);
  if (additionalProperties === undefined) return;
  if (level === "root") errors.push(forbidden(`${at}.additionalProperties`, "must not be used at the root"));
  if (isObject(properties) && Object.keys(properties).length > 0) {
    errors.push(forbidden(`${at}.additionalProperties`, "additionalProperties and properties are mutual exclusive"));
  }
  if (isObject(additionalProperties)) checkNode(additionalProperties, "field", `${at}.additionalProperties`, errors);
}

const EMPTY_TYPE: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

function checkType(schema: JsonObject, level: Level, at: string, errors: FieldError[]): void {
  const { type } = schema;
  const isOpen =
    schema["x-kubernetes-int-or-string"] === true || schema["x-kubernetes-preserve-unknown-fields"] === true;
  const missing = type === undefined || type === "";
  const embedded = "must be object if x-kubernetes-embedded-resource is true";
  if (schema["x-kubernetes-embedded-resource"] === true && type !== "object") {
    errors.push(missing ? required(`${at}.type`, embedded) : invalid(`${at}.type`, type ?? null, embedded));
  } else if (missing && !isOpen) errors.push(required(`${at}.type`, EMPTY_TYPE[level]));
  if (level === "root" && !missing && type !== "object")
    errors.push(invalid(`${at}.type`, type ?? null, "must be object at the root"));
}

function checkExtensions(schema: JsonObject, at: string, errors: FieldError[]): void {
  const detail = "must be false if x-kubernetes-int-or-string is true";
  if (schema["x-kubernetes-int-or-string"] === true) {
    for (const other of ["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"]) {
      if (schema[other] === true) errors.push(invalid(`${at}.${other}`, true, detail));
    }
  }
  checkListType(schema, at, errors);
  if (schema["x-kubernetes-embedded-resource"] !== true) return;
  if (schema["additionalProperties"] !== undefined) {
    errors.push(forbidden(`${at}.additionalProperties`, "must not be used if x-kubernetes-embedded-resource is set"));
  }
  const isEmpty = entriesOf(schema["properties"]).length === 0;
  if (isEmpty && schema["x-kubernetes-preserve-unknown-fields"] !== true) {
    const what =
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields";
    errors.push(required(`${at}.properties`, what));
  }
}

function checkListType(schema: JsonObject, at: string, errors: FieldError[]): void {
  const type = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"];
  if (type !== undefined && schema["type"] !== "array") {
    errors.push(invalid(`${at}.type`, schema["type"] ?? "", "must be array if x-kubernetes-list-type is specified"));
  }
  if (type === "map" && !(Array.isArray(keys) && keys.length > 0)) {
    errors.push(required(`${at}.x-kubernetes-list-map-keys`, "must not be empty if x-kubernetes-list-type is map"));
  }
  if (type !== "map" && Array.isArray(keys) && keys.length > 0) {
    errors.push(forbidden(`${at}.x-kubernetes-list-map-keys`, "must be empty if x-kubernetes-list-type is not map"));
  }
}

function checkMetadata(schema: JsonObject, level: Level, at: string, errors: FieldError[]): void {
  if (level !== "root" && schema["x-kubernetes-embedded-resource"] !== true) return;
  const properties = Object.fromEntries(entriesOf(schema["properties"]));
  for (const name of ["kind", "apiVersion"]) {
    const type = properties[name]?.["type"];
    if (properties[name] && type !== "string")
      errors.push(invalid(`${at}.properties[${name}].type`, type ?? "", "must be string"));
  }
  const { metadata } = properties;
  if (!metadata) return;
  if (metadata["type"] !== "object")
    errors.push(invalid(`${at}.properties[metadata].type`, metadata["type"] ?? "", "must be object"));
  const others = entriesOf(metadata["properties"]).filter(([name]) => name !== "name" && name !== "generateName");
  if (level === "root" && others.length > 0) {
    const what = "must not specify anything other than name and generateName, but metadata is implicitly specified";
    errors.push(forbidden(`${at}.properties[metadata]`, what));
  }
}

function checkValues(schema: JsonObject, at: string, errors: FieldError[]): void {
  const { pattern } = schema;
  if (typeof pattern === "string" && pattern !== "") {
    try {
      compileRegex(pattern);
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
      errors.push(
        invalid(`${at}.pattern`, pattern, `must be a valid regular expression, but isn't: ${regexFault(error)}`),
      );
    }
  }
  for (const key of ["anyOf", "allOf", "oneOf"]) {
    const list = schema[key];
    if (!Array.isArray(list) || (key === "anyOf" && isIntOrStringChoice(schema))) continue;
    for (const [index, child] of list.entries())
      if (isObject(child)) checkNested(child, `${at}.${key}[${index}]`, errors);
  }
  if (isObject(schema["not"])) checkNested(schema["not"], `${at}.not`, errors);
}

/** What RE2 says, without what the room adds in front. */
function regexFault(error: ExprError): string {
  return error.message.slice(Math.max(0, error.message.indexOf("error parsing regexp")));
}

/** `anyOf: [{type: integer}, {type: string}]` beside `x-kubernetes-int-or-string` is allowed, since generators write it. */
function isIntOrStringChoice(schema: JsonObject): boolean {
  const choice = schema["anyOf"];
  if (schema["x-kubernetes-int-or-string"] !== true || !Array.isArray(choice) || choice.length !== 2) return false;
  return choice.every((item, index) => isObject(item) && item["type"] === (index === 0 ? "integer" : "string"));
}

const MUST_BE: Readonly<Record<string, string>> = {
  type: "must be empty to be structural",
  additionalProperties: "must be undefined to be structural",
  default: "must be undefined to be structural",
  title: "must be empty to be structural",
  description: "must be empty to be structural",
  nullable: "must be false to be structural",
  "x-kubernetes-preserve-unknown-fields": "must be false to be structural",
  "x-kubernetes-embedded-resource": "must be false to be structural",
  "x-kubernetes-int-or-string": "must be false to be structural",
  "x-kubernetes-list-map-keys": "must be empty to be structural",
  "x-kubernetes-list-type": "must be undefined to be structural",
  "x-kubernetes-map-type": "must be undefined to be structural",
};

/** What stands inside a logical junction may constrain values, but not say what fields there are. */
function checkNested(schema: JsonObject, at: string, errors: FieldError[]): void {
  for (const [key, detail] of Object.entries(MUST_BE)) {
    const value = schema[key];
    if (value !== undefined && value !== false && value !== "") errors.push(forbidden(`${at}.${key}`, detail));
  }
  if (isObject(schema["items"])) checkNested(schema["items"], `${at}.items`, errors);
  for (const [name, child] of entriesOf(schema["properties"])) checkNested(child, `${at}.properties[${name}]`, errors);
  checkValues(schema, at, errors);
}

function entriesOf(value: Json | undefined): [string, JsonObject][] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, child]): [string, JsonObject][] =>
    isObject(child) ? [[name, child]] : [],
  );
}

const required = (field: string, detail: string): FieldError => ({ type: "Required value", field, detail });
const forbidden = (field: string, detail: string): FieldError => ({ type: "Forbidden", field, detail });
const invalid = (field: string, value: Json, detail: string): FieldError => ({
  type: "Invalid value",
  field,
  detail,
  value,
});
