import { expect, test } from "vitest";
import { planRetention, type StoredFile } from "./retention.ts";

const nowMs = 1_000_000;
const file = (path: string, supersededAgoMs: number, writtenMs = 0): StoredFile => ({
  path,
  writtenMs,
  supersededMs: nowMs - supersededAgoMs,
});
const plan = (files: StoredFile[], policy = { ttlMs: 60_000, records: 2 }) =>
  planRetention({ files, current: "current", policy, nowMs });

test("planRetention() keeps the current file however old it is", () => {
  expect(plan([file("current", 9_999_999)], { ttlMs: 0, records: 1 })).toEqual([]);
});

test("planRetention() drops what was superseded longer than the TTL ago", () => {
  expect(plan([file("current", 0), file("old", 60_001)])).toEqual(["old"]);
  expect(plan([file("current", 0), file("old", 60_000)])).toEqual([]);
});

test("planRetention() drops the longest superseded beyond the record count, which includes the current file", () => {
  expect(plan([file("a", 30), file("current", 0), file("b", 10), file("c", 20)])).toEqual(["c", "a"]);
});

test("planRetention() keeps one file when the record count is 1 or less", () => {
  expect(plan([file("current", 0), file("b", 10)], { ttlMs: 60_000, records: 0 })).toEqual(["b"]);
});

test("planRetention() prefers the file written last among those superseded together", () => {
  expect(plan([file("a", 10, 1), file("current", 0, 3), file("b", 10, 2)])).toEqual(["a"]);
});
