import { equalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { compileRegex, type Regex } from "@sluice/expr";
import { type FieldError } from "../field-error.ts";
import { type OpenApiNode } from "../open-api-node.ts";
import { oldChild, oldItem } from "./correlate.ts";
import { hasFormat } from "./formats.ts";

/** How a path shows that the API server does not know where the error is. */
export const NOWHERE = "<nil>";

/**
 * What the keywords of the schema say against `value`, in the API server's words.
 * @param old the stored value, if this is an update: what has not changed is not complained about.
 * @source `k8s.io/kube-openapi/pkg/validation/validate` and the ratcheting of apiextensions-apiserver
 */
export function validateValues(value: Json, old: Json | undefined, node: OpenApiNode): FieldError[] {
  return validateAt({ value, old, path: "" }, node);
}

interface Place {
  value: Json;
  old: Json | undefined;
  path: string;
}

function validateAt(place: Place, node: OpenApiNode): FieldError[] {
  const { value, old } = place;
  if (value === null && node.nullable) return [];
  const errors = [...checkType(place, node)];
  if (errors.length === 0) errors.push(...checkKeywords(place, node), ...checkChildren(place, node));
  if (errors.length > 0 && old !== undefined && equalJson(value, old)) return [];
  return errors;
}

function checkChildren(place: Place, node: OpenApiNode): FieldError[] {
  const { value, old, path } = place;
  if (Array.isArray(value)) {
    const { items } = node;
    if (!items) return [];
    return value.flatMap((item, index) =>
      validateAt({ value: item, old: oldItem(old, item, node), path: `${path}[${index}]` }, items),
    );
  }
  if (!isObject(value)) return [];
  const errors: FieldError[] = [];
  for (const key of Object.keys(value)) {
    const child = node.property(key) ?? node.additional;
    const member = value[key];
    if (child && member !== undefined)
      errors.push(...validateAt({ value: member, old: oldChild(old, key), path: below(path, key) }, child));
  }
  return errors;
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** The schema type of a value: `integer`, `number`, `string`, ... */
function typeOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "bigint" || (typeof value === "number" && Number.isInteger(value))) return "integer";
  return typeof value;
}

function checkType({ value, path }: Place, node: OpenApiNode): FieldError[] {
  const wanted = node.intOrString ? ["integer", "string"] : node.type === undefined ? [] : [node.type];
  if (wanted.length === 0) return [];
  const found = typeOf(value);
  const fits = wanted.includes(found) || (found === "integer" && wanted.includes("number"));
  if (!fits) {
    const errors = [
      typeError(path, found, `${path} in body must be of type ${wanted.join(",")}: ${JSON.stringify(found)}`),
    ];
    if (found === "number" && wanted.includes("integer")) errors.push(rangeError(path, node.format));
    return errors;
  }
  if (found === "integer" && node.format === "int32" && !isInt32(value)) return [rangeError(path, "int32")];
  return [];
}

function isInt32(value: Json): boolean {
  return (typeof value === "number" || typeof value === "bigint") && value >= -2147483648 && value <= 2147483647;
}

function rangeError(path: string, format: string | undefined): FieldError {
  const kind = format === undefined ? "integer (default format)" : `integer with format ${format}`;
  return {
    type: "Invalid value",
    field: NOWHERE,
    detail: `Checked value must be of type ${kind} in ${path}`,
    value: "",
  };
}

/** An error of type that keeps CEL rules from running. */
function typeError(field: string, value: Json, detail: string): FieldError {
  return { type: "Invalid value", field: field === "" ? NOWHERE : field, detail, value, blocking: true };
}

function checkKeywords(place: Place, node: OpenApiNode): FieldError[] {
  const { value } = place;
  const errors: FieldError[] = [...checkEnum(place, node)];
  if (typeof value === "string") errors.push(...checkText(place, node));
  else if (typeof value === "number" || typeof value === "bigint") errors.push(...checkNumber(place, node));
  else if (Array.isArray(value)) errors.push(...checkItemCount(place, node));
  else if (isObject(value)) errors.push(...checkObject(place, node));
  errors.push(...checkJunctions(place, node));
  return errors;
}

function checkEnum({ value, path }: Place, { raw }: OpenApiNode): FieldError[] {
  const allowed = raw["enum"];
  if (!Array.isArray(allowed) || allowed.some((one) => equalJson(one, value))) return [];
  const shown = allowed.map((one) => JSON.stringify(typeof one === "string" ? one : JSON.stringify(one)));
  return [{ type: "Unsupported value", field: path, detail: `supported values: ${shown.join(", ")}`, value }];
}

const patternOf = (node: OpenApiNode): Regex | undefined => {
  const { pattern } = node.raw;
  return typeof pattern === "string" ? compileRegex(pattern) : undefined;
};

function checkText({ value, path }: Place, node: OpenApiNode): FieldError[] {
  const text = String(value);
  const fault = textFault(text, path, node);
  const errors = fault ? [fault] : [];
  const { format } = node;
  if (format !== undefined && !node.intOrString && !hasFormat(text, format)) {
    errors.push(typeError(path, text, `${path} in body must be of type ${format}: ${JSON.stringify(text)}`));
  }
  return errors;
}

