import { expect, test } from "vitest";
import { Gate } from "./gate.ts";

const { signal } = new AbortController();

function job() {
  let end = () => {};
  let fail = (_: Error) => {};
  const running = new Promise<void>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  return { running, end, fail };
}

test("pass() runs as much at a time as there are places, in the order of arrival", async () => {
  const gate = new Gate(2);
  const jobs = [job(), job(), job(), job()];
  const started: number[] = [];
  const passing = jobs.map(({ running }, i) =>
    gate.pass(signal, () => {
      started.push(i);
      return running;
    }),
  );
  await Promise.resolve();
  expect(started).toEqual([0, 1]);
  jobs[1]?.end();
  await passing[1];
  expect(started).toEqual([0, 1, 2]);
  for (const { end } of jobs) end();
  await Promise.all(passing);
  expect(started).toEqual([0, 1, 2, 3]);
});

test("pass() frees the place of work that failed", async () => {
  const gate = new Gate(1);
  await expect(gate.pass(signal, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await gate.pass(signal, () => Promise.resolve("next"))).toBe("next");
});

test("pass() ends with the signal's reason, and gives the place to the next one, when it aborts while waiting", async () => {
  const gate = new Gate(1);
  const first = job();
  const giveUp = new AbortController();
  const running = gate.pass(signal, () => first.running);
  const waiting = gate.pass(giveUp.signal, () => Promise.resolve("late"));
  const last = gate.pass(signal, () => Promise.resolve("last"));
  giveUp.abort(new Error("gave up"));
  await expect(waiting).rejects.toThrow("gave up");
  first.end();
  await running;
  expect(await last).toBe("last");
  expect(await gate.pass(signal, () => Promise.resolve("free again"))).toBe("free again");
});
