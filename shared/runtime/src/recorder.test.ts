import { type KubeObject } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { KubeError } from "@sluice/kube";
import {
  type ClientCall,
  type ClientFault,
  fakeClock,
  faultyClient,
  type RuntimeLab,
  runtimeLab,
  until,
} from "@sluice/testkit";
import { expect, test } from "vitest";
import { type Notice } from "./notice.ts";
import { eventRecorder } from "./recorder.ts";

const notice: Notice = {
  severity: "info",
  reason: "NewArtifact",
  message: "stored artifact",
  meta: { "g/revision": "main@1" },
};
const status = { status: 503, reason: "ServiceUnavailable", message: "down", causes: [] };
const down = new KubeError("UNAVAILABLE", "down", status);
const forbidden = new KubeError("FORBIDDEN", "no", { ...status, status: 403 });

function recorderOf(lab: RuntimeLab, signal = new AbortController().signal) {
  return eventRecorder({
    client: lab.client,
    clock: lab.clock,
    log: silentLog,
    component: "source-controller",
    signal,
  });
}

async function eventsOf(lab: RuntimeLab): Promise<KubeObject[]> {
  return (await lab.others.list({ apiVersion: "v1", kind: "Event" })).items;
}

test("a notice becomes an Event about the object, with its annotations", async () => {
  await using lab = await runtimeLab();
  const annotations = { "event.toolkit.fluxcd.io/commit": "abc", other: "x" };
  const app = await lab.create("app", { metadata: { annotations } });
  const recorder = recorderOf(lab);
  recorder.record(app, notice);
  await recorder.idle();
  expect(await eventsOf(lab)).toMatchObject([
    {
      metadata: {
        namespace: "default",
        annotations: { "g/revision": "main@1", "event.toolkit.fluxcd.io/commit": "abc" },
      },
      involvedObject: { kind: "GitRepository", namespace: "default", name: "app", uid: app.metadata.uid ?? "" },
      reason: "NewArtifact",
      message: "stored artifact",
      type: "Normal",
      count: 1,
      source: { component: "source-controller" },
      firstTimestamp: "2026-01-01T00:00:00Z",
    },
  ]);
});

test("an Event about a cluster-scoped object lives in default and names no namespace", async () => {
  await using lab = await runtimeLab();
  const recorder = recorderOf(lab);
  const namespace = await lab.others.get({ apiVersion: "v1", kind: "Namespace", name: "default" });
  recorder.record(namespace, { ...notice, severity: "error" });
  await recorder.idle();
  const [event] = await eventsOf(lab);
  expect([event?.metadata.namespace, event?.["type"]]).toEqual(["default", "Warning"]);
  expect(event?.["involvedObject"]).not.toHaveProperty("namespace");
});

test("a repeated notice is counted, and written at most once a minute", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const recorder = recorderOf(lab);
  for (let count = 0; count < 3; count++) recorder.record(app, notice);
  await recorder.idle();
  expect(lab.written()).toHaveLength(1);
  await lab.clock.advance(60_000);
  recorder.record(app, notice);
  await recorder.idle();
  expect(await eventsOf(lab)).toMatchObject([{ count: 4, lastTimestamp: "2026-01-01T00:01:00Z" }]);
  expect(lab.written()).toHaveLength(1);
});

test("another message, reason or revision is another Event", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const recorder = recorderOf(lab);
  for (const one of [
    notice,
    { ...notice, message: "x" },
    { ...notice, reason: "X" },
    { ...notice, meta: { "g/revision": "main@2" } },
  ])
    recorder.record(app, one);
  await recorder.idle();
  expect(await eventsOf(lab)).toHaveLength(4);
});

test("an Event that the API server has dropped meanwhile is created again", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const recorder = recorderOf(lab);
  recorder.record(app, notice);
  await recorder.idle();
  for (const { metadata } of await eventsOf(lab))
    await lab.others.delete({ apiVersion: "v1", kind: "Event", namespace: "default", name: metadata.name });
  await lab.clock.advance(60_000);
  recorder.record(app, notice);
  await recorder.idle();
  expect(await eventsOf(lab)).toMatchObject([{ count: 2 }]);
});

