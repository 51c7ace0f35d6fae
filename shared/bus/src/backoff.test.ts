import { expect, test } from "vitest";
import { backoffMs } from "./backoff.ts";

const at = (failures: number, random: number) =>
  backoffMs(failures, { baseMs: 100, maxMs: 5000, random: () => random });

test.each([
  [0, 1, 100],
  [1, 1, 200],
  [5, 1, 3200],
  [6, 1, 5000],
  [5000, 1, 5000],
  [0, 0, 50],
  [6, 0, 2500],
])("backoffMs() after %i further failures with random %d is %i ms", (failures, random, waitMs) => {
  expect(at(failures, random)).toBe(waitMs);
});
