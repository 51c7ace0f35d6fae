import { define, type Overload } from "./function.ts";
import { CelFailure, extent } from "./run.ts";
import { CelMap, CelOptional, CelUint, type CelValue, isList } from "./value.ts";

/** Whether `value` is what protobuf takes for unset: null, false, zero or empty. */
function isZero(value: CelValue): boolean {
  if (value === null || value === false) return true;
  if (typeof value === "bigint") return value === 0n;
  if (typeof value === "number") return value === 0;
  if (value instanceof CelUint) return value.value === 0n;
  const sized = typeof value === "string" || value instanceof Uint8Array || isList(value) || value instanceof CelMap;
  return sized && extent(value) === 0;
}

function unwrapAll(list: readonly CelValue[]): CelValue[] {
  return list.flatMap((item) => {
    if (!(item instanceof CelOptional)) throw new CelFailure("no such overload: unwrap of a list of no optionals");
    return item.value === undefined ? [] : [item.value];
  });
}

/** Making and reading optional values. */
export const optionals: readonly Overload[] = [
  define("optional.of", ["dyn"], "optional", (value) => new CelOptional(value)),
  define("optional.ofNonZeroValue", ["dyn"], "optional", (value) =>
    isZero(value) ? CelOptional.none : new CelOptional(value),
  ),
  define("optional.none", [], "optional", () => CelOptional.none),
  define("optional.unwrap", ["list"], "list", unwrapAll),
  define(".unwrapOpt", ["list"], "list", unwrapAll),
  define(".hasValue", ["optional"], "bool", ({ value }) => value !== undefined),
  define(".value", ["optional"], "dyn", ({ value }) => {
    if (value === undefined) throw new CelFailure("optional.none() dereference");
    return value;
  }),
  define(".or", ["optional", "optional"], "optional", (first, second) => (first.value === undefined ? second : first)),
  define(".orValue", ["optional", "dyn"], "dyn", ({ value }, other) => (value === undefined ? other : value)),
];
