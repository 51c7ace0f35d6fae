import { type BusStats } from "./bus.ts";

/** The figures of `BusStats`, as the bus itself counts them. */
export type Counters = { -readonly [K in keyof BusStats]: BusStats[K] };

export function newCounters(): Counters {
  return { published: 0, dropped: 0, refused: 0, delivered: 0, invalid: 0, failed: 0 };
}

/** True for 1, 2, 4, 8...: a log line that a stranger or an outage can provoke is written only then. */
export function isPowerOfTwo(count: number): boolean {
  return Number.isInteger(Math.log2(count));
}
