import { FlagReader, isObject, silentLog } from "@sluice/base";
import { freePort, nextTurn, type RuntimeLab, runtimeLab, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type AppOptions, type Leading, runApp } from "./app.ts";
import { readCommonConfig } from "./config.ts";

const lease = {
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  namespace: "default",
  name: "test-leader-election",
};

function optionsOf(lab: RuntimeLab, more: Partial<AppOptions>, flags: readonly string[] = []): AppOptions {
  const argv = [
    "--metrics-addr=0",
    "--health-addr=0",
    "--runtime-namespace=default",
    "--enable-leader-election",
    ...flags,
  ];
  const read = new FlagReader(argv, {});
  const config = read.finish(readCommonConfig(read, { concurrent: 1 }));
  const { client, clock } = lab;
  const random = () => 0;
  return {
    name: "test",
    config,
    client,
    clock,
    log: silentLog,
    random,
    isReady: () => true,
    lead: async () => {},
    ...more,
  };
}

async function holderOf(lab: RuntimeLab): Promise<unknown> {
  const { spec } = await lab.others.get(lease);
  return isObject(spec) ? spec["holderIdentity"] : undefined;
}

/** Another process holds the lease. */
async function holdElsewhere(lab: RuntimeLab): Promise<void> {
  const spec = {
    holderIdentity: "other",
    leaseDurationSeconds: 35,
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  };
  const { apiVersion, kind, namespace, name } = lease;
  await lab.others.create({ apiVersion, kind, metadata: { namespace, name }, spec });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

test("after a stop the runs write, then the last events are sent, then the lease is given back", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const stop = new AbortController();
  const mayWrite: boolean[] = [];
  const lead = async (leading: Leading) => {
    stop.abort();
    await nextTurn();
    mayWrite.push(leading.mayWrite());
    const ref = { apiVersion: app.apiVersion, kind: app.kind, namespace: "default", name: "app" };
    await leading.client.patch(
      ref,
      { type: "merge", body: { status: { observedIgnore: "late" } } },
      { subresource: "status" },
    );
    leading.recorder.record(app, { severity: "info", reason: "Late", message: "late" });
  };
  await runApp(optionsOf(lab, { lead }), stop.signal);
  expect(mayWrite).toEqual([true]);
  expect((await lab.read("app")).status?.observedIgnore).toBe("late");
  expect((await lab.others.list({ apiVersion: "v1", kind: "Event" })).items).toMatchObject([{ reason: "Late" }]);
  expect(await holderOf(lab)).toBe("");
  expect(lab.written().at(-1)).toBe("replace Lease/test-leader-election");
  expect(lab.clock.pending()).toEqual([]);
});

test("a standby leads nothing, serves its probes, and stops in good order", async () => {
  await using lab = await runtimeLab();
  await holdElsewhere(lab);
  const stop = new AbortController();
  let asked = 0;
  let led = false;
  const isReady = () => {
    asked++;
    return false;
  };
  const lead = async () => {
    led = true;
  };
  const port = await freePort();
  const ended = runApp(optionsOf(lab, { lead, isReady }, [`--health-addr=127.0.0.1:${port}`]), stop.signal);
  await until(() => lab.client.calls.some(({ verb, target }) => verb === "watch" && target.kind === "Lease"));
  expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(503);
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200);
  stop.abort();
  await ended;
  expect([asked, led, await holderOf(lab)]).toEqual([1, false, "other"]);
});

test("losing the lease ends the work, refuses its writes, and is the app's failure", async () => {
  await using lab = await runtimeLab();
  const refused: unknown[] = [];
  let started = false;
  const lead = async (leading: Leading) => {
    started = true;
    await aborted(leading.signal);
    await leading.client.delete(lease).catch((thrown: unknown) => refused.push(thrown));
    throw leading.signal.reason;
  };
  const ended = runApp(optionsOf(lab, { lead }), new AbortController().signal);
  ended.catch(() => {});
  await until(() => started);
  await lab.others.patch(lease, { type: "merge", body: { spec: { holderIdentity: "other" } } });
  await lab.clock.advance(5000);
  while (refused.length === 0) await lab.clock.advance(1000);
  await expect(ended).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
  expect(refused).toMatchObject([{ code: "LEADERSHIP_LOST" }]);
  expect(await holderOf(lab)).toBe("other");
});

test("work that does not end is given up 20 s after the stop", async () => {
  await using lab = await runtimeLab();
  const stop = new AbortController();
  let started = false;
  const lead = () => {
    started = true;
    return new Promise<void>(() => {});
  };
  let over = false;
  const ended = runApp(optionsOf(lab, { lead }, ["--enable-leader-election=false"]), stop.signal).then(() => {
    over = true;
  });
  await until(() => started);
  stop.abort();
  await lab.clock.advance(19_999);
  expect(over).toBe(false);
  await lab.clock.advance(1);
  await ended;
  expect(lab.clock.pending()).toEqual([]);
});

test("what the work throws is passed on, after the lease was given back", async () => {
  await using lab = await runtimeLab();
  const lead = async () => Promise.reject(new Error("disk full"));
  await expect(runApp(optionsOf(lab, { lead }), new AbortController().signal)).rejects.toThrow("disk full");
  expect(await holderOf(lab)).toBe("");
});

test("an address that is taken is the app's failure, and the other server is closed", async () => {
  await using lab = await runtimeLab();
  const port = await freePort();
  const flags = [`--metrics-addr=127.0.0.1:${port}`, `--health-addr=127.0.0.1:${port}`];
  const { signal } = new AbortController();
  await expect(runApp(optionsOf(lab, {}, flags), signal)).rejects.toMatchObject({ code: "LISTEN" });
  await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow();
});
