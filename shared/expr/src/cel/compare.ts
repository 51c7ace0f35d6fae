import { CelFailure, isNumeric, noOverload, type Run } from "./run.ts";
import {
  CelDuration,
  CelMap,
  CelObject,
  CelOptional,
  CelTimestamp,
  CelType,
  CelUint,
  type CelValue,
  isList,
  kindOf,
} from "./value.ts";

/**
 * CEL's `==`: numbers by value whatever their type, lists and maps by content, and false for values of different kinds.
 * `NaN` equals nothing.
 */
export function equal(a: CelValue, b: CelValue, run: Run): boolean {
  run.spend(1);
  const [left, right] = [numberOf(a), numberOf(b)];
  if (left !== undefined && right !== undefined) return compareNumbers(left, right) === 0;
  if (isList(a) && isList(b)) {
    return a.length === b.length && a.every((item, index) => equal(item, b[index] ?? null, run));
  }
  if (a instanceof CelMap && b instanceof CelMap) return equalMaps(a, b, run);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return a.nanos === b.nanos;
  if (a instanceof CelDuration && b instanceof CelDuration) return a.nanos === b.nanos;
  if (a instanceof CelType && b instanceof CelType) return a.name === b.name;
  if (a instanceof CelOptional && b instanceof CelOptional) return equalOptionals(a, b, run);
  if (a instanceof CelObject && b instanceof CelObject) return a.kind === b.kind && a.equals(b);
  if (typeof a === "string" && typeof b === "string") run.spendOnText(Math.min(a.length, b.length));
  return a === b;
}

function equalMaps(a: CelMap, b: CelMap, run: Run): boolean {
  if (a.size !== b.size) return false;
  return a.keys().every((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return left !== undefined && right !== undefined && equal(left, right, run);
  });
}

function equalOptionals(a: CelOptional, b: CelOptional, run: Run): boolean {
  if (a.value === undefined || b.value === undefined) return a.value === b.value;
  return equal(a.value, b.value, run);
}

/** The number of an int, uint or double; undefined for anything else. */
function numberOf(value: CelValue): bigint | number | undefined {
  if (typeof value === "bigint" || typeof value === "number") return value;
  return value instanceof CelUint ? value.value : undefined;
}

/**
 * Orders two values of one kind, or two numbers.
 * @returns negative, 0 or positive.
 * @throws {CelFailure} for kinds that have no order, and for a double that is not a number.
 */
export function compare(a: CelValue, b: CelValue, run: Run): number {
  run.spend(1);
  const kind = kindOf(a);
  if (isNumeric(kind) && isNumeric(kindOf(b))) return orderNumbers(numberOf(a) ?? 0, numberOf(b) ?? 0);
  if (typeof a === "string" && typeof b === "string") return compareText(a, b, run);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (a instanceof CelTimestamp && b instanceof CelTimestamp) return compareNumbers(a.nanos, b.nanos);
  if (a instanceof CelDuration && b instanceof CelDuration) return compareNumbers(a.nanos, b.nanos);
  throw noOverload("compare", [a, b]);
}

function orderNumbers(a: bigint | number, b: bigint | number): number {
  const order = compareNumbers(a, b);
  if (Number.isNaN(order)) throw new CelFailure("NaN values cannot be ordered");
  return order;
}

/** Whole numbers are compared exactly, with a double as doubles; `NaN` if one of them is. */
function compareNumbers(a: bigint | number, b: bigint | number): number {
  const exact = typeof a === typeof b;
  const [left, right] = exact ? [a, b] : [Number(a), Number(b)];
  if (Number.isNaN(left) || Number.isNaN(right)) return Number.NaN;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** By code point, as Go orders UTF-8; JavaScript's own order differs beyond U+FFFF. */
function compareText(a: string, b: string, run: Run): number {
  run.spendOnText(Math.min(a.length, b.length));
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
