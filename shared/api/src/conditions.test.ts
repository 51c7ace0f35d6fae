import { expect, test } from "vitest";
import { type Condition, type ConditionFacts, dropConditions, findCondition, isTrue, setCondition } from "./mod.ts";

const facts = (type: string, message = "m"): ConditionFacts => ({ type, status: "True", reason: "R", message });
const now = "2026-01-01T00:00:00Z";
const later = "2026-01-02T00:00:00Z";

test("setCondition() stores Stalled, Reconciling and Ready first, the others by name", () => {
  const all = ["Healthy", "Ready", "ArtifactInStorage", "Stalled", "Reconciling"].reduce<Condition[]>(
    (list, type) => setCondition(list, facts(type), now),
    [],
  );
  expect(all.map(({ type }) => type)).toEqual(["Stalled", "Reconciling", "Ready", "ArtifactInStorage", "Healthy"]);
});

test("setCondition() moves the time when the message changes, and only then", () => {
  const first = setCondition([], facts("Ready"), now);
  expect(setCondition(first, facts("Ready"), later)[0]?.lastTransitionTime).toBe(now);
  expect(setCondition(first, facts("Ready", "other"), later)[0]?.lastTransitionTime).toBe(later);
});

test("setCondition() cuts a message that is too long for the API", () => {
  const [condition] = setCondition([], facts("Ready", "x".repeat(40_000)), now);
  expect(condition?.message).toHaveLength(32_768);
  expect(condition?.message.endsWith("...")).toBe(true);
});

test("dropConditions() leaves the others", () => {
  const all = [facts("Ready"), facts("Stalled")].reduce<Condition[]>((list, one) => setCondition(list, one, now), []);
  expect(dropConditions(all, "Stalled").map(({ type }) => type)).toEqual(["Ready"]);
});

test.each([{}, "x", [null], null, undefined])(
  "findCondition() finds nothing in %j, which no schema would admit",
  (conditions) => {
    expect(findCondition(conditions as never, "Ready")).toBeUndefined();
    expect(isTrue(conditions as never, "Ready")).toBe(false);
  },
);
