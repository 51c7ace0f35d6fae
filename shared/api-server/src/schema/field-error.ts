import { type Json } from "@sluice/base";

/** What is wrong with a field, in the API server's words. @source `k8s.io/apimachinery/pkg/util/validation/field` ErrorType.String() */
export type FieldErrorType =
  | "Not found"
  | "Required value"
  | "Duplicate value"
  | "Invalid value"
  | "Unsupported value"
  | "Forbidden"
  | "Too long"
  | "Too many"
  | "Internal error";

/** One fault of one field. `field` is a path such as `spec.template.spec.containers[0].name`. */
export interface FieldError {
  type: FieldErrorType;
  field: string;
  detail: string;
  /** The offending value; an `Unsupported value`'s too. Absent for types that do not show it. */
  value?: Json;
  /** The value has the wrong type or format, so that rules about it cannot be asked. */
  blocking?: boolean;
}

/** The `reason` of a Status cause for each type. @source `metav1.CauseType` values that `field.ErrorType` carries */
export const causeReasons: Readonly<Record<FieldErrorType, string>> = {
  "Not found": "FieldValueNotFound",
  "Required value": "FieldValueRequired",
  "Duplicate value": "FieldValueDuplicate",
  "Invalid value": "FieldValueInvalid",
  "Unsupported value": "FieldValueNotSupported",
  Forbidden: "FieldValueForbidden",
  "Too long": "FieldValueTooLong",
  "Too many": "FieldValueTooMany",
  "Internal error": "InternalError",
};

/** The text without the field's path: a Status cause's `message`. @source `field.Error.ErrorBody` */
export function fieldErrorBody(error: FieldError): string {
  const shown = showsValue(error) ? `${error.type}: ${goValue(error.value)}` : error.type;
  return error.detail === "" ? shown : `${shown}: ${error.detail}`;
}

/** The whole text: `spec.replicas: Invalid value: -1: must be greater than or equal to 0`. @source `field.Error.Error` */
export function fieldErrorText(error: FieldError): string {
  return `${error.field}: ${fieldErrorBody(error)}`;
}

/** Several errors as one text: the only one alone, else `[a, b]` without repetitions. @source `utilerrors.Aggregate.Error` */
export function fieldErrorsText(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(fieldErrorText))];
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(", ")}]`;
}

const WITHOUT_VALUE: ReadonlySet<FieldErrorType> = new Set([
  "Required value",
  "Forbidden",
  "Too long",
  "Internal error",
]);

function showsValue(error: FieldError): boolean {
  return !WITHOUT_VALUE.has(error.type) && error.value !== undefined;
}

/** A value as Go prints it in an error: strings quoted, objects as JSON. */
function goValue(value: Json | undefined): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (value === null || value === undefined) return "null";
  if (typeof value === "object")
    return JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? Number(v) : v));
  return String(value);
}
