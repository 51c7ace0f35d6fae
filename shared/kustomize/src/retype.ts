import { type Json, parsePlainScalar } from "@sluice/base";
import { FieldPathError } from "./field-path.ts";

/** A scalar that is to get another text. */
interface OldScalar {
  value: Json;
  /** How it was written, if its value does not tell. */
  written: string | undefined;
}

/**
 * `text` in the type of the scalar whose place it takes, which kustomize leaves as it is.
 * @throws {FieldPathError} if the text does not have that type; kustomize then writes what it cannot read again.
 */
export function retyped(old: OldScalar, text: string): Json {
  const type = typeOf(old.value, old.written);
  if (type === "a text" || (type === "null" && text === "")) return text;
  const value = parsePlainScalar(text);
  const found = typeOf(value, text);
  if (type === found || (type === "a number" && found === "an integer")) return value;
  // The value may come from a Secret: it is not shown.
  throw new FieldPathError(`the field is ${type}, which the new value is not`);
}

/** What an unquoted scalar is; `written` is given for a text only if it is a date. */
function typeOf(value: Json, written: string | undefined): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return "a boolean";
  if (typeof value === "string") return written !== undefined && DATE.test(written) ? "a date" : "a text";
  return isFloat(written ?? String(value)) ? "a number" : "an integer";
}

const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:$|[Tt ])/;

function isFloat(text: string): boolean {
  return /[.eE]/.test(text) && !/^[-+]?0[xX]/.test(text);
}
