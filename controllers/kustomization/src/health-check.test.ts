import { type HealthReport, type HealthRequest, type HealthStatus } from "@sluice/apply";
import { configMapRef, fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { HealthCheck, type HealthCheckOptions } from "./health-check.ts";

const owner = { namespace: "default", name: "app" };

/** A check of one object whose health the test says. */
function check(more: Partial<HealthCheckOptions> = {}) {
  const clock = fakeClock();
  const told: string[] = [];
  const watching = { isOn: false, say: (_: HealthStatus) => {} };
  const watchHealth = ({ onProgress, refs }: HealthRequest) => {
    watching.isOn = true;
    watching.say = (status) => {
      const report: HealthReport = { objects: refs.map((ref) => ({ ref, status, message: "" })) };
      onProgress?.(report);
    };
    return { [Symbol.dispose]: () => void (watching.isOn = false) };
  };
  const one = new HealthCheck({
    ...{ cluster: { watchHealth }, clock, request: { owner, refs: [configMapRef("a")] } },
    ...{ failFast: true, timeoutMs: 60_000, first: { state: "pending", message: "" } },
    onNews: () => void told.push(one.state),
    ...more,
  });
  return { one, clock, told, watching };
}

test("a pending check turns healthy once, and goes on watching", () => {
  const { one, told, watching } = check();
  watching.say("InProgress");
  expect([one.state, one.message]).toEqual(["pending", "ConfigMap/default/a is InProgress"]);
  watching.say("Current");
  watching.say("Current");
  expect(told).toEqual(["healthy"]);
  expect(watching.isOn).toBe(true);
  one[Symbol.dispose]();
  expect(watching.isOn).toBe(false);
});

test("a pending check gives up at its timeout, and recovers", async () => {
  const { one, told, watching, clock } = check();
  watching.say("InProgress");
  await clock.advance(59_999);
  expect(one.state).toBe("pending");
  await clock.advance(1);
  expect(one.message).toBe(
    "health check failed after 1m0s: timeout waiting for: [ConfigMap/default/a status: 'InProgress']",
  );
  watching.say("Current");
  expect(told.filter((state) => state !== "pending")).toEqual(["unhealthy", "healthy"]);
});

test("health that was had is lost after a whole timeout without it, or at once when an object has failed", async () => {
  const { told, watching, clock } = check({ first: { state: "healthy", message: "" } });
  watching.say("Unknown");
  await clock.advance(59_000);
  watching.say("Current");
  watching.say("InProgress");
  await clock.advance(59_000);
  expect(told).toEqual([]);
  await clock.advance(1000);
  expect(told).toEqual(["unhealthy"]);
  watching.say("Current");
  watching.say("Failed");
  expect(told).toEqual(["unhealthy", "healthy", "unhealthy"]);
});

test("without failFast a failed object has until the timeout to recover", async () => {
  const { told, watching, clock } = check({ failFast: false });
  watching.say("Failed");
  await clock.advance(1000);
  watching.say("Current");
  expect(told).toEqual(["healthy"]);
});

test("a long wait has news after 5 s and every 30 s, but only if there is something else to show", async () => {
  const { one, told, watching, clock } = check();
  watching.say("InProgress");
  one.shown();
  await clock.advance(5000);
  expect(told).toEqual([]);
  watching.say("NotFound");
  await clock.advance(30_000);
  expect(told).toEqual(["pending"]);
});

test("firstLook() resolves with the first report without unknowns, and at its limit otherwise", async () => {
  const { one, watching, clock } = check();
  let looked = 0;
  const look = () => one.firstLook(100, new AbortController().signal).then(() => void (looked += 1));
  const first = look();
  watching.say("Unknown");
  await clock.advance(99);
  expect(looked).toBe(0);
  await clock.advance(1);
  await first;
  const second = look();
  watching.say("InProgress");
  await second;
  expect(looked).toBe(2);
});
