import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { backoffMs, WorkQueue } from "./queue.ts";

const signal = new AbortController().signal;

/** Takes and finishes everything that is ready. */
async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const key = (await queue.take(signal)) as string;
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

test("take() gives urgent keys before normal ones and those before background ones, each level in order", async () => {
  const queue = new WorkQueue(fakeClock());
  queue.add("tick", "background");
  queue.add("spec", "normal");
  queue.add("push-1", "urgent");
  queue.add("push-2", "urgent");
  expect(await drain(queue)).toEqual(["push-1", "push-2", "spec", "tick"]);
});

test("add() of a key that waits already keeps one entry, with the more urgent priority", async () => {
  const queue = new WorkQueue(fakeClock());
  queue.add("a", "background");
  queue.add("b", "normal");
  queue.add("a", "urgent");
  queue.add("a", "background");
  expect(await drain(queue)).toEqual(["a", "b"]);
});

test("a key that is worked on is not given to anybody else, and comes again after done()", async () => {
  const queue = new WorkQueue(fakeClock());
  queue.add("a", "normal");
  await queue.take(signal);
  queue.add("a", "background");
  queue.add("a", "urgent");
  expect(queue.depth).toBe(0);
  queue.add("b", "normal");
  queue.done("a");
  expect(await drain(queue)).toEqual(["a", "b"]);
});

test("addAfter() fires once, at the earliest delay that was asked for", async () => {
  const clock = fakeClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 5000, "background");
  queue.addAfter("a", 1000, "background");
  queue.addAfter("a", 9000, "background");
  await clock.advance(999);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(await drain(queue)).toEqual(["a"]);
  await clock.advance(10_000);
  expect(queue.depth).toBe(0);
});

test("add() replaces a delayed add", async () => {
  const clock = fakeClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("a", 1000, "background");
  queue.add("a", "urgent");
  expect(await drain(queue)).toEqual(["a"]);
  await clock.advance(1000);
  expect(queue.depth).toBe(0);
});

test("forget() drops a key, its timer and its wish to run again", async () => {
  const clock = fakeClock();
  const queue = new WorkQueue(clock);
  queue.addAfter("timer", 1, "normal");
  queue.add("ready", "normal");
  queue.add("active", "urgent");
  await queue.take(signal);
  queue.add("active", "urgent");
  for (const key of ["timer", "ready", "active"]) queue.forget(key);
  queue.done("active");
  await clock.advance(10);
  expect(queue.depth).toBe(0);
});

test("take() waits for a key, and ends with undefined when its signal aborts", async () => {
  const queue = new WorkQueue(fakeClock());
  const stop = new AbortController();
  const [first, second] = [queue.take(stop.signal), queue.take(stop.signal)];
  queue.add("a", "normal");
  expect(await first).toBe("a");
  stop.abort();
  expect(await second).toBeUndefined();
});

test("a key that arrives while its waiter is being stopped is not lost", async () => {
  const queue = new WorkQueue(fakeClock());
  const stop = new AbortController();
  const stopped = queue.take(stop.signal);
  const other = queue.take(signal);
  stop.abort();
  queue.add("a", "normal");
  expect(await stopped).toBeUndefined();
  expect(await other).toBe("a");
});

test.each([
  [0, 10],
  [1, 20],
  [2, 40],
  [6, 640],
  [7, 1000],
  [5000, 1000],
])("backoffMs() waits after %i failures %i ms of 10 ms to 1 s", (failures, expected) => {
  expect(backoffMs({ minMs: 10, maxMs: 1000 }, failures)).toBe(expected);
});
