export interface Backoff {
  /** Wait after the first failure, in milliseconds, before jitter. */
  baseMs: number;
  /** Longest wait, in milliseconds, before jitter. */
  maxMs: number;
  /** From 0 to 1. */
  random: () => number;
}

/**
 * Wait before the next try: `baseMs * 2^failures`, at most `maxMs`, times a random factor from 0.5 to 1, so that many
 * processes that lost the same server do not come back together.
 * @param failures failed tries so far beyond the first, from 0
 * @returns milliseconds
 */
export function backoffMs(failures: number, { baseMs, maxMs, random }: Backoff): number {
  return Math.min(maxMs, baseMs * 2 ** failures) * (0.5 + random() / 2);
}
