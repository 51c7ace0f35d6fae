import { define, type Overload } from "./function.ts";
import { CelFailure } from "./run.ts";
import { type Calendar, calendar } from "./time.ts";
import type { CelTimestamp } from "./value.ts";

const PARTS: readonly (readonly [method: string, part: (calendar: Calendar) => number])[] = [
  [".getFullYear", ({ year }) => year],
  [".getMonth", ({ month }) => month],
  [".getDate", ({ day }) => day],
  [".getDayOfMonth", ({ day }) => day - 1],
  [".getDayOfWeek", ({ weekday }) => weekday],
  [".getDayOfYear", ({ dayOfYear }) => dayOfYear],
  [".getHours", ({ hours }) => hours],
  [".getMinutes", ({ minutes }) => minutes],
  [".getSeconds", ({ seconds }) => seconds],
  [".getMilliseconds", ({ milliseconds }) => milliseconds],
];

/** What finding the rules of a time zone costs. */
const ZONE_COST = 1000;

function read(moment: CelTimestamp, zone: string, part: (calendar: Calendar) => number): bigint {
  const found = calendar(moment, zone);
  if (found === undefined) throw new CelFailure(`unknown time zone ${zone.slice(0, 80)}`);
  return BigInt(part(found));
}

/** Parts of timestamps, in UTC or in a time zone, and durations in whole units. */
export const timeLibrary: readonly Overload[] = [
  ...PARTS.flatMap(([name, part]) => [
    define(name, ["timestamp"], "int", (moment) => read(moment, "UTC", part)),
    define(name, ["timestamp", "string"], "int", (moment, zone, run) => {
      run.spend(ZONE_COST);
      return read(moment, zone, part);
    }),
  ]),
  define(".getHours", ["duration"], "int", ({ nanos }) => nanos / 3_600_000_000_000n),
  define(".getMinutes", ["duration"], "int", ({ nanos }) => nanos / 60_000_000_000n),
  define(".getSeconds", ["duration"], "int", ({ nanos }) => nanos / 1_000_000_000n),
  define(".getMilliseconds", ["duration"], "int", ({ nanos }) => nanos / 1_000_000n),
];
