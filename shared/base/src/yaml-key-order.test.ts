import { expect, test } from "vitest";
import { compareKeys } from "./yaml-key-order.ts";

test("compareKeys() puts symbols before digits' letters, and compares runs of digits as numbers", () => {
  const sorted = ["", "-", "1", "2", "10", "A", "B", "a", "a-b", "a.b", "a_b", "a1", "a2", "a10", "a10b", "ab", "b"];
  expect([...sorted].reverse().sort(compareKeys)).toEqual(sorted);
});

test("compareKeys() takes longer runs of zeros as later, and a zero inside a number as part of it", () => {
  expect(["a01", "a1", "a001", "a100", "a99"].sort(compareKeys)).toEqual(["a1", "a01", "a001", "a99", "a100"]);
});

test("compareKeys() orders characters beyond the basic plane after those in it", () => {
  expect(["\u{1F600}", "\uFFFD", "é", "z"].sort(compareKeys)).toEqual(["\uFFFD", "\u{1F600}", "z", "é"]);
});
