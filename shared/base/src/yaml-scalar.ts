import { type Json } from "./json.ts";

/**
 * Which YAML the text is written for. `kyaml`: manifests as kustomize reads them (`on`, `yes`, `y` are strings).
 * `sigs`: YAML 1.1 as `sigs.k8s.io/yaml` and kubectl read it (they are booleans).
 */
export type YamlDialect = "kyaml" | "sigs";

/** What an unquoted scalar stands for. */
export interface PlainScalar {
  tag: "null" | "bool" | "int" | "float" | "timestamp" | "merge" | "str";
  value: Json;
}

const WORDS: ReadonlyMap<string, PlainScalar> = new Map(
  [
    ...["", "~", "null", "Null", "NULL"].map((word) => [word, { tag: "null", value: null }] as const),
    ...["true", "True", "TRUE"].map((word) => [word, { tag: "bool", value: true }] as const),
    ...["false", "False", "FALSE"].map((word) => [word, { tag: "bool", value: false }] as const),
    ...[".nan", ".NaN", ".NAN"].map((word) => [word, { tag: "float", value: Number.NaN }] as const),
    ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map(
      (word) => [word, { tag: "float", value: Number.POSITIVE_INFINITY }] as const,
    ),
    ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, { tag: "float", value: Number.NEGATIVE_INFINITY }] as const),
  ].map(([word, scalar]) => [word, Object.freeze(scalar)]),
);

const OLD_BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...["y", "Y", "yes", "Yes", "YES", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "off", "Off", "OFF"].map((word) => [word, false] as const),
]);

const MERGE: PlainScalar = { tag: "merge", value: "<<" };
const SMALL_INTEGER = /^(?:0|-?[1-9][0-9]{0,14})$/;
const INTEGER = /^([+-]?)(?:0[bB]([01]+)|0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const TIMESTAMP =
  /^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:(?:[Tt ])([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})?)?$/;

/** False if an unquoted `text` is a string whatever the rest of it: a quick test on the first character. */
export function mayBeTyped(text: string): boolean {
  return text === "" || /^[0-9+\-.~yYnNtTfFoO<]/.test(text);
}

/**
 * The meaning of an unquoted scalar. Integers and floats come out in the form they have after a trip through JSON
 * (`1.0` is 1, `1e3` is 1000); dates come out as RFC 3339 in the `kyaml` dialect, at midnight UTC if
 * they have no time.
 * @source go.yaml.in/yaml v2 and v3, `resolve`
 */
export function resolvePlain(text: string, dialect: YamlDialect): PlainScalar {
  const first = text.charAt(0);
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (dialect === "sigs") {
    const old = OLD_BOOLEANS.get(text);
    if (old !== undefined) return { tag: "bool", value: old };
  }
  if (text === "<<") return MERGE;
  if (first === ".") return floatOr(text, text);
  if (!/[0-9+-]/.test(first)) return { tag: "str", value: text };
  if (SMALL_INTEGER.test(text)) return { tag: "int", value: Number(text) };
  return dateOf(text, dialect) ?? numberOf(text);
}

function dateOf(text: string, dialect: YamlDialect): PlainScalar | undefined {
  if (!isTimestamp(text)) return undefined;
  return { tag: "timestamp", value: dialect === "sigs" ? text : rfc3339Of(text) };
}

/** A date and time in the form in which Go's JSON encoder writes one. */
function rfc3339Of(text: string): string {
  const [date = "", ...rest] = text.split(/[Tt ]+/);
  const [, time = "", fraction = "", zone = ""] = /^([0-9:]*)(?:[.,]([0-9]+))?(.*)$/.exec(rest.join("")) ?? [];
  const padded = (parts: string, separator: string) =>
    parts
      .split(separator)
      .map((part) => part.padStart(2, "0"))
      .join(separator);
  const nanos = fraction.slice(0, 9).replace(/0+$/, "");
  const offset = zone === "" || /^[+-]00:00$/.test(zone) ? "Z" : zone;
  return `${padded(date, "-")}T${padded(time || "0:0:0", ":")}${nanos === "" ? "" : `.${nanos}`}${offset}`;
}

/** True for the four forms of date and time that YAML readers written in Go recognise. */
export function isTimestamp(text: string): boolean {
  const found = TIMESTAMP.exec(text);
  if (found === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((part) => Number(part ?? 0));
  const zoned = found[7] !== undefined;
  if (found[4] !== undefined && zoned === text.includes(" ")) return false;
  if (hour > 23 || minute > 59 || second > 59) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year === 0 ? 400 : year, month, 0)).getUTCDate();
}

function numberOf(text: string): PlainScalar {
  const plain = text.replaceAll("_", "");
  const integer = integerOf(plain);
  if (integer !== undefined) return { tag: "int", value: integer };
  return floatOr(plain, text);
}

function floatOr(plain: string, text: string): PlainScalar {
  const value = FLOAT.test(plain) ? Number(plain) : Number.NaN;
  return Number.isFinite(value) ? { tag: "float", value: throughJson(value) } : { tag: "str", value: text };
}

function integerOf(plain: string): Json | undefined {
  const found = INTEGER.exec(plain);
  if (found === null) return undefined;
  const [, sign, binary, hex, octal, decimal] = found;
  const digits = binary ? `0b${binary}` : hex ? `0x${hex}` : octal ? `0o${octal}` : decimal!;
  const value = sign === "-" ? -BigInt(digits) : BigInt(digits);
  if (!fitsInteger(value) || (sign === "+" && value >= 2n ** 63n)) return undefined;
  return smallest(value);
}

function fitsInteger(value: bigint): boolean {
  return value >= -(2n ** 63n) && value < 2n ** 64n;
}

function smallest(value: bigint): number | bigint {
  const near = Number(value);
  return Number.isSafeInteger(near) ? near : value;
}

/** A float after Go's JSON encoder and decoder: a whole number that 64 bits hold is an integer again. */
function throughJson(value: number): number | bigint {
  if (!Number.isInteger(value) || Math.abs(value) >= 1e21) return value;
  const whole = BigInt(String(value));
  return fitsInteger(whole) ? smallest(whole) : value;
}
