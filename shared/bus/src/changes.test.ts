import { expect, test } from "vitest";
import { Changes } from "./changes.ts";

const never = new AbortController().signal;

test("until() resolves at once when its condition holds", async () => {
  await expect(new Changes().until(() => true, never)).resolves.toBeUndefined();
});

test("until() looks again at each announcement and resolves when its condition holds", async () => {
  const changes = new Changes();
  let value = 0;
  const looked: number[] = [];
  const waiting = changes.until(() => looked.push(value) > 0 && value === 2, never);
  for (value = 1; value < 2; value++) changes.announce();
  await Promise.resolve();
  changes.announce();
  await waiting;
  expect(looked.at(-1)).toBe(2);
});

test("until() throws the reason of its signal, before and while it waits", async () => {
  const changes = new Changes();
  const stop = new AbortController();
  const waiting = changes.until(() => false, stop.signal);
  stop.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(changes.until(() => true, stop.signal)).rejects.toThrow("enough");
});
