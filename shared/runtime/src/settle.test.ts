import { type Condition, findCondition } from "@sluice/api";
import { expect, test } from "vitest";
import { Failed, Stalled, Waiting } from "./endings.ts";
import { type Standing, settle } from "./settle.ts";

const at = { generation: 3, now: "2026-01-01T00:00:00Z" };

/** `Type=Status/Reason` of each condition, in stored order. */
function summary(conditions: readonly Condition[]): string[] {
  return conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`);
}

const standings: readonly [string, Standing, string[]][] = [
  ["progress", { as: "progress", message: "at work" }, ["Reconciling=True/Progressing", "Ready=Unknown/Progressing"]],
  ["done", { as: "done", done: { reason: "Succeeded", message: "all well", afterMs: 1 } }, ["Ready=True/Succeeded"]],
  [
    "a wait for something else",
    { as: "wait", wait: new Waiting("DependencyNotReady", "waiting", { until: [], afterMs: 1 }) },
    ["Reconciling=True/ProgressingWithRetry", "Ready=False/DependencyNotReady"],
  ],
  [
    "a wait whose outcome is open",
    { as: "wait", wait: new Waiting("Progressing", "checking", { until: [], afterMs: 1, ready: "Unknown" }) },
    ["Reconciling=True/Progressing", "Ready=Unknown/Progressing"],
  ],
  [
    "stall",
    { as: "stall", stall: new Stalled("URLInvalid", "bad") },
    ["Stalled=True/URLInvalid", "Ready=False/URLInvalid"],
  ],
  [
    "retry",
    { as: "retry", failed: new Failed("BuildFailed", "bad") },
    ["Reconciling=True/ProgressingWithRetry", "Ready=False/BuildFailed"],
  ],
];

const before: readonly [string, Standing][] = standings.map(([name, standing]) => [name, standing]);

test.each(standings)("settle() says %s with exactly the conditions that kstatus expects", (_, standing, expected) => {
  expect(summary(settle([], standing, at))).toEqual(expected);
});

test.each(standings)(
  "settle() leaves nothing behind of any earlier standing when it comes to %s",
  (_, standing, expected) => {
    for (const [, earlier] of before) expect(summary(settle(settle([], earlier, at), standing, at))).toEqual(expected);
  },
);

test("settle() keeps conditions of other types and puts the three first", () => {
  const other: Condition = {
    type: "ArtifactInStorage",
    status: "True",
    reason: "Succeeded",
    message: "",
    lastTransitionTime: at.now,
  };
  const standing: Standing = { as: "retry", failed: new Failed("GitOperationFailed", "bad") };
  expect(summary(settle([other], standing, at))).toEqual([
    "Reconciling=True/ProgressingWithRetry",
    "Ready=False/GitOperationFailed",
    "ArtifactInStorage=True/Succeeded",
  ]);
});

test("settle() moves the transition time with the message, and leaves it when nothing is new", () => {
  const done = (message: string): Standing => ({ as: "done", done: { reason: "Succeeded", message, afterMs: 1 } });
  const first = settle([], done("one"), at);
  const later = { generation: 3, now: "2026-01-02T00:00:00Z" };
  expect(findCondition(settle(first, done("one"), later), "Ready")?.lastTransitionTime).toBe(at.now);
  expect(findCondition(settle(first, done("two"), later), "Ready")?.lastTransitionTime).toBe(later.now);
});
