import { expect, test } from "vitest";
import { BuildCache } from "./cache.ts";

test("get() makes a value once and returns the kept one after that", () => {
  const cache = new BuildCache();
  const first = cache.get("a", 1, () => ({ made: 1 }));
  expect(cache.get("a", 1, () => ({ made: 2 }))).toBe(first);
});

test("what was used least recently goes when the limit is passed", () => {
  const cache = new BuildCache(10);
  cache.get("a", 4, () => "a1");
  cache.get("b", 4, () => "b1");
  cache.get("a", 4, () => "a2");
  cache.get("c", 4, () => "c1");
  expect(cache.bytes).toBe(8);
  expect(cache.get("a", 4, () => "a3")).toBe("a1");
  expect(cache.get("b", 4, () => "b2")).toBe("b2");
});

test("a value over the limit is made but not kept", () => {
  const cache = new BuildCache(10);
  expect(cache.get("big", 11, () => 1)).toBe(1);
  expect(cache.bytes).toBe(0);
});

test("what make() throws is thrown and not kept", () => {
  const cache = new BuildCache();
  expect(() =>
    cache.get("a", 1, () => {
      throw new Error("no");
    }),
  ).toThrow("no");
  expect(cache.get("a", 1, () => 2)).toBe(2);
});
