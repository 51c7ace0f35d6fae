import { compare, equal } from "./compare.ts";
import { define, type Overload } from "./function.ts";
import { int, uint } from "./operators.ts";
import { CelFailure, noOverload, type Run } from "./run.ts";
import { CelDuration, type CelList, CelOptional, CelUint, type CelValue, isList, mapKey } from "./value.ts";

/** The element that every other one is on the `side` of: -1 for the largest, 1 for the smallest. */
function extreme(list: CelList, side: -1 | 1, run: Run): CelValue {
  const [first, ...others] = list;
  if (first === undefined) throw new CelFailure(`${side === 1 ? "min" : "max"} called on empty list`);
  return others.reduce((best: CelValue, item) => (compare(best, item, run) * side > 0 ? item : best), first);
}

function isSorted(list: CelList, run: Run): boolean {
  return list.every((item, index) => index === 0 || compare(list[index - 1] ?? null, item, run) <= 0);
}

function sum(list: CelList, run: Run): CelValue {
  run.spend(list.length);
  return list.length === 0 ? 0n : list.reduce((total, item) => add(total, item));
}

function add(a: CelValue, b: CelValue): CelValue {
  if (typeof a === "bigint" && typeof b === "bigint") return int(a + b);
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (a instanceof CelUint && b instanceof CelUint) return uint(a.value + b.value);
  if (a instanceof CelDuration && b instanceof CelDuration) return new CelDuration(a.nanos + b.nanos);
  throw noOverload("sum", [a, b]);
}

function slice(list: CelList, start: bigint, end: bigint, run: Run): CelList {
  if (start < 0n || end < start || end > BigInt(list.length)) {
    throw new CelFailure(`cannot slice(${start}, ${end}) of a list of ${list.length}`);
  }
  run.spend(Number(end - start));
  return list.slice(Number(start), Number(end));
}

function flatten(list: CelList, depth: bigint, run: Run): CelValue[] {
  if (depth < 0n) throw new CelFailure("flatten level must be non-negative");
  run.spend(list.length);
  return list.flatMap((item) => {
    if (!isList(item)) return [item];
    run.spend(item.length);
    return depth > 1n ? flatten(item, depth - 1n, run) : depth === 1n ? item : [item];
  });
}

function distinct(list: CelList, run: Run): CelValue[] {
  const keys = new Set<string>();
  const kept: CelValue[] = [];
  for (const item of list) {
    run.spend(1);
    const key = mapKey(item);
    if (key === undefined ? !kept.some((other) => equal(other, item, run)) : !keys.has(key)) kept.push(item);
    if (key !== undefined) keys.add(key);
  }
  return kept;
}

function range(count: bigint, run: Run): CelValue[] {
  if (count < 0n) throw new CelFailure(`lists.range: size must be non-negative, got ${count}`);
  run.spend(Number(count));
  return Array.from({ length: Number(count) }, (_, index) => BigInt(index));
}

function optionalOf(value: CelValue | undefined): CelOptional {
  return value === undefined ? CelOptional.none : new CelOptional(value);
}

const searching: readonly Overload[] = [
  define(".indexOf", ["list", "dyn"], "int", (list, value, run) =>
    BigInt(list.findIndex((item) => equal(item, value, run))),
  ),
  define(".lastIndexOf", ["list", "dyn"], "int", (list, value, run) =>
    BigInt(list.findLastIndex((item) => equal(item, value, run))),
  ),
  define(".first", ["list"], "optional", (list) => optionalOf(list[0])),
  define(".last", ["list"], "optional", (list) => optionalOf(list.at(-1))),
];

const changing: readonly Overload[] = [
  define(".slice", ["list", "int", "int"], "list", slice),
  define(".flatten", ["list"], "list", (list, run) => flatten(list, 1n, run)),
  define(".flatten", ["list", "int"], "list", flatten),
  define(".distinct", ["list"], "list", distinct),
  define(".sort", ["list"], "list", (list, run) => {
    run.spend(list.length);
    return [...list].sort((a, b) => compare(a, b, run));
  }),
  define(".reverse", ["list"], "list", (list, run) => {
    run.spend(list.length);
    return [...list].reverse();
  }),
  define("lists.range", ["int"], "list", range),
];

/** Functions on lists: Kubernetes' own and cel-go's extension. */
export const lists: readonly Overload[] = [
  define(".isSorted", ["list"], "bool", isSorted),
  define(".sum", ["list"], "dyn", sum),
  define(".min", ["list"], "dyn", (list, run) => extreme(list, 1, run)),
  define(".max", ["list"], "dyn", (list, run) => extreme(list, -1, run)),
  ...searching,
  ...changing,
];