/** The first fault of a text only, as the API server tells them. */
function textFault(text: string, path: string, node: OpenApiNode): FieldError | undefined {
  const { minLength, maxLength, pattern } = node.raw;
  const length = minLength === undefined && maxLength === undefined ? 0 : [...text].length;
  if (typeof maxLength === "number" && length > maxLength) {
    return { type: "Too long", field: path, detail: `may not be more than ${maxLength} bytes` };
  }
  if (typeof minLength === "number" && length < minLength) {
    return invalid(path, text, `${path} in body should be at least ${minLength} chars long`);
  }
  if (node.derive(patternOf)?.test(text) !== false) return undefined;
  return invalid(path, text, `${path} in body should match '${String(pattern)}'`);
}

function checkNumber({ value, path }: Place, { raw }: OpenApiNode): FieldError[] {
  const { minimum, maximum, multipleOf } = raw;
  const errors: FieldError[] = [];
  const number = value as number | bigint;
  const fault = (what: string): void => void errors.push(invalid(path, value, `${path} in body should be ${what}`));
  if (isNumber(maximum)) {
    const isExclusive = raw["exclusiveMaximum"] === true;
    if (isExclusive && number >= maximum) fault(`less than ${maximum}`);
    if (!isExclusive && number > maximum) fault(`less than or equal to ${maximum}`);
  }
  if (isNumber(minimum)) {
    const isExclusive = raw["exclusiveMinimum"] === true;
    if (isExclusive && number <= minimum) fault(`greater than ${minimum}`);
    if (!isExclusive && number < minimum) fault(`greater than or equal to ${minimum}`);
  }
  if (isNumber(multipleOf) && !Number.isInteger(Number(number) / Number(multipleOf)))
    fault(`a multiple of ${multipleOf}`);
  return errors;
}

function isNumber(value: Json | undefined): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function checkItemCount({ value, path }: Place, { raw }: OpenApiNode): FieldError[] {
  const count = (value as Json[]).length;
  const { minItems, maxItems } = raw;
  const errors: FieldError[] = [];
  if (typeof maxItems === "number" && count > maxItems) errors.push(tooMany(path, count, maxItems));
  if (typeof minItems === "number" && count < minItems) {
    errors.push(invalid(path, count, `${path} in body should have at least ${minItems} items`));
  }
  return errors;
}

function checkObject({ value, path }: Place, node: OpenApiNode): FieldError[] {
  const object = value as JsonObject;
  const { minProperties, maxProperties } = node.raw;
  const errors: FieldError[] = [];
  for (const name of requiredOf(node)) {
    if (!Object.hasOwn(object, name)) errors.push({ type: "Required value", field: below(path, name), detail: "" });
  }
  const count = minProperties === undefined && maxProperties === undefined ? 0 : Object.keys(object).length;
  if (typeof maxProperties === "number" && count > maxProperties) errors.push(tooMany(path, count, maxProperties));
  if (typeof minProperties === "number" && count < minProperties) {
    errors.push(invalid(path, count, `${path} in body should have at least ${minProperties} properties`));
  }
  return errors;
}

function requiredOf(node: OpenApiNode): readonly string[] {
  return node.embeddedResource ? [...new Set(["apiVersion", "kind", ...node.required])] : node.required;
}

function checkJunctions(place: Place, node: OpenApiNode): FieldError[] {
  const tried = (key: string) => node.junction(key).map((choice) => validateAt(place, choice));
  const name = JSON.stringify(place.path);
  const errors: FieldError[] = [];
  const anyOf = tried("anyOf");
  if (anyOf.length > 0 && !anyOf.some(isFine))
    errors.push(nowhere(`${name} must validate at least one schema (anyOf)`), ...best(anyOf));
  const oneOf = tried("oneOf");
  const fitting = oneOf.filter(isFine).length;
  if (oneOf.length > 0 && fitting !== 1) {
    const found = fitting === 0 ? "Found none valid" : `Found ${fitting} valid alternatives`;
    errors.push(
      nowhere(`${name} must validate one and only one schema (oneOf). ${found}`),
      ...(fitting === 0 ? best(oneOf) : []),
    );
  }
  const allOf = tried("allOf");
  const failed = allOf.filter((found) => !isFine(found));
  if (failed.length > 0) {
    const none = failed.length === allOf.length ? ". None validated" : "";
    errors.push(...failed.flat(), nowhere(`${name} must validate all the schemas (allOf)${none}`));
  }
  if (tried("not").some(isFine)) errors.push(nowhere(`${name} must not validate the schema (not)`));
  return errors;
}

const isFine = (errors: readonly FieldError[]): boolean => errors.length === 0;

/** The errors of the alternative that came nearest. */
function best(alternatives: readonly FieldError[][]): FieldError[] {
  return alternatives.reduce((a, b) => (b.length < a.length ? b : a));
}

function nowhere(detail: string): FieldError {
  return { type: "Invalid value", field: NOWHERE, detail, value: "" };
}

function invalid(field: string, value: Json, detail: string): FieldError {
  return { type: "Invalid value", field, detail, value };
}

function tooMany(field: string, count: number, most: number): FieldError {
  return { type: "Too many", field, detail: `must have at most ${most} items`, value: count };
}
