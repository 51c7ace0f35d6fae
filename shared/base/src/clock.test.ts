import { expect, test } from "vitest";
import { onAbort, sleep, systemClock, timeoutSignal } from "./clock.ts";

test("onAbort() calls its task once when the signal aborts, and at once if it has", () => {
  const controller = new AbortController();
  const called: string[] = [];
  onAbort(controller.signal, () => called.push("before"));
  controller.abort();
  controller.abort();
  onAbort(controller.signal, () => called.push("after"));
  expect(called).toEqual(["before", "after"]);
});

test("onAbort() forgets a task whose handle was disposed, and no other", () => {
  const controller = new AbortController();
  const called: string[] = [];
  const same = () => called.push("same");
  onAbort(controller.signal, same);
  onAbort(controller.signal, same)[Symbol.dispose]();
  controller.abort();
  expect(called).toEqual(["same"]);
});

test("any number of waits may share one signal without Node's warning of a leak", async () => {
  const { signal } = new AbortController();
  const warnings: string[] = [];
  const note = (warning: Error) => void warnings.push(warning.name);
  process.on("warning", note);
  using _ = { [Symbol.dispose]: () => void process.off("warning", note) };
  const timeouts = Array.from({ length: 12 }, () => timeoutSignal(systemClock, 60_000, signal));
  await sleep(systemClock, 0, signal);
  for (const timeout of timeouts) timeout[Symbol.dispose]();
  expect(warnings).toEqual([]);
});

test("sleep() rejects with the reason of a signal that aborts, or has aborted, and leaves no timer", async () => {
  const controller = new AbortController();
  let pending = 0;
  const clock = {
    ...systemClock,
    after: () => {
      pending += 1;
      return { [Symbol.dispose]: () => void (pending -= 1) };
    },
  };
  const sleeping = sleep(clock, 1000, controller.signal);
  expect(pending).toBe(1);
  controller.abort(new Error("enough"));
  await expect(sleeping).rejects.toThrow("enough");
  await expect(sleep(clock, 1000, controller.signal)).rejects.toThrow("enough");
  expect(pending).toBe(0);
});

test("timeoutSignal() aborts with its parent's reason, and then did not time out", () => {
  const parent = new AbortController();
  using timeout = timeoutSignal(systemClock, 60_000, parent.signal);
  parent.abort(new Error("stop"));
  expect([timeout.signal.reason, timeout.timedOut()]).toEqual([new Error("stop"), false]);
});