test("while the API server is down an event is tried again, and the next ones wait", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const recorder = recorderOf(lab);
  lab.fault = ({ index }) => (index < 2 ? { fail: down } : undefined);
  recorder.record(app, notice);
  recorder.record(app, { ...notice, message: "second" });
  await lab.clock.advance(250);
  await lab.clock.advance(1000);
  await recorder.idle();
  expect((await eventsOf(lab)).map((event) => String(event["message"])).toSorted()).toEqual([
    "second",
    "stored artifact",
  ]);
});

test("an event that is refused is dropped and forgotten, and the next ones are sent", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const recorder = recorderOf(lab);
  lab.fault = ({ index }) => (index === 0 ? { fail: forbidden } : undefined);
  recorder.record(app, notice);
  recorder.record(app, { ...notice, message: "second" });
  await recorder.idle();
  expect((await eventsOf(lab)).map((event) => event["message"])).toEqual(["second"]);
  recorder.record(app, notice);
  await recorder.idle();
  expect(await eventsOf(lab)).toHaveLength(2);
});

test("names and messages that are too long are cut where that is allowed", async () => {
  await using lab = await runtimeLab();
  const name = `${"a".repeat(199)}-${"b".repeat(50)}`;
  const recorder = recorderOf(lab);
  recorder.record(await lab.create(name), { ...notice, message: "é".repeat(1000) });
  await recorder.idle();
  const [event] = await eventsOf(lab);
  expect(Buffer.byteLength(String(event?.["message"]))).toBeLessThanOrEqual(1024);
  expect(event?.["message"]).toMatch(/^é+\.\.\.$/);
});

/** A recorder whose client never answers until `plan` says otherwise. */
function stuckRecorder(plan: (call: ClientCall) => ClientFault | undefined, lab: RuntimeLab, signal: AbortSignal) {
  const client = faultyClient(lab.others, plan);
  const clock = fakeClock();
  return { client, clock, recorder: eventRecorder({ client, clock, log: silentLog, component: "c", signal }) };
}

test("beyond a burst events are paced, so that they do not compete with the work they tell of", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const { client, clock, recorder } = stuckRecorder(() => ({ fail: forbidden }), lab, new AbortController().signal);
  for (let count = 0; count < 100; count++) recorder.record(app, { ...notice, message: `${count}` });
  await clock.advance(0);
  await until(() => client.calls.length === 25);
  await clock.advance(20 * 10);
  expect(client.calls.length).toBe(35);
});

test("the backlog is bounded: the oldest events are dropped", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  let release = () => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  const plan = ({ index }: ClientCall) => (index === 0 ? { hold } : { fail: forbidden });
  const { client, clock, recorder } = stuckRecorder(plan, lab, new AbortController().signal);
  for (let count = 0; count < 4600; count++) recorder.record(app, { ...notice, message: `${count}` });
  release();
  let isOver = false;
  void recorder.idle().then(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(20);
  const messages = client.writes().map(({ object }) => object?.["message"]);
  expect([messages.length, messages[0], messages[1], messages.at(-1)]).toEqual([4097, "0", "504", "4599"]);
});

test("after its signal has aborted a recorder sends nothing more", async () => {
  await using lab = await runtimeLab();
  const app = await lab.create("app");
  const stop = new AbortController();
  const { client, recorder } = stuckRecorder(() => ({ fail: down }), lab, stop.signal);
  recorder.record(app, notice);
  recorder.record(app, { ...notice, message: "second" });
  await until(() => client.calls.length === 1);
  stop.abort();
  await recorder.idle();
  recorder.record(app, { ...notice, message: "third" });
  await recorder.idle();
  expect(client.calls).toHaveLength(1);
});
