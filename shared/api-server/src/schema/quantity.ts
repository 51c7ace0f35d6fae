/**
 * A resource quantity: `digits * 10^scale`, exact to a billionth (nano).
 * @source `k8s.io/apimachinery/pkg/api/resource` Quantity
 */
export interface Quantity {
  readonly digits: bigint;
  readonly scale: number;
  readonly format: "decimal" | "binary" | "exponent";
  /** How it was written, if that is how it is kept: when it looks canonical at a glance. */
  readonly text?: string;
}

const FORMAT_ERROR = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_ERROR = "unable to parse quantity's suffix";

const PARTS = /^([+-]?)([0-9]*)(?:\.([0-9]*))?([a-zA-Z]*)([+-]?[0-9]*)$/;
const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, "": 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NANO = -9;
const MAX_INT64 = 2n ** 63n - 1n;
/** Longest text that is read as a quantity. */
const MAX_LENGTH = 1000;
/** Powers of ten beyond this are alike when quantities are compared. */
const FAR = 400;

/** The quantity that `text` means (`500m`, `1.5Gi`, `1e3`), or undefined. Parts below a nano are rounded up. */
export function parseQuantity(text: string): Quantity | undefined {
  const parts = text.length > MAX_LENGTH ? null : PARTS.exec(text);
  if (!parts) return undefined;
  const [, sign = "", whole = "", fraction = "", letters = "", power = ""] = parts;
  if (whole === "" && fraction === "") return undefined;
  const number = { num: whole.replace(/^0+/, "") || "0", fraction, negative: sign === "-", text };
  if (/^[eE]$/.test(letters) && power !== "") return decimal(number, Number(power), "exponent");
  if (power !== "") return undefined;
  const binaryPower = BINARY.indexOf(letters);
  if (binaryPower >= 0) return binary(number, (binaryPower + 1) * 10);
  return Object.hasOwn(DECIMAL, letters) ? decimal(number, DECIMAL[letters] ?? 0, "decimal") : undefined;
}

/** Why `text` is no quantity, in the API server's words. */
export function quantityError(text: string): string {
  return /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eEinumkKMGTP]*[-+]?[0-9]*$/.test(text) ? SUFFIX_ERROR : FORMAT_ERROR;
}

interface Written {
  /** Digits before the point, without leading zeros. */
  num: string;
  fraction: string;
  negative: boolean;
  text: string;
}

function decimal(
  { num, fraction, negative, text }: Written,
  power: number,
  format: "decimal" | "exponent",
): Quantity | undefined {
  if (!Number.isInteger(power)) return undefined;
  const shifted = num + fraction;
  const scale = power - fraction.length;
  const isShort = shifted.length <= 18 && scale >= NANO;
  const looksCanonical = scale % 3 === 0 && !shifted.endsWith("000") && !shifted.startsWith("0");
  const value = toNano(BigInt(shifted), scale);
  const isKept = text === "0" || (isShort && looksCanonical);
  return { ...value, digits: negative ? -value.digits : value.digits, format, ...(isKept && { text }) };
}

function binary({ num, fraction, negative, text }: Written, bits: number): Quantity {
  const value = toNano(BigInt(num + fraction) << BigInt(bits), -fraction.length);
  const isShort = fraction === "" && 14 - num.length - Math.trunc((bits * 3) / 10) >= 0;
  const isKept = isShort && (BigInt(num) & 7n) !== 0n;
  const isOver = value.scale >= 0 && value.digits > MAX_INT64;
  const { digits, scale } = isOver && !isShort ? { digits: MAX_INT64, scale: 0 } : value;
  return { digits: negative ? -digits : digits, scale, format: "binary", ...(isKept && { text }) };
}

/** The value with what is below a nano rounded up. */
function toNano(digits: bigint, scale: number): { digits: bigint; scale: number } {
  if (scale >= NANO || digits === 0n) return { digits, scale: digits === 0n ? 0 : scale };
  const dropped = NANO - scale;
  if (dropped > 2 * MAX_LENGTH) return { digits: 1n, scale: NANO };
  const divisor = 10n ** BigInt(dropped);
  return { digits: (digits + divisor - 1n) / divisor, scale: NANO };
}

/** The value in billionths, for comparisons; enormous values are all alike. */
export function nanosOf({ digits, scale }: Quantity): bigint {
  return digits * 10n ** BigInt(Math.min(scale, FAR) - NANO);
}

/** The text under which a quantity is stored: as written if that looks canonical, else with the largest suffix that leaves it whole. */
export function formatQuantity(quantity: Quantity): string {
  const { digits, format, text } = quantity;
  if (text !== undefined) return text;
  if (digits === 0n) return "0";
  if (digits < 0n) return `-${formatQuantity({ ...quantity, digits: -digits })}`;
  const nanos = format === "binary" ? nanosOf(quantity) : 0n;
  const isWhole = nanos % 1_000_000_000n === 0n;
  if (format === "binary" && isWhole && nanos >= 1024n * 1_000_000_000n) return formatBinary(nanos / 1_000_000_000n);
  return formatDecimal(quantity, format === "exponent");
}

function formatBinary(value: bigint): string {
  let power = 0;
  let rest = value;
  while (power < BINARY.length && rest % 1024n === 0n) {
    rest /= 1024n;
    power++;
  }
  return `${rest}${power === 0 ? "" : BINARY[power - 1]}`;
}

function formatDecimal({ digits, scale }: Quantity, asExponent: boolean): string {
  let rest = digits;
  let power = scale;
  while (rest % 10n === 0n) {
    rest /= 10n;
    power++;
  }
  const over = ((power % 3) + 3) % 3;
  rest *= 10n ** BigInt(over);
  power -= over;
  if (asExponent) return power === 0 ? `${rest}` : `${rest}e${power}`;
  if (power > 18) return `${rest * 10n ** BigInt(power - 18)}E`;
  return `${rest}${Object.keys(DECIMAL).find((name) => DECIMAL[name] === power) ?? ""}`;
}

/** The text under which what a manifest wrote is stored, or undefined if it is no quantity. */
export function canonicalQuantity(written: string | number | bigint): string | undefined {
  const quantity = parseQuantity(String(written).trim());
  return quantity && formatQuantity(quantity);
}

/** `quantity` rounded up to a thousandth. */
export function roundedToMilli(quantity: Quantity): Quantity {
  if (quantity.scale >= -3) return quantity;
  const divisor = 10n ** BigInt(-3 - quantity.scale);
  const { digits, format } = quantity;
  const rest = digits % divisor;
  const rounded = digits / divisor + (rest > 0n ? 1n : 0n);
  return { digits: rounded, scale: -3, format };
}
