import { type KubeObject } from "@sluice/api";
import { Stalled } from "@sluice/runtime";
import { expect, test } from "vitest";
import { healthJudge } from "./health-exprs.ts";

const apiVersion = "example.com/v1";
const exprs = [
  {
    ...{ apiVersion, kind: "Widget", current: "status.phase == 'Ready'" },
    ...{ failed: "status.phase == 'Broken'", inProgress: "status.phase == 'Busy'" },
  },
];

function widget(status: KubeObject["status"], more: Partial<KubeObject["metadata"]> = {}, kind = "Widget"): KubeObject {
  return { apiVersion: "example.com/v2", kind, metadata: { name: "w", generation: 2, ...more }, status };
}

test.each([
  [{ phase: "Ready" }, "Current"],
  [{ phase: "Broken" }, "Failed"],
  [{ phase: "Busy" }, "InProgress"],
  [{ phase: "Other" }, "InProgress"],
  [{}, "InProgress"],
  [undefined, "InProgress"],
  [{ phase: "Ready", observedGeneration: 1 }, "InProgress"],
  [{ phase: "Ready", observedGeneration: 2 }, "Current"],
])("healthJudge() judges the status %o as %s", (status, expected) => {
  expect(healthJudge(exprs)?.judge(widget(status))?.status).toBe(expected);
});

test("healthJudge() asks inProgress first, then failed, then current", () => {
  const all = healthJudge([{ apiVersion, current: "true", failed: "true", inProgress: "data.x" }]);
  expect(all?.judge({ ...widget({}), data: { x: true } })?.status).toBe("InProgress");
  expect(all?.judge({ ...widget({}), data: { x: false } })?.status).toBe("Failed");
});

test("healthJudge() is about its kind in all versions; without a kind, about the rest of the group", () => {
  const judge = healthJudge([...exprs, { apiVersion, current: "true" }]);
  expect(judge?.judges({ apiVersion: "example.com/v9", kind: "Widget", name: "w" })).toBe(true);
  expect(judge?.judge(widget({ phase: "Busy" }))?.status).toBe("InProgress");
  expect(judge?.judge(widget({ phase: "Busy" }, {}, "Gadget"))?.status).toBe("Current");
  expect(judge?.judges({ apiVersion: "v1", kind: "Widget", name: "w" })).toBe(false);
  expect(judge?.judge({ ...widget({}), apiVersion: "v1" })).toBeUndefined();
});

test("healthJudge() says of an expression that fails why, and calls what is being deleted terminating", () => {
  expect(healthJudge(exprs)?.judge(widget(undefined))?.message).toMatch(/status/);
  const deleted = widget({ phase: "Ready" }, { deletionTimestamp: "2026-01-01T00:00:00Z" });
  expect(healthJudge(exprs)?.judge(deleted)?.status).toBe("Terminating");
});

test("healthJudge() is undefined without expressions", () => {
  expect(healthJudge(undefined)).toBeUndefined();
  expect(healthJudge([])).toBeUndefined();
});

test.each([
  [[{ apiVersion, current: "status.phase ==" }], /current/],
  [[{ apiVersion, current: "true", failed: "'text'" }], /failed.*not a bool/],
  [[exprs[0], { ...exprs[0], apiVersion: "example.com/v2" }], /two entries for "example.com\/Widget"/],
])("healthJudge() refuses %j", (bad, message) => {
  const compile = () => healthJudge(bad as typeof exprs);
  expect(compile).toThrow(Stalled);
  expect(compile).toThrow(message);
});
