import { type Json } from "@sluice/base";
import { type FieldError, type FieldErrorType } from "../field-error.ts";
import { type NameCheck } from "./names.ts";

/** Collects the faults of one object. */
export class Faults {
  readonly errors: FieldError[] = [];

  required(field: string, detail = ""): void {
    this.#add("Required value", field, detail);
  }

  forbidden(field: string, detail: string): void {
    this.#add("Forbidden", field, detail);
  }

  invalid(field: string, value: Json | undefined, detail: string): void {
    this.#add("Invalid value", field, detail, value ?? null);
  }

  duplicate(field: string, value: Json): void {
    this.#add("Duplicate value", field, "", value);
  }

  notFound(field: string, value: Json): void {
    this.#add("Not found", field, "", value);
  }

  unsupported(field: string, value: Json | undefined, allowed: readonly string[]): void {
    const shown = allowed.map((one) => JSON.stringify(one)).join(", ");
    this.#add("Unsupported value", field, `supported values: ${shown}`, value ?? "");
  }

  /** Demands that `value` be one of `allowed`; the check is skipped if it is absent. */
  oneOf(field: string, value: Json | undefined, allowed: readonly string[]): void {
    if (value !== undefined && !(typeof value === "string" && allowed.includes(value)))
      this.unsupported(field, value, allowed);
  }

  /** Demands that the number, if there is one, be at least 0. */
  notNegative(field: string, value: Json | undefined): void {
    if (typeof value === "number" && value < 0) this.invalid(field, value, NOT_NEGATIVE);
  }

  between(field: string, value: Json | undefined, [least, most]: readonly [number, number]): void {
    if (typeof value !== "number") return;
    if (value < least || value > most) this.invalid(field, value, `must be between ${least} and ${most}, inclusive`);
  }

  /** Demands that `value`, if there is one, pass `check`. */
  named(field: string, value: Json | undefined, check: NameCheck): void {
    if (typeof value !== "string") return;
    for (const detail of check(value)) this.invalid(field, value, detail);
  }

  /** Demands that a field be as it was. */
  unchanged(field: string, pair: { now: Json | undefined; before: Json | undefined; same: boolean }): void {
    if (!pair.same) this.invalid(field, pair.now, IMMUTABLE);
  }

  add(errors: readonly FieldError[]): void {
    this.errors.push(...errors);
  }

  #add(type: FieldErrorType, field: string, detail: string, value?: Json): void {
    this.errors.push(value === undefined ? { type, field, detail } : { type, field, detail, value });
  }
}

export const NOT_NEGATIVE = "must be greater than or equal to 0";
export const IMMUTABLE = "field is immutable";
export const PORT_RANGE = [1, 65535] as const;
export const PORT_TEXT = "must be between 1 and 65535, inclusive";
export const ID_RANGE = [0, 2147483647] as const;
