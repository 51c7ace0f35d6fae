import { define, type Overload } from "./function.ts";
import { CelFailure } from "./run.ts";
import { CelObject } from "./value.ts";

const NANO = 1_000_000_000n;
/** The largest amount; larger ones are cut to it. */
const MAX = 2n ** 63n - 1n;
/** Up to 18 digits Kubernetes keeps a decimal amount as an integer. */
const FAST_LIMIT = 10n ** 18n;
const SYNTAX = /^([+-]?)([0-9]+\.?[0-9]*|\.[0-9]*)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]{1,9}))?$/;
const DECIMAL: ReadonlyMap<string, number> = new Map(
  Object.entries({ n: -9, u: -6, m: -3, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }),
);
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/** An amount such as `1.5Gi`, in billionths. */
export class CelQuantity extends CelObject {
  override readonly kind = "quantity";
  readonly nanos: bigint;
  /** Whether Kubernetes holds it as an integer; what was written with a fraction is none, even `1.0`. */
  readonly integral: boolean;

  constructor(nanos: bigint, integral: boolean) {
    super();
    const limit = MAX * NANO;
    this.nanos = nanos > limit ? limit : nanos < -limit ? -limit : nanos;
    this.integral = integral && this.nanos === nanos;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelQuantity && other.nanos === this.nanos;
  }

  override toJson(): string {
    if (this.nanos % NANO === 0n) return (this.nanos / NANO).toString();
    return this.nanos % 1_000_000n === 0n ? `${this.nanos / 1_000_000n}m` : `${this.nanos}n`;
  }
}

/**
 * Reads a quantity; what is finer than a billionth is rounded away from zero.
 * @source Kubernetes `resource.ParseQuantity`
 */
function parseQuantity(text: string): CelQuantity | undefined {
  if (text.length > 256) return undefined;
  const [, sign, digits, binary, suffix, exponent] = SYNTAX.exec(text) ?? [];
  if (digits === undefined) return undefined;
  const [whole = "", fraction = ""] = digits.split(".");
  const scale = exponent === undefined ? (DECIMAL.get(suffix ?? "") ?? 0) : Number(exponent);
  const base = BigInt(`0${whole}${fraction}`) * 1024n ** BigInt(binary === undefined ? 0 : BINARY.indexOf(binary) + 1);
  const nanos = shift(base, 9 + scale - fraction.length);
  return new CelQuantity(
    sign === "-" ? -nanos : nanos,
    binary === undefined ? scale >= fraction.length && base < FAST_LIMIT : fraction === "",
  );
}

/** `amount * 10^places`, rounded up; a huge result is as good as the limit. */
function shift(amount: bigint, places: number): bigint {
  if (amount === 0n) return 0n;
  if (places >= 0) return amount * 10n ** BigInt(Math.min(places, 400));
  const divisor = 10n ** BigInt(Math.min(-places, 800));
  return (amount + divisor - 1n) / divisor;
}

function quantity(text: string): CelQuantity {
  const found = parseQuantity(text);
  if (found === undefined) throw new CelFailure(`quantities must match the regular expression of a quantity`);
  return found;
}

/** `a + factor * b` */
function combined(a: CelQuantity, b: CelQuantity, factor: bigint): CelQuantity {
  return new CelQuantity(a.nanos + factor * b.nanos, a.integral && b.integral);
}

function ofInteger(value: bigint): CelQuantity {
  return new CelQuantity(value * NANO, true);
}

function asInteger({ nanos, integral }: CelQuantity): bigint {
  if (!integral) throw new CelFailure("cannot convert value to integer");
  return nanos / NANO;
}

function sign(value: bigint): bigint {
  return value < 0n ? -1n : value > 0n ? 1n : 0n;
}

/** Kubernetes quantities. */
export const quantities: readonly Overload[] = [
  define("quantity", ["string"], "quantity", quantity),
  define("isQuantity", ["string"], "bool", (text) => parseQuantity(text) !== undefined),
  ...["sign", ".sign"].map((name) => define(name, ["quantity"], "int", ({ nanos }) => sign(nanos))),
  define(".isInteger", ["quantity"], "bool", ({ integral }) => integral),
  define(".asInteger", ["quantity"], "int", asInteger),
  define(".asApproximateFloat", ["quantity"], "double", ({ nanos }) => Number(nanos) / 1e9),
  define(".add", ["quantity", "quantity"], "quantity", (a, b) => combined(a, b, 1n)),
  define(".add", ["quantity", "int"], "quantity", (a, b) => combined(a, ofInteger(b), 1n)),
  define(".sub", ["quantity", "quantity"], "quantity", (a, b) => combined(a, b, -1n)),
  define(".sub", ["quantity", "int"], "quantity", (a, b) => combined(a, ofInteger(b), -1n)),
  define(".isLessThan", ["quantity", "quantity"], "bool", (a, b) => a.nanos < b.nanos),
  define(".isGreaterThan", ["quantity", "quantity"], "bool", (a, b) => a.nanos > b.nanos),
  define(".compareTo", ["quantity", "quantity"], "int", (a, b) => sign(a.nanos - b.nanos)),
];
