import { expect, test } from "vitest";
import { deferred, mapLimit, unlessAborted } from "./deferred.ts";

test("mapLimit() keeps the order of results and never has more in flight than allowed", async () => {
  const gates = Array.from({ length: 5 }, () => deferred<number>());
  let [running, most] = [0, 0];
  const all = mapLimit(gates, 2, async ({ promise }) => {
    most = Math.max(most, (running += 1));
    const value = await promise;
    running -= 1;
    return value;
  });
  for (const [index, gate] of gates.entries()) gate.resolve(index);
  expect(await all).toEqual([0, 1, 2, 3, 4]);
  expect(most).toBe(2);
});

test("mapLimit() starts nothing after a failure, and lets what is in flight end before it throws", async () => {
  const slow = deferred<void>();
  const started: number[] = [];
  let ended = false;
  const all = mapLimit([0, 1, 2, 3], 2, async (item) => {
    started.push(item);
    if (item === 0) throw new Error("broken");
    await slow.promise;
    ended = true;
  });
  const outcome = all.catch((error: unknown) => ({ error, ended }));
  slow.resolve();
  expect(await outcome).toEqual({ error: new Error("broken"), ended: true });
  expect(started).toEqual([0, 1]);
});

test("mapLimit() of nothing is nothing", async () => {
  expect(await mapLimit([], 4, async () => 1)).toEqual([]);
});

test("unlessAborted() throws the signal's reason, also one that was there before", async () => {
  const controller = new AbortController();
  const waiting = unlessAborted(deferred<void>().promise, controller.signal);
  controller.abort(new Error("newer revision"));
  await expect(waiting).rejects.toThrow("newer revision");
  await expect(unlessAborted(Promise.resolve(), controller.signal)).rejects.toThrow("newer revision");
});
