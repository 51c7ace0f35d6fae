import { ExprError } from "../errors.ts";
import { compileRegex, type Regex } from "../regex.ts";
import { CelMap, type CelValue, isList, type Kind, kindOf, typeName } from "./value.ts";

/** An expression failed on its input. `||`, `&&`, `all` and `exists` may go on without the failed part. */
export class CelFailure extends Error {}

/** An expression did more work than it may; nothing catches this but the evaluation as a whole. */
export class CostExceeded extends Error {}

/** One evaluation: what it has spent so far. */
export class Run {
  readonly #limit: number;
  readonly #regexes = new Map<string, Regex>();
  #spent = 0;

  /** @param limit most units of work; a unit is about one node of the expression or ten characters of text. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Units of work done so far. */
  get spent(): number {
    return this.#spent;
  }

  /**
   * Records work, before it is done.
   * @throws {CostExceeded} when the limit is passed.
   */
  spend(units: number): void {
    this.#spent += units;
    if (this.#spent > this.#limit) throw new CostExceeded(`operation cancelled: actual cost limit exceeded`);
  }

  /**
   * A compiled pattern, kept for the rest of this evaluation; charges for compiling it and for matching `text`.
   * @throws {CelFailure} for a pattern that RE2 refuses.
   */
  regex(pattern: string, text: string): Regex {
    const regex = this.#regexes.get(pattern) ?? this.#compile(pattern);
    this.spend(Math.ceil(text.length / 10) * Math.ceil(regex.size / 4));
    return regex;
  }

  #compile(pattern: string): Regex {
    this.spend(10 * pattern.length);
    const regex = compiled(pattern);
    this.spend(regex.size);
    this.#regexes.set(pattern, regex);
    return regex;
  }

  /** Records that `length` characters or bytes are read or written. */
  spendOnText(length: number): void {
    this.spend(Math.ceil(length / 10));
  }
}

function compiled(pattern: string): Regex {
  try {
    return compileRegex(pattern);
  } catch (thrown) {
    if (thrown instanceof ExprError) throw new CelFailure(thrown.message, { cause: thrown });
    throw thrown;
  }
}

/** The error for an operation that does not exist for the kinds of its operands. */
export function noOverload(name: string, values: readonly CelValue[]): CelFailure {
  return new CelFailure(`no such overload: ${name}(${values.map((value) => typeName(kindOf(value))).join(", ")})`);
}

/** How many entries, elements or characters `value` has; 1 for what has none. */
export function extent(value: CelValue): number {
  if (typeof value === "string" || isList(value) || value instanceof Uint8Array) return value.length;
  return value instanceof CelMap ? value.size : 1;
}

/** Whether values of this kind are numbers, which compare with each other. */
export function isNumeric(kind: Kind | "dyn"): boolean {
  return kind === "int" || kind === "uint" || kind === "double";
}
