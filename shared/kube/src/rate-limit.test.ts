import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("RateLimit lets a burst pass, then as many a second as it should", async () => {
  const clock = fakeClock();
  const limit = new RateLimit(clock, { qps: 10, burst: 3 });
  const passedAtMs: number[] = [];
  const calls = Array.from({ length: 5 }, () => limit.take().then(() => passedAtMs.push(clock.monotonicMs())));
  await clock.advance(1000);
  await Promise.all(calls);
  expect(passedAtMs).toEqual([0, 0, 0, 100, 200]);
});

test("RateLimit gives the place of an aborted call to the next", async () => {
  const clock = fakeClock();
  const limit = new RateLimit(clock, { qps: 1, burst: 1 });
  await limit.take();
  const abort = new AbortController();
  const given = limit.take(abort.signal);
  abort.abort(new Error("enough"));
  await expect(given).rejects.toThrow("enough");
  const next = limit.take();
  expect(clock.pending()).toEqual([1000]);
  await clock.advance(1000);
  await next;
});

test.each([
  { qps: 0, burst: 1 },
  { qps: 1, burst: -1 },
  { qps: Number.NaN, burst: 1 },
])("RateLimit refuses %j", (rate) => {
  expect(() => new RateLimit(fakeClock(), rate)).toThrow(RangeError);
});
