import { expect, test } from "vitest";
import { age, humanDuration } from "./duration-text.ts";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

test.each([
  [-5 * SECOND, "<invalid>"],
  [-1 * SECOND, "0s"],
  [0, "0s"],
  [119 * SECOND, "119s"],
  [2 * MINUTE, "2m"],
  [2 * MINUTE + 3 * SECOND, "2m3s"],
  [10 * MINUTE + 3 * SECOND, "10m"],
  [179 * MINUTE, "179m"],
  [3 * HOUR + 5 * MINUTE, "3h5m"],
  [9 * HOUR + 5 * MINUTE, "9h"],
  [47 * HOUR, "47h"],
  [2 * DAY + 5 * HOUR, "2d5h"],
  [8 * DAY + 5 * HOUR, "8d"],
  [729 * DAY, "729d"],
  [3 * 365 * DAY + 2 * DAY, "3y2d"],
  [9 * 365 * DAY, "9y"],
])("humanDuration(%j ms) is %s", (ms, expected) => {
  expect(humanDuration(ms)).toBe(expected);
});

test("age() of nothing is unknown", () => {
  expect([age(undefined, 0), age(null, 0), age("nonsense", 0)]).toEqual(["<unknown>", "<unknown>", "<unknown>"]);
});
