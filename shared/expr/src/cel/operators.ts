import { compare, equal } from "./compare.ts";
import { define, type Overload, type StaticKind } from "./function.ts";
import { CelFailure, type Run } from "./run.ts";
import { checkedDuration, checkedTimestamp } from "./time.ts";
import { type CelDuration, type CelTimestamp, CelUint, type CelValue } from "./value.ts";

const INT_LIMIT = 2n ** 63n;

/** `value` as an int. @throws {CelFailure} if 64 bits do not hold it. */
export function int(value: bigint): bigint {
  if (value >= INT_LIMIT || value < -INT_LIMIT) throw new CelFailure("integer overflow");
  return value;
}

/** `value` as a uint. @throws {CelFailure} if 64 bits do not hold it. */
export function uint(value: bigint): CelUint {
  if (value < 0n || value >= 2n * INT_LIMIT) throw new CelFailure("unsigned integer overflow");
  return new CelUint(value);
}

function duration(nanos: bigint): CelDuration {
  const found = checkedDuration(nanos);
  if (found === undefined) throw new CelFailure("duration overflow");
  return found;
}

function timestamp(nanos: bigint): CelTimestamp {
  const found = checkedTimestamp(nanos);
  if (found === undefined) throw new CelFailure("timestamp overflow");
  return found;
}

type Whole = (a: bigint, b: bigint) => bigint;

/** An operator on ints and on uints. */
function whole(name: string, operate: Whole): Overload[] {
  return [
    define(name, ["int", "int"], "int", (a, b) => int(operate(a, b))),
    define(name, ["uint", "uint"], "uint", (a, b) => uint(operate(a.value, b.value))),
  ];
}

function divide(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelFailure("division by zero");
  return a / b;
}

function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new CelFailure("modulus by zero");
  return a % b;
}

const arithmetic: readonly Overload[] = [
  ...whole("_+_", (a, b) => a + b),
  ...whole("_-_", (a, b) => a - b),
  ...whole("_*_", (a, b) => a * b),
  ...whole("_/_", divide),
  ...whole("_%_", remainder),
  define("_+_", ["double", "double"], "double", (a, b) => a + b),
  define("_-_", ["double", "double"], "double", (a, b) => a - b),
  define("_*_", ["double", "double"], "double", (a, b) => a * b),
  define("_/_", ["double", "double"], "double", (a, b) => a / b),
  define("-_", ["int"], "int", (a) => int(-a)),
  define("-_", ["double"], "double", (a) => -a),
  define("!_", ["bool"], "bool", (a) => !a),
];

const joining: readonly Overload[] = [
  define("_+_", ["string", "string"], "string", (a, b, run) => {
    run.spendOnText(a.length + b.length);
    return a + b;
  }),
  define("_+_", ["bytes", "bytes"], "bytes", (a, b, run) => {
    run.spendOnText(a.length + b.length);
    return Buffer.concat([a, b]);
  }),
  define("_+_", ["list", "list"], "list", (a, b, run) => {
    run.spend(a.length + b.length);
    return [...a, ...b];
  }),
];

const onTime: readonly Overload[] = [
  define("_+_", ["timestamp", "duration"], "timestamp", (a, b) => timestamp(a.nanos + b.nanos)),
  define("_+_", ["duration", "timestamp"], "timestamp", (a, b) => timestamp(a.nanos + b.nanos)),
  define("_+_", ["duration", "duration"], "duration", (a, b) => duration(a.nanos + b.nanos)),
  define("_-_", ["timestamp", "timestamp"], "duration", (a, b) => duration(a.nanos - b.nanos)),
  define("_-_", ["timestamp", "duration"], "timestamp", (a, b) => timestamp(a.nanos - b.nanos)),
  define("_-_", ["duration", "duration"], "duration", (a, b) => duration(a.nanos - b.nanos)),
];

const NUMBERS = ["int", "uint", "double"] as const;
const ORDERED = ["bool", "string", "bytes", "timestamp", "duration"] as const;
const PAIRS: readonly (readonly [StaticKind, StaticKind])[] = [
  ...NUMBERS.flatMap((left) => NUMBERS.map((right) => [left, right] as const)),
  ...ORDERED.map((kind) => [kind, kind] as const),
];

const ORDERS: readonly (readonly [name: string, holds: (order: number) => boolean])[] = [
  ["_<_", (order) => order < 0],
  ["_<=_", (order) => order <= 0],
  ["_>_", (order) => order > 0],
  ["_>=_", (order) => order >= 0],
];

const comparisons: readonly Overload[] = [
  ...ORDERS.flatMap(([name, holds]) =>
    PAIRS.map((kinds) => define(name, kinds, "bool", (a, b, run) => holds(compare(a, b, run)))),
  ),
  define("_==_", ["dyn", "dyn"], "bool", (a, b, run) => equal(a, b, run)),
  define("_!=_", ["dyn", "dyn"], "bool", (a, b, run) => !equal(a, b, run)),
  define("@in", ["dyn", "list"], "bool", contains),
  define("@in", ["dyn", "map"], "bool", (key, map) => map.get(key) !== undefined),
];

function contains(value: CelValue, list: readonly CelValue[], run: Run): boolean {
  return list.some((item) => equal(value, item, run));
}

/** Arithmetic, concatenation, comparison and membership. */
export const operators: readonly Overload[] = [...arithmetic, ...joining, ...onTime, ...comparisons];
