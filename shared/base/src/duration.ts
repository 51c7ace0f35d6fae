const UNITS_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const TERM = /([0-9]*\.?[0-9]+|[0-9]+\.)(ns|us|µs|μs|ms|s|m|h)/y;

/**
 * Milliseconds of a Go duration such as `1m30s`, `500ms` or `1.5h`.
 * @returns undefined if `text` is not a duration, or is too long for Go's 64 bits of nanoseconds (about 292 years).
 * @source Go `time.ParseDuration`
 */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith("-");
  const body = text.replace(/^[+-]/, "");
  if (body === "0") return 0;
  if (body === "" || body.length > 100) return undefined;
  let total = 0;
  TERM.lastIndex = 0;
  while (TERM.lastIndex < body.length) {
    const term = TERM.exec(body);
    if (!term) return undefined;
    total += Number(term[1]) * (UNITS_MS[term[2] as string] as number);
  }
  if (total > 9_223_372_036_854) return undefined;
  return negative ? -total : total;
}

/**
 * A duration as Go prints it: `1m30s`, `1.5s`, `250ms`, `0s`.
 * @param ms milliseconds; parts below a millisecond are kept to microseconds.
 * @source Go `time.Duration.String`
 */
export function formatDuration(ms: number): string {
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms === 0) return "0s";
  if (ms < 1) return `${trim(ms * 1000)}µs`;
  if (ms < 1000) return `${trim(ms)}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = `${trim((ms % 60_000) / 1000)}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

function trim(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}
