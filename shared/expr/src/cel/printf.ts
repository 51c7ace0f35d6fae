import { fixedText, padExponent, plainText, secondsText } from "./number-text.ts";
import { CelFailure, type Run } from "./run.ts";
import { formatTimestamp } from "./time.ts";
import {
  CelDuration,
  type CelList,
  CelMap,
  CelTimestamp,
  CelType,
  CelUint,
  type CelValue,
  isList,
  kindOf,
  typeName,
} from "./value.ts";

const DIRECTIVE = /%(%|(?:\.([0-9]{0,9}))?([A-Za-z]))|%/g;
const MAX_PRECISION = 100;

/**
 * `template.format(list)`: `%s %d %f %e %b %o %x %X` and `%%`, with a precision for `%f` and `%e`.
 * @source cel-go `ext.Strings` version 4
 */
export function formatText(template: string, values: CelList, run: Run): string {
  run.spendOnText(template.length);
  let used = 0;
  const text = template.replace(DIRECTIVE, (whole, directive?: string, precision?: string, verb?: string) => {
    if (directive === "%") return "%";
    const value = values[used++];
    if (verb === undefined) throw new CelFailure(`could not parse formatting clause ${whole}`);
    if (value === undefined) throw new CelFailure(`index ${used - 1} out of range`);
    const written = formatOne(value, { verb, precision: precision === undefined ? undefined : Number(precision) }, run);
    run.spendOnText(written.length);
    return written;
  });
  return text;
}

interface Directive {
  readonly verb: string;
  readonly precision: number | undefined;
}

function formatOne(value: CelValue, { verb, precision }: Directive, run: Run): string {
  switch (verb) {
    case "s":
      return show(value, run);
    case "d":
      return decimal(value);
    case "f":
    case "e":
      return fixed(value, verb, precision ?? 6);
    case "b":
      return typeof value === "boolean" ? String(Number(value)) : radix(value, verb, 2);
    case "o":
      return radix(value, verb, 8);
    case "x":
      return hexadecimal(value, verb);
    case "X":
      return hexadecimal(value, verb).toUpperCase();
    default:
      throw new CelFailure(`could not parse formatting clause: unrecognized formatting clause "${verb}"`);
  }
}

function refuse(value: CelValue, verb: string): CelFailure {
  return new CelFailure(`no formatting function for %${verb} and ${typeName(kindOf(value))}`);
}

function whole(value: CelValue): bigint | undefined {
  if (typeof value === "bigint") return value;
  return value instanceof CelUint ? value.value : undefined;
}

function decimal(value: CelValue): string {
  const integer = whole(value);
  if (integer !== undefined) return integer.toString();
  if (typeof value === "number" && !Number.isFinite(value)) return special(value);
  if (typeof value === "number") return plainText(value);
  throw refuse(value, "d");
}

function special(value: number): string {
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function fixed(value: CelValue, verb: "f" | "e", precision: number): string {
  const integer = whole(value);
  const double = integer === undefined ? value : Number(integer);
  if (typeof double !== "number") throw refuse(value, verb);
  if (precision > MAX_PRECISION) throw new CelFailure(`precision ${precision} is over ${MAX_PRECISION}`);
  if (!Number.isFinite(double)) return special(double);
  return verb === "f" ? fixedText(double, precision) : padExponent(double.toExponential(precision));
}

function radix(value: CelValue, verb: string, base: number): string {
  const integer = whole(value);
  if (integer === undefined) throw refuse(value, verb);
  return integer.toString(base);
}

function hexadecimal(value: CelValue, verb: string): string {
  if (typeof value === "string") return Buffer.from(value).toString("hex");
  return value instanceof Uint8Array ? Buffer.from(value).toString("hex") : radix(value, verb, 16);
}

function show(value: CelValue, run: Run): string {
  run.spend(1);
  if (value === null) return "null";
  if (typeof value === "string") return value;
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (typeof value === "number") return Number.isFinite(value) ? plainText(value) : special(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (value instanceof CelUint) return value.value.toString();
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return secondsText(value);
  if (value instanceof CelType) return value.name;
  if (isList(value)) return `[${value.map((item) => show(item, run)).join(", ")}]`;
  if (value instanceof CelMap) return showMap(value, run);
  throw refuse(value, "s");
}

function showMap(map: CelMap, run: Run): string {
  const entries = map.keys().map((key) => `${show(key, run)}: ${show(map.get(key) ?? null, run)}`);
  return `{${entries.sort().join(", ")}}`;
}
