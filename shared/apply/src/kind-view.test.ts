import { type KubeObject, type ObjectMeta } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { type KubeClient, KubeError, type WatchEvent } from "@sluice/kube";
import { fakeClock, nextTurn, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type Deferred, deferred } from "./deferred.ts";
import { KindView } from "./kind-view.ts";
import { type Live, liveOf } from "./live.ts";

const managers = { self: "kustomize-controller", overridden: [] };
const ref = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "a" };
const id = "default_a__ConfigMap";

function metadata(resourceVersion: string, more: { uid?: string; fields?: string } = {}): ObjectMeta {
  const { uid = "u1", fields = "f:x" } = more;
  const labels = { "kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "ns" };
  const entry = { manager: "kustomize-controller", operation: "Apply" as const, fieldsV1: { [fields]: {} } };
  return { name: "a", namespace: "default", uid, resourceVersion, labels, managedFields: [entry] };
}
const live = (...facts: Parameters<typeof metadata>): Live => liveOf(metadata(...facts), managers);
const object = (meta: ObjectMeta): KubeObject => ({ apiVersion: "v1", kind: "ConfigMap", metadata: meta });

/** A client whose list and watch say what the test tells them to. */
function scripted(list: () => Promise<ObjectMeta[]>) {
  const events: Deferred<WatchEvent>[] = [deferred()];
  const unused = () => Promise.reject(new Error("not part of the script"));
  const client: KubeClient = {
    ...{ get: unused, create: unused, replace: unused, apply: unused, patch: unused, delete: unused },
    ...{ resourceOf: unused, resources: unused, raw: unused, invalidateDiscovery() {} },
    requests: { counts: () => ({}), onRequest: () => ({ [Symbol.dispose]() {} }) },
    list: async () => ({ items: (await list()).map(object), resourceVersion: "100" }),
    async *watch() {
      for (let index = 0; ; index += 1) yield await (events[index] ?? deferred<WatchEvent>()).promise;
    },
    async [Symbol.asyncDispose]() {},
  };
  const emit = async (type: WatchEvent["type"], meta: ObjectMeta) => {
    events.push(deferred());
    events.at(-2)?.resolve({ type, object: object(meta) });
    await nextTurn();
  };
  const cut = async (error: Error) => {
    events.splice(0, events.length - 1);
    events.at(-1)?.reject(error);
    events.splice(0, events.length, deferred());
    await nextTurn();
  };
  return { client, emit, cut };
}

async function openView(listed: () => Promise<ObjectMeta[]>) {
  const script = scripted(listed);
  const clock = fakeClock();
  const seen: string[] = [];
  const view = new KindView({
    ...{ client: script.client, clock, log: silentLog, managers, kind: { apiVersion: "v1", kind: "ConfigMap" } },
    onMetadata() {},
    onSeen: (which) => void seen.push(which),
  });
  return { ...script, clock, view, seen, dispose: () => view[Symbol.dispose]() };
}

test("a view knows what was listed, and that the rest is absent", async () => {
  const lab = await openView(async () => [metadata("5")]);
  expect(lab.view.sight(ref)).toBe("unknown");
  await lab.view.ready();
  expect(lab.view.sight(ref)).toEqual(live("5"));
  expect(lab.view.sight({ ...ref, name: "b" })).toBe("absent");
  lab.dispose();
});

test("a view keeps neither data nor managedFields", async () => {
  const lab = await openView(async () => [metadata("5")]);
  await lab.view.ready();
  expect(JSON.stringify(lab.view.sight(ref))).not.toContain("f:x");
  lab.dispose();
});

test("an own write counts before the watch shows it, and older events do not undo it", async () => {
  const lab = await openView(async () => [metadata("5")]);
  await lab.view.ready();
  lab.seen.length = 0;
  lab.view.wrote(id, ref, live("20", { fields: "f:y" }));
  await lab.emit("MODIFIED", metadata("12"));
  expect(lab.view.sight(ref)).toEqual(live("20", { fields: "f:y" }));
  expect(lab.seen).toEqual([]);
  await lab.emit("MODIFIED", metadata("20", { fields: "f:y" }));
  await lab.emit("MODIFIED", metadata("21", { fields: "f:z" }));
  expect(lab.view.sight(ref)).toEqual(live("21", { fields: "f:z" }));
  expect(lab.seen).toEqual([id, id]);
  lab.dispose();
});

test("an object that was created a moment ago is not absent, although the watch has not shown it", async () => {
  const lab = await openView(async () => []);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20"));
  expect(lab.view.sight(ref)).toEqual(live("20"));
  lab.dispose();
});

test("the end of an earlier object of that name does not end the new one", async () => {
  const lab = await openView(async () => [metadata("5")]);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20", { uid: "u2" }));
  await lab.emit("DELETED", metadata("19"));
  expect(lab.view.sight(ref)).toEqual(live("20", { uid: "u2" }));
  lab.dispose();
});

test("an object that left the selection before our write did not leave it after", async () => {
  const lab = await openView(async () => [metadata("5")]);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20"));
  await lab.emit("DELETED", metadata("12"));
  expect(lab.view.sight(ref)).toEqual(live("20"));
  lab.dispose();
});

test("a deletion after our write is seen", async () => {
  const lab = await openView(async () => [metadata("5")]);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20"));
  await lab.emit("DELETED", metadata("22"));
  expect(lab.view.sight(ref)).toBe("absent");
  lab.dispose();
});

test("a deletion that only a new list reveals is seen, although it carries an old state", async () => {
  let listed = [metadata("5")];
  const lab = await openView(async () => listed);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20"));
  listed = [];
  await lab.cut(new KubeError("EXPIRED", "too old", { status: 410, reason: "Expired", message: "", causes: [] }));
  await until(() => lab.clock.pending().length > 0);
  await lab.clock.advance(2_000);
  expect(lab.view.sight(ref)).toBe("absent");
  expect(lab.seen).toContain(id);
  lab.dispose();
});

test("an own write that the watch never shows is not believed for ever", async () => {
  const lab = await openView(async () => []);
  await lab.view.ready();
  lab.view.wrote(id, ref, live("20"));
  await lab.clock.advance(30_001);
  expect(lab.view.sight(ref)).toBe("absent");
  lab.dispose();
});

test("an own write without owner labels is not kept: the watch would never show its changes", async () => {
  const lab = await openView(async () => []);
  await lab.view.ready();
  lab.view.wrote(id, ref, { ...live("20"), claim: undefined });
  expect(lab.view.sight(ref)).toBe("absent");
  lab.dispose();
});

test("ready() gives up at once on a kind that may not be listed, and after a while on one that cannot be", async () => {
  const forbidden = new KubeError("FORBIDDEN", "no", { status: 403, reason: "Forbidden", message: "", causes: [] });
  const refused = await openView(() => Promise.reject(forbidden));
  await refused.view.ready();
  expect([refused.view.sight(ref), refused.view.isHopeless()]).toEqual(["unknown", true]);
  refused.dispose();
  const silent = await openView(() => new Promise(() => undefined));
  const waiting = silent.view.ready();
  await silent.clock.advance(5_000);
  await waiting;
  expect([silent.view.sight(ref), silent.view.isHopeless()]).toEqual(["unknown", false]);
  silent.dispose();
});
