import { costly, define, type Overload } from "./function.ts";
import { doubleText, secondsText } from "./number-text.ts";
import { int, uint } from "./operators.ts";
import { CelFailure } from "./run.ts";
import { length } from "./text.ts";
import { checkedTimestamp, formatTimestamp, parseDuration, parseTimestamp } from "./time.ts";
import { type CelTimestamp, CelType, type CelUint, type CelValue, kindOf, namedTypes, typeName } from "./value.ts";

const SECOND = 1_000_000_000n;

/** `value`, or the error that `text` is no such value. */
function parsed<T extends CelValue>(value: T | undefined, type: string, text: string): T {
  if (value === undefined) throw new CelFailure(`type conversion error from "${text.slice(0, 80)}" to '${type}'`);
  return value;
}

function wholeText(text: string, type: string): bigint {
  const valid = (type === "int" ? /^[+-]?[0-9]{1,30}$/ : /^[0-9]{1,30}$/).test(text);
  return parsed(valid ? BigInt(text.replace("+", "")) : undefined, type, text);
}

function wholeDouble(value: number): bigint {
  if (!Number.isFinite(value)) throw new CelFailure("integer overflow");
  return BigInt(Math.trunc(value));
}

/** An int of a double; one at or beyond the ends of 64 bits is refused, as it may have been rounded. */
function intOfDouble(value: number): bigint {
  if (Math.abs(value) >= 2 ** 63) throw new CelFailure("integer overflow");
  return int(wholeDouble(value));
}

/** A uint of a double, of which none is negative, not even in its fraction. */
function uintOfDouble(value: number): CelUint {
  if (value < 0) throw new CelFailure("unsigned integer overflow");
  return uint(wholeDouble(value));
}

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["nan", Number.NaN],
]);

function doubleOfText(text: string): number {
  if (/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) {
    const value = Number(text);
    return parsed(Number.isFinite(value) ? value : undefined, "double", text);
  }
  const special = SPECIAL_DOUBLES.get(text.toLowerCase().replace(/^[+-]/, ""));
  const value = parsed(special, "double", text);
  return text.startsWith("-") ? -value : value;
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
]);

const toNumbers: readonly Overload[] = [
  define("int", ["int"], "int", (value) => value),
  define("int", ["uint"], "int", ({ value }) => int(value)),
  define("int", ["double"], "int", intOfDouble),
  define("int", ["string"], "int", (text) => int(wholeText(text, "int"))),
  define("int", ["timestamp"], "int", ({ nanos }) => (nanos - (((nanos % SECOND) + SECOND) % SECOND)) / SECOND),
  define("int", ["duration"], "int", ({ nanos }) => nanos),
  define("uint", ["uint"], "uint", (value) => value),
  define("uint", ["int"], "uint", uint),
  define("uint", ["double"], "uint", uintOfDouble),
  define("uint", ["string"], "uint", (text) => uint(wholeText(text, "uint"))),
  define("double", ["double"], "double", (value) => value),
  define("double", ["int"], "double", Number),
  define("double", ["uint"], "double", ({ value }) => Number(value)),
  define("double", ["string"], "double", doubleOfText),
];

const toTexts: readonly Overload[] = [
  define("bool", ["bool"], "bool", (value) => value),
  define("bool", ["string"], "bool", (text) => parsed(BOOLEANS.get(text), "bool", text)),
  define("string", ["string"], "string", (value) => value),
  define("string", ["bool"], "string", String),
  define("string", ["int"], "string", String),
  define("string", ["uint"], "string", ({ value }) => value.toString()),
  define("string", ["double"], "string", doubleText),
  define("string", ["bytes"], "string", (bytes, run) => {
    run.spendOnText(bytes.length);
    return utf8(bytes);
  }),
  define("string", ["timestamp"], "string", formatTimestamp),
  define("string", ["duration"], "string", secondsText),
  define("bytes", ["bytes"], "bytes", (value) => value),
  define("bytes", ["string"], "bytes", (text, run) => {
    run.spendOnText(text.length);
    return Buffer.from(text);
  }),
];

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CelFailure("invalid UTF-8 in bytes, cannot convert to string", { cause });
  }
}

const toTimes: readonly Overload[] = [
  define("timestamp", ["timestamp"], "timestamp", (value) => value),
  define("timestamp", ["string"], "timestamp", (text) => parsed(parseTimestamp(text), "timestamp", text)),
  define("timestamp", ["int"], "timestamp", (seconds) =>
    parsed<CelTimestamp>(checkedTimestamp(seconds * SECOND), "timestamp", String(seconds)),
  ),
  define("duration", ["duration"], "duration", (value) => value),
  define("duration", ["string"], "duration", (text) => parsed(parseDuration(text), "duration", text)),
];

const others: readonly Overload[] = [
  define("dyn", ["dyn"], "dyn", (value) => value),
  define("type", ["dyn"], "type", (value) => {
    const name = typeName(kindOf(value));
    return namedTypes.get(name) ?? new CelType(name);
  }),
  ...["size", ".size"].flatMap((name) => [
    define(name, ["string"], "int", (text, run) => {
      run.spendOnText(text.length);
      return BigInt(length(text));
    }),
    define(name, ["bytes"], "int", (bytes) => BigInt(bytes.length)),
    define(name, ["list"], "int", (list) => BigInt(list.length)),
    define(name, ["map"], "int", (map) => BigInt(map.size)),
  ]),
];

/** Conversions between types, `type`, `dyn` and `size`. */
export const conversions: readonly Overload[] = [...toNumbers, ...toTexts, ...costly(10, toTimes), ...others];
