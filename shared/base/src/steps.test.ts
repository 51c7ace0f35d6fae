import { expect, test } from "vitest";
import { type Clock, systemClock } from "./clock.ts";
import { atOnce, inBatches, inTurns, type Steps } from "./steps.ts";

function* count(to: number, seen: number[]): Steps<string> {
  for (let at = 1; at <= to; at += 1) {
    seen.push(at);
    yield;
  }
  return `counted to ${to}`;
}

/** A clock on which each look takes as long as it says. */
function tickingClock(stepMs: number): Clock {
  let now = 0;
  return { ...systemClock, monotonicMs: () => (now += stepMs) };
}

test("atOnce() takes every step before it returns", () => {
  const seen: number[] = [];
  expect(atOnce(count(3, seen))).toBe("counted to 3");
  expect(seen).toEqual([1, 2, 3]);
});

test("inTurns() lets others go as soon as 20 ms have passed, and not before", async () => {
  const { signal } = new AbortController();
  const [slow, quick]: [number[], number[]] = [[], []];
  const slowly = inTurns(count(3, slow), { clock: tickingClock(20), signal });
  expect(slow).toEqual([1]);
  const quickly = inTurns(count(3, quick), { clock: tickingClock(4), signal });
  expect(quick).toEqual([1, 2, 3]);
  expect(await Promise.all([slowly, quickly])).toEqual(["counted to 3", "counted to 3"]);
});

test("inTurns() stops between two steps once its signal aborts, and gives the work's own error as it is", async () => {
  const seen: number[] = [];
  const stop = new AbortController();
  const work = inTurns(count(3, seen), { clock: tickingClock(20), signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(work).rejects.toThrow("enough");
  expect(seen).toEqual([1]);
  const failing = (function* (): Steps<never> {
    yield;
    throw new TypeError("broken");
  })();
  await expect(inTurns(failing, { clock: tickingClock(20), signal: new AbortController().signal })).rejects.toThrow(
    TypeError,
  );
});

test("inBatches() runs its task on every item, and pauses after each hundred of them", () => {
  const seen: number[] = [];
  const steps = inBatches(
    Array.from({ length: 250 }, (_, at) => at),
    (item) => seen.push(item),
  );
  expect([steps.next().done, seen.length]).toEqual([false, 100]);
  expect([steps.next().done, seen.length]).toEqual([false, 200]);
  expect([steps.next().done, seen.length]).toEqual([true, 250]);
});
