import { CelDuration, CelTimestamp } from "./value.ts";

const SECOND = 1_000_000_000n;
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ["ns", 1n],
  ["us", 1_000n],
  ["µs", 1_000n],
  ["μs", 1_000n],
  ["ms", 1_000_000n],
  ["s", SECOND],
  ["m", 60n * SECOND],
  ["h", 3600n * SECOND],
]);
const MAX_NANOS = 2n ** 63n;
const DURATION = /^([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;

/**
 * A span such as `1h30m` or `-1.5s`, or undefined; units are h, m, s, ms, us and ns.
 * @source Go `time.ParseDuration`
 */
export function parseDuration(text: string): CelDuration | undefined {
  if (/^[+-]?0$/.test(text)) return new CelDuration(0n);
  if (text.length > 128) return undefined;
  const [, sign, terms] = DURATION.exec(text) ?? [];
  if (terms === undefined) return undefined;
  let nanos = 0n;
  for (const [, whole = "", fraction = "", unit = ""] of terms.matchAll(/([0-9]*)\.?([0-9]*)([a-zµμ]+)/g)) {
    const scale = UNITS.get(unit) ?? 0n;
    nanos += BigInt(whole || 0) * scale + (BigInt(fraction || 0) * scale) / 10n ** BigInt(fraction.length);
  }
  return checkedDuration(sign === "-" ? -nanos : nanos);
}

/** A duration of `nanos`, or undefined if 64 bits do not hold it. */
export function checkedDuration(nanos: bigint): CelDuration | undefined {
  return nanos >= MAX_NANOS || nanos < -MAX_NANOS ? undefined : new CelDuration(nanos);
}

/** Seconds with as many decimals as needed: `90s`, `-1.5s`. */
export function formatDuration({ nanos }: CelDuration): string {
  const [sign, magnitude] = nanos < 0n ? ["-", -nanos] : ["", nanos];
  return `${sign}${magnitude / SECOND}${decimals(magnitude % SECOND)}s`;
}

function decimals(nanos: bigint): string {
  return nanos === 0n ? "" : `.${nanos.toString().padStart(9, "0").replace(/0+$/, "")}`;
}

const TIMESTAMP =
  /^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,18}))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))$/;
const MIN_SECONDS = -62135596800n;
const MAX_SECONDS = 253402300799n;

/** A moment in RFC 3339, years 1 to 9999, or undefined. */
export function parseTimestamp(text: string): CelTimestamp | undefined {
  const match = TIMESTAMP.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const [offsetHours, offsetMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (match[8] === "-" ? -1 : 1) * (offsetHours * 60 + offsetMinutes) * 60;
  const seconds = BigInt(date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset);
  return checkedTimestamp(seconds * SECOND + BigInt((match[7] ?? "").slice(0, 9).padEnd(9, "0")));
}

/** A timestamp of `nanos`, or undefined outside the years 1 to 9999. */
export function checkedTimestamp(nanos: bigint): CelTimestamp | undefined {
  return nanos < MIN_SECONDS * SECOND || nanos >= (MAX_SECONDS + 1n) * SECOND ? undefined : new CelTimestamp(nanos);
}

/** RFC 3339 in UTC with as many decimals as needed. */
export function formatTimestamp({ nanos }: CelTimestamp): string {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const date = new Date(Number((nanos - fraction) / 1_000_000n));
  return `${date.toISOString().slice(0, 19)}${decimals(fraction)}Z`;
}

/** The parts of a moment on the wall clock of `zone`. */
export interface Calendar {
  year: number;
  /** From 0. */
  month: number;
  /** From 1. */
  day: number;
  hours: number;
  minutes: number;
  seconds: number;
  milliseconds: number;
  /** From 0, Sunday. */
  weekday: number;
  /** From 0. */
  dayOfYear: number;
}

/**
 * Reads `moment` in a time zone: an IANA name or an offset such as `+02:00`.
 * @returns undefined for an unknown zone.
 */
export function calendar({ nanos }: CelTimestamp, zone: string): Calendar | undefined {
  const fraction = ((nanos % SECOND) + SECOND) % SECOND;
  const utcMs = Number((nanos - fraction) / 1_000_000n);
  const shift = zoneOffsetMs(utcMs, zone);
  if (shift === undefined) return undefined;
  const local = new Date(utcMs + shift);
  const year = local.getUTCFullYear();
  const start = new Date(0).setUTCFullYear(year, 0, 1);
  return {
    year,
    month: local.getUTCMonth(),
    day: local.getUTCDate(),
    hours: local.getUTCHours(),
    minutes: local.getUTCMinutes(),
    seconds: local.getUTCSeconds(),
    milliseconds: Number(fraction / 1_000_000n),
    weekday: local.getUTCDay(),
    dayOfYear: Math.floor((local.getTime() - start) / 86_400_000),
  };
}

function zoneOffsetMs(utcMs: number, zone: string): number | undefined {
  if (zone === "" || zone === "UTC") return 0;
  const fixed = /^([+-]?)([0-9]{2}):([0-9]{2})$/.exec(zone);
  if (fixed !== null) {
    const minutes = Number(fixed[2]) * 60 + Number(fixed[3]);
    return (fixed[1] === "-" ? -minutes : minutes) * 60_000;
  }
  return namedOffsetMs(utcMs, zone);
}

function namedOffsetMs(utcMs: number, timeZone: string): number | undefined {
  try {
    const fields = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" } as const;
    const format = new Intl.DateTimeFormat("en-u-ca-gregory", {
      ...fields,
      timeZone,
      second: "numeric",
      hourCycle: "h23",
      era: "short",
    });
    const parts = new Map(format.formatToParts(utcMs).map(({ type, value }) => [type, value]));
    const number = (name: Intl.DateTimeFormatPartTypes) => Number(parts.get(name));
    const year = parts.get("era") === "BC" ? 1 - number("year") : number("year");
    const local = new Date(0);
    local.setUTCFullYear(year, number("month") - 1, number("day"));
    local.setUTCHours(number("hour"), number("minute"), number("second"));
    return local.getTime() - utcMs;
  } catch (thrown) {
    if (thrown instanceof RangeError) return undefined;
    throw thrown;
  }
}
