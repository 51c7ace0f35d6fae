import { cloneJson, isObject, type Json } from "@sluice/base";
import { failure } from "./errors.ts";

/** Characters of a text that weigh as much as one value. */
const TEXT_UNIT = 64;

/** Pairs of list elements whose comparison weighs as much as one value. */
const PAIRS_UNIT = 4;

/** Values that weigh as much as one entry's change of one resource. */
const CHANGE_WEIGHT = 20;

/**
 * How much one build may make. Overlays take one base again and again; patches, replacements and variables can copy an
 * object into itself and so double it each time; a prefix, a label or a large patch goes into every resource; entries are
 * multiplied with resources: a few lines would fill any memory, or any hour.
 */
export class CopyBudget {
  readonly #limit: number;
  #left: number;

  /** @param limit largest number of values that are copied; 64 characters of a text count as a value more. */
  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** A copy of `value`. @throws {KustomizeError} TOO_LARGE before anything is copied */
  copy<T extends Json>(value: T): T {
    this.spend(value);
    return cloneJson(value);
  }

  /** Counts a value that is about to be copied. @throws {KustomizeError} TOO_LARGE */
  spend(value: Json | undefined): void {
    this.#count(1);
    if (typeof value === "string") this.#count(Math.floor(value.length / TEXT_UNIT));
    else if (Array.isArray(value)) for (const item of value) this.spend(item);
    else if (isObject(value)) for (const key in value) this.spend(value[key]);
  }

  /** Counts texts of so many characters in all. @throws {KustomizeError} TOO_LARGE */
  spendText(characters: number): void {
    this.#count(Math.floor(characters / TEXT_UNIT));
  }

  /** Values that were copied. */
  get spent(): number {
    return this.#limit - this.#left;
  }

  /** Counts what was copied before, in a part of the build that is not run again. @throws {KustomizeError} TOO_LARGE */
  spendCopies(values: number): void {
    this.#count(values);
  }

  /** Counts pairs of list elements that are about to be compared. @throws {KustomizeError} TOO_LARGE */
  spendPairs(pairs: number): void {
    this.#count(Math.floor(pairs / PAIRS_UNIT));
  }

  /** Counts resources that an entry looks at, to see whether it is for them. @throws {KustomizeError} TOO_LARGE */
  spendLooks(resources: number): void {
    this.#count(resources);
  }

  /** Counts resources that an entry is about to change. @throws {KustomizeError} TOO_LARGE */
  spendChanges(resources: number): void {
    this.#count(resources * CHANGE_WEIGHT);
  }

  #count(values: number): void {
    this.#left -= values;
    if (this.#left < 0) {
      throw failure("TOO_LARGE", `the build makes more than ${this.#limit} values`);
    }
  }
}
