import type { CelDuration } from "./value.ts";

/** The shortest text that reads back as `value`, with an exponent from 1e+06 on or below 1e-4. @source Go `strconv` 'g' */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e6)) return padExponent(value.toExponential());
  return Object.is(value, -0) ? "-0" : value.toString();
}

/** Writes an exponent with at least two digits, as Go does: `1e+06`. */
export function padExponent(text: string): string {
  return text.replace(/e([+-])([0-9])$/, "e$10$2");
}

/** The shortest text that reads back as the finite `value`, never with an exponent. @source Go `strconv` 'f' with -1 */
export function plainText(value: number): string {
  const [, sign = "", whole = "", fraction = "", exponent = "0"] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(value.toExponential()) ?? [];
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, "0");
  const text = point > 0 ? `${digits.slice(0, point)}.${digits.slice(point)}` : `0.${"0".repeat(-point)}${digits}`;
  return (Object.is(value, -0) ? "-" : sign) + text.replace(/\.$/, "");
}

/** The finite `value` with exactly `places` decimals; a tie goes to the even digit, where `toFixed` goes up. */
export function fixedText(value: number, places: number): string {
  const { mantissa, exponent } = exactParts(Math.abs(value));
  const scaled = mantissa * 10n ** BigInt(places);
  const rounded = exponent >= 0 ? scaled << BigInt(exponent) : roundEven(scaled, 1n << BigInt(-exponent));
  const digits = rounded.toString().padStart(places + 1, "0");
  const point = digits.length - places;
  const text = places === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
  return value < 0 || Object.is(value, -0) ? `-${text}` : text;
}

function roundEven(amount: bigint, divisor: bigint): bigint {
  const [quotient, twice] = [amount / divisor, (amount % divisor) * 2n];
  return twice > divisor || (twice === divisor && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

/** `value = mantissa * 2^exponent`, exactly. */
function exactParts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const [field, fraction] = [Number(bits >> 52n), bits & (2n ** 52n - 1n)];
  return field === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction + 2n ** 52n, exponent: field - 1075 };
}

/** A span in seconds, as a double: `90s`, `1.5s`. @source cel-go conversion of durations to strings */
export function secondsText({ nanos }: CelDuration): string {
  return `${plainText(Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9)}s`;
}
