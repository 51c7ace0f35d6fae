import { ToolkitError } from "@sluice/base";

/** Every way in which this room fails, with the facts that go along. */
export interface ExprErrors {
  /** A version range that does not parse. */
  RANGE_INVALID: { range: string };
  /** A pattern that RE2 refuses, or one that is over the caps. */
  REGEX_INVALID: { pattern: string };
  /** An expression that does not parse, names something unknown or cannot have the right types. */
  CEL_INVALID: { expression: string };
  /** An expression that failed on the values it was given; `cost`: it was stopped because it did too much work. */
  CEL_FAILED: { expression: string; because: "error" | "cost" };
}

/** The one error class of this room: match on `code`. */
export class ExprError<C extends keyof ExprErrors = keyof ExprErrors> extends ToolkitError<C, ExprErrors[C]> {}

/** Most characters of a user's text that an error message repeats. */
const QUOTED_CHARACTERS = 80;

/** `text` in quotes for an error message, cut to a length that fits a condition. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}…` : text);
}
