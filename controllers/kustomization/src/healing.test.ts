import { type Drift } from "@sluice/apply";
import { configMapRef, fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { HealingPlan } from "./healing.ts";

const drift: Drift = {
  owner: { namespace: "default", name: "app" },
  ref: configMapRef("a"),
  change: "changed",
  fields: [".data.v"],
  managers: ["hpa"],
};
const INTERVAL_MS = 60_000;

test.each([
  [1, 0],
  [3, 0],
  [4, 2000],
  [5, 4000],
  [8, 32_000],
  [9, 60_000],
  [50, 60_000],
])("plan() delays healing number %i of the same difference by %i ms, at most the interval", (times, afterMs) => {
  const plan = new HealingPlan(fakeClock());
  const delays = Array.from({ length: times }, () => plan.plan(drift, INTERVAL_MS).afterMs);
  expect(delays.at(-1)).toBe(afterMs);
});

test("plan() warns once, when healing begins to wait", () => {
  const plan = new HealingPlan(fakeClock());
  const notices = Array.from({ length: 6 }, () => plan.plan(drift, INTERVAL_MS).notice);
  expect(notices.map((notice) => notice?.reason)).toEqual([
    undefined,
    undefined,
    undefined,
    "DriftContested",
    undefined,
    undefined,
  ]);
});

test("plan() counts each object, field, manager and owner by itself", () => {
  const plan = new HealingPlan(fakeClock());
  for (let count = 0; count < 4; count += 1) plan.plan(drift, INTERVAL_MS);
  for (const other of [
    { ...drift, ref: configMapRef("b") },
    { ...drift, fields: [".data.w"] },
    { ...drift, managers: ["kubectl"] },
    { ...drift, owner: { namespace: "default", name: "other" } },
  ]) {
    expect(plan.plan(other, INTERVAL_MS)).toEqual({ afterMs: 0 });
  }
});

test("plan() begins anew after two quiet intervals", async () => {
  const clock = fakeClock();
  const plan = new HealingPlan(clock);
  for (let count = 0; count < 5; count += 1) plan.plan(drift, INTERVAL_MS);
  await clock.advance(2 * INTERVAL_MS);
  expect(plan.plan(drift, INTERVAL_MS).afterMs).toBe(0);
});

test("plan() heals what another Kustomization claimed at the interval only, and says who it is", () => {
  const plan = new HealingPlan(fakeClock());
  const { afterMs, notice } = plan.plan(
    { ...drift, change: "claimed", claimedBy: { namespace: "default", name: "two" } },
    INTERVAL_MS,
  );
  expect(afterMs).toBe(INTERVAL_MS);
  expect(notice).toMatchObject({ severity: "error", reason: "OwnershipConflict" });
  expect(notice?.message).toContain('"default/two"');
});

test("forget() drops what is remembered of one Kustomization; quiet differences go when there are many", async () => {
  const clock = fakeClock();
  const plan = new HealingPlan(clock);
  plan.plan(drift, INTERVAL_MS);
  plan.plan({ ...drift, owner: { namespace: "default", name: "app-2" } }, INTERVAL_MS);
  plan.forget("default/app");
  expect(plan.size).toBe(1);
  for (let index = 0; index < 1200; index += 1) plan.plan({ ...drift, ref: configMapRef(`c${index}`) }, INTERVAL_MS);
  await clock.advance(3 * INTERVAL_MS);
  plan.plan(drift, INTERVAL_MS);
  expect(plan.size).toBe(1);
});
