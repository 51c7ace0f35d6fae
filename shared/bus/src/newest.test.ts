import { expect, test } from "vitest";
import { NewestPerKey } from "./newest.ts";

test("set() replaces the value of its key and makes it the newest", () => {
  const newest = new NewestPerKey<number>(3);
  for (const [key, value] of [
    ["a", 1],
    ["b", 2],
    ["a", 3],
  ] as const)
    newest.set(key, value);
  expect([...newest]).toEqual([
    ["b", 2],
    ["a", 3],
  ]);
});

test("set() beyond the capacity pushes out the key that was set longest ago, and says so", () => {
  const newest = new NewestPerKey<number>(2);
  const kept = (["a", "b", "a", "c"] as const).map((key, index) => newest.set(key, index));
  expect(kept).toEqual([true, true, true, false]);
  expect([...newest]).toEqual([
    ["a", 2],
    ["c", 3],
  ]);
});

test("take() removes the oldest entries and no more than asked for", () => {
  const newest = new NewestPerKey<number>(9);
  for (const key of ["a", "b", "c"]) newest.set(key, 0);
  expect(newest.take(2)).toEqual([
    ["a", 0],
    ["b", 0],
  ]);
  expect(newest.take(2)).toEqual([["c", 0]]);
  expect(newest.size).toBe(0);
});
