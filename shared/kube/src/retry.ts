import { type StatusFacts } from "./errors.ts";

/** Tries of one call at most, the first included. */
export const maxTries = 5;
/** A server that asks for a longer wait gets it from the caller, whose worker should not be held: the call fails at once. */
export const longestWaitMs = 10_000;

const FIRST_WAIT_MS = 100;
const UNSAID_WAIT_MS = 1000;
const LONGEST_RETRY_AFTER_MS = 300_000;

/** Connection errors after which the server cannot have seen the request. */
const UNSENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** Connection errors after which the server may have acted on the request. */
const UNSURE: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNABORTED", "UND_ERR_SOCKET"]);

/**
 * How long to wait before a call is tried again.
 * @param tries made so far, from 1.
 * @param random in [0, 1).
 * @returns milliseconds; undefined if it must not be tried again here.
 */
export function retryDelayMs(
  facts: StatusFacts,
  { tries, idempotent, random }: { tries: number; idempotent: boolean; random: number },
): number | undefined {
  if (tries >= maxTries || !mayRepeat(facts, idempotent)) return undefined;
  const asked = facts.retryAfterMs ?? (facts.status === 429 ? UNSAID_WAIT_MS : undefined);
  if (asked === undefined)
    return backoffMs({ failures: tries - 1, baseMs: FIRST_WAIT_MS, maxMs: longestWaitMs, random });
  return asked > longestWaitMs ? undefined : Math.round(asked * (1 + random / 10));
}

function mayRepeat({ status, reason, retryAfterMs }: StatusFacts, idempotent: boolean): boolean {
  if (status === 0) return UNSENT.has(reason) || (idempotent && UNSURE.has(reason));
  if (status === 429 || (status >= 500 && retryAfterMs !== undefined)) return true;
  return idempotent && (status === 502 || status === 503 || status === 504);
}

/**
 * Exponential backoff with jitter: between half and all of `baseMs * 2^failures`, at most `maxMs`.
 * @param failures so far, from 0.
 * @param random in [0, 1).
 */
export function backoffMs(options: { failures: number; baseMs: number; maxMs: number; random: number }): number {
  const { failures, baseMs, maxMs, random } = options;
  const fullMs = Math.min(maxMs, baseMs * 2 ** Math.min(failures, 30));
  return Math.round(fullMs * (0.5 + random / 2));
}

/**
 * The wait that a `Retry-After` header asks for: whole seconds, as API servers send them.
 * @returns milliseconds from 1,000 to 300,000: nonsense (`abc`, `-1`) counts as one second, too much as the maximum; undefined without a header.
 */
export function retryAfterMs(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const seconds = Number(header);
  if (!(seconds >= 1)) return UNSAID_WAIT_MS;
  return Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS);
}
