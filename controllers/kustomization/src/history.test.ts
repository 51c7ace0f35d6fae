import { expect, test } from "vitest";
import { type Reconciliation, withReconciliation } from "./history.ts";

const at = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second);
function entry(digest: string, second: number, outcome = "ReconciliationSucceeded"): Reconciliation {
  return { digest, outcome, revision: `r-${digest}`, nowMs: at(second), durationMs: 1500.4 };
}

test("withReconciliation() begins a history", () => {
  expect(withReconciliation(undefined, entry("d1", 1))).toEqual([
    {
      digest: "d1",
      firstReconciled: "2026-01-01T00:00:01Z",
      lastReconciled: "2026-01-01T00:00:01Z",
      lastReconciledDuration: "1.5s",
      lastReconciledStatus: "ReconciliationSucceeded",
      totalReconciliations: 1,
      metadata: { revision: "r-d1" },
    },
  ]);
});

test("withReconciliation() counts on the entry of the same digest and outcome and puts it first", () => {
  const two = withReconciliation(withReconciliation(undefined, entry("d1", 1)), entry("d2", 2));
  const three = withReconciliation(two, { ...entry("d1", 3), revision: "later" });
  expect(three.map(({ digest, totalReconciliations }) => [digest, totalReconciliations])).toEqual([
    ["d1", 2],
    ["d2", 1],
  ]);
  expect(three[0]).toMatchObject({ firstReconciled: "2026-01-01T00:00:01Z", metadata: { revision: "later" } });
  expect(withReconciliation(three, entry("d1", 4, "HealthCheckFailed")).length).toBe(3);
});

test("withReconciliation() keeps the five newest", () => {
  let history = withReconciliation(undefined, entry("d0", 0));
  for (let index = 1; index < 9; index += 1) history = withReconciliation(history, entry(`d${index}`, index));
  expect(history.map(({ digest }) => digest)).toEqual(["d8", "d7", "d6", "d5", "d4"]);
});
