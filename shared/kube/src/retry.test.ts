import { expect, test } from "vitest";
import { backoffMs, longestWaitMs, maxTries, retryAfterMs, retryDelayMs } from "./retry.ts";

const facts = (status: number, more: { reason?: string; retryAfterMs?: number } = {}) => ({
  status,
  reason: "",
  message: "",
  causes: [],
  ...more,
});

test.each([
  [undefined, undefined],
  ["1", 1000],
  ["7", 7000],
  ["abc", 1000],
  ["-1", 1000],
  ["0", 1000],
  ["", 1000],
  ["1e9", 300_000],
  ["Wed, 21 Oct 2026 07:28:00 GMT", 1000],
])("retryAfterMs() reads %j as %j ms", (header, expected) => {
  expect(retryAfterMs(header)).toBe(expected);
});

test.each([
  { failures: 0, random: 0, expected: 50 },
  { failures: 0, random: 0.999999, expected: 100 },
  { failures: 3, random: 0, expected: 400 },
  { failures: 2000, random: 0, expected: 2500 },
])("backoffMs() waits $expected ms after $failures failures at random $random", ({ failures, random, expected }) => {
  expect(backoffMs({ failures, baseMs: 100, maxMs: 5000, random })).toBe(expected);
});

test.each([
  { what: "a reset of an idempotent call", given: facts(0, { reason: "ECONNRESET" }), idempotent: true, again: true },
  { what: "a reset of a create", given: facts(0, { reason: "ECONNRESET" }), idempotent: false, again: false },
  { what: "a create that was never sent", given: facts(0, { reason: "ECONNREFUSED" }), idempotent: false, again: true },
  {
    what: "a certificate that is refused",
    given: facts(0, { reason: "CERT_HAS_EXPIRED" }),
    idempotent: true,
    again: false,
  },
  { what: "its own deadline", given: facts(0, { reason: "Timeout" }), idempotent: true, again: false },
  { what: "429 of a create", given: facts(429), idempotent: false, again: true },
  { what: "503 of a read", given: facts(503), idempotent: true, again: true },
  { what: "503 of a create", given: facts(503), idempotent: false, again: false },
  {
    what: "503 of a create with Retry-After",
    given: facts(503, { retryAfterMs: 1000 }),
    idempotent: false,
    again: true,
  },
  { what: "500", given: facts(500), idempotent: true, again: false },
  { what: "404", given: facts(404), idempotent: true, again: false },
  { what: "409", given: facts(409), idempotent: true, again: false },
])("retryDelayMs() says $again to trying again after $what", ({ given, idempotent, again }) => {
  expect(retryDelayMs(given, { tries: 1, idempotent, random: 0 }) !== undefined).toBe(again);
});

test("retryDelayMs() waits as long as the server asks", () => {
  expect(retryDelayMs(facts(429, { retryAfterMs: 3000 }), { tries: 1, idempotent: true, random: 0 })).toBe(3000);
});

test("retryDelayMs() leaves a wait that is too long for a worker to the caller", () => {
  const asked = facts(429, { retryAfterMs: longestWaitMs + 1 });
  expect(retryDelayMs(asked, { tries: 1, idempotent: true, random: 0 })).toBeUndefined();
});

test("retryDelayMs() ends after the last try", () => {
  const tries = (count: number) => retryDelayMs(facts(503), { tries: count, idempotent: true, random: 0 });
  expect([tries(maxTries - 1), tries(maxTries)]).toEqual([400, undefined]);
});
