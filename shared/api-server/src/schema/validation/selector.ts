import { isObject, type Json, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { labelValue, qualifiedName } from "./names.ts";

const SET_OPERATORS = ["In", "NotIn"];
const PRESENCE_OPERATORS = ["Exists", "DoesNotExist"];

/** @source `metav1validation.ValidateLabelSelector` */
export function checkSelector(faults: Faults, selector: Json | undefined, field: string): void {
  if (!isObject(selector)) return;
  checkLabels(faults, selector["matchLabels"], `${field}.matchLabels`);
  for (const [index, term] of objectsAt(selector, "matchExpressions").entries()) {
    checkTerm(faults, term, `${field}.matchExpressions[${index}]`);
  }
}

/** Labels where their values are matched rather than given. */
export function checkLabels(faults: Faults, labels: Json | undefined, field: string): void {
  if (!isObject(labels)) return;
  for (const [key, value] of Object.entries(labels)) {
    faults.named(field, key, qualifiedName);
    faults.named(field, String(value), labelValue);
  }
}

function checkTerm(faults: Faults, term: JsonObject, field: string): void {
  const operator = String(term["operator"] ?? "");
  const count = Array.isArray(term["values"]) ? term["values"].length : 0;
  if (SET_OPERATORS.includes(operator)) {
    if (count === 0) faults.required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (PRESENCE_OPERATORS.includes(operator)) {
    if (count > 0)
      faults.forbidden(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else faults.invalid(`${field}.operator`, operator, "not a valid selector operator");
  faults.named(`${field}.key`, String(term["key"] ?? ""), qualifiedName);
}

/** Whether a selector can be evaluated at all. */
export function isUsableSelector(selector: JsonObject): boolean {
  return objectsAt(selector, "matchExpressions").every((term) => {
    const operator = String(term["operator"] ?? "");
    const count = Array.isArray(term["values"]) ? term["values"].length : 0;
    return SET_OPERATORS.includes(operator) ? count > 0 : PRESENCE_OPERATORS.includes(operator) && count === 0;
  });
}

export function isEmptySelector(selector: JsonObject): boolean {
  return (
    Object.keys(objectAt(selector, "matchLabels")).length === 0 && objectsAt(selector, "matchExpressions").length === 0
  );
}

/** Whether a usable selector selects something with these labels. */
export function selects(selector: JsonObject, labels: JsonObject): boolean {
  const wanted = Object.entries(objectAt(selector, "matchLabels"));
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return objectsAt(selector, "matchExpressions").every((term) => fits(term, labels));
}

function fits(term: JsonObject, labels: JsonObject): boolean {
  const key = String(term["key"] ?? "");
  const has = Object.hasOwn(labels, key);
  const listed = Array.isArray(term["values"]) && term["values"].includes(labels[key] ?? null);
  switch (String(term["operator"])) {
    case "In":
      return has && listed;
    case "NotIn":
      return !has || !listed;
    case "Exists":
      return has;
    default:
      return !has;
  }
}
