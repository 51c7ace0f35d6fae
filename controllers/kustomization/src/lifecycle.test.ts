import { type KubeObject } from "@sluice/api";
import { KubeError } from "@sluice/kube";
import { configMapFile, configMapRef, isAbout, kustomizationLab, kustomizationRef, statedBy } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

const appRef = kustomizationRef("app");
const facts = { status: 403, reason: "Forbidden", message: "no way", causes: [] };
const forbidden = new KubeError("FORBIDDEN", "no way", facts);

test("a suspended Kustomization takes up nothing, and everything when it is resumed", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }), "m/m.yaml": configMapFile("m") });
  await lab.add("app");
  await lab.ready("app", first);
  await lab.change("app", { spec: { suspend: true } });
  const second = await lab.push({ "a.yaml": configMapFile("a", { v: "2" }), "m/m.yaml": configMapFile("m") });
  await lab.add("mark", { path: "m" });
  await lab.ready("mark", second);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
  await lab.change("app", { spec: { suspend: false } });
  await lab.ready("app", second);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "2" });
});

test.each([
  ["MirrorPrune with prune", {}, false],
  ["MirrorPrune without prune", { prune: false }, true],
  ["Delete", { prune: false, deletionPolicy: "Delete" }, false],
  ["WaitForTermination", { prune: false, deletionPolicy: "WaitForTermination" }, false],
  ["Orphan", { deletionPolicy: "Orphan" }, true],
])("deletion with %s leaves the objects: %o -> %s", async (_, spec, stays) => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", spec);
  await lab.ready("app", revision);
  await lab.client.delete(appRef);
  await lab.until("app", (app) => app === undefined);
  expect((await lab.find(configMapRef("a"))) !== undefined).toBe(stays);
});

test("a suspended Kustomization that is deleted leaves its objects", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.change("app", { spec: { suspend: true } });
  await lab.client.delete(appRef);
  await lab.until("app", (app) => app === undefined);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
});

test("deletion leaves objects alone that are not in the inventory, or that carry another owner's labels", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b") });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.client.create(JSON.parse(configMapFile("free")) as KubeObject);
  await lab.stop();
  await lab.change(configMapRef("b"), { metadata: { labels: { "kustomize.toolkit.fluxcd.io/name": "another" } } });
  await lab.client.delete(appRef);
  lab.start();
  await lab.until("app", (app) => app === undefined);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
  expect(await lab.find(configMapRef("b"))).toBeDefined();
  expect(await lab.find(configMapRef("free"))).toBeDefined();
});

test("WaitForTermination keeps the Kustomization until its objects are gone, but no longer than the timeout", async () => {
  await using lab = await kustomizationLab({ run });
  const held = { finalizers: ["example.com/hold"] };
  const revision = await lab.push({ "a.yaml": configMapFile("a", {}, held) });
  await lab.add("app", { deletionPolicy: "WaitForTermination" });
  await lab.ready("app", revision);
  await lab.change("app", { spec: { timeout: "200ms" } });
  await lab.client.delete(appRef);
  await lab.until("app", (app) => app === undefined);
  expect((await lab.find(configMapRef("a")))?.metadata.deletionTimestamp).toBeDefined();
  await lab.event("app", "ReconciliationFailed", /^Objects are still being deleted after 200ms/);
});

test("what cannot be deleted keeps the Kustomization, is named, and is tried again", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b") });
  await lab.add("app");
  await lab.ready("app", revision);
  lab.fault = (call) => (call.verb === "delete" && isAbout(call, "ConfigMap", "a") ? { fail: forbidden } : undefined);
  await lab.client.delete(appRef);
  const app = await lab.untilReason("app", "PruneFailed", /ConfigMap\/default\/a delete failed \(Forbidden\): no way/);
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap"]);
  lab.fault = () => undefined;
  await lab.until("app", (gone) => gone === undefined);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});

test("an object that cannot be pruned stays in the inventory until it can", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b") });
  await lab.add("app", { retryInterval: "50ms" });
  await lab.ready("app", first);
  lab.fault = (call) => (call.verb === "delete" ? { fail: forbidden } : undefined);
  const second = await lab.push({ "a.yaml": configMapFile("a") });
  const failed = await lab.untilReason("app", "PruneFailed");
  expect(failed.status?.inventory?.entries.map(({ id }) => id)).toEqual([
    "default_a__ConfigMap",
    "default_b__ConfigMap",
  ]);
  expect(failed.status?.lastAppliedRevision).toBe(first);
  lab.fault = () => undefined;
  const app = await lab.ready("app", second);
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap"]);
  expect(await lab.find(configMapRef("b"))).toBeUndefined();
});

test("prune: false keeps what left the source, and no longer counts it", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b") });
  await lab.add("app", { prune: false });
  await lab.ready("app");
  const second = await lab.push({ "a.yaml": configMapFile("a") });
  const app = await lab.ready("app", second);
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap"]);
  expect(await lab.find(configMapRef("b"))).toBeDefined();
});

test("targetNamespace moves objects: the new ones exist before the old ones are pruned", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "far" } });
  await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app");
  lab.sent();
  await lab.change("app", { spec: { targetNamespace: "far" } });
  await lab.until(
    "app",
    (app) => app?.status?.inventory?.entries[0]?.id === "far_a__ConfigMap" && statedBy(app, "Ready")?.status === "True",
  );
  expect(await lab.find({ ...configMapRef("a"), namespace: "far" })).toBeDefined();
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
  expect(lab.sent().filter((call) => call.includes("ConfigMap"))).toEqual(["apply ConfigMap/a", "delete ConfigMap/a"]);
});

test("force replaces an object whose field cannot change; without it the error names the field", async () => {
  await using lab = await kustomizationLab({ run });
  const service = (selector: string, clusterIP?: string) =>
    JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "a", namespace: "default" },
      immutable: true,
      data: { selector, ...(clusterIP ? { clusterIP } : {}) },
    });
  const first = await lab.push({ "a.yaml": service("1") });
  await lab.add("app");
  await lab.ready("app", first);
  const uid = (await lab.find(configMapRef("a")))?.metadata.uid;
  const second = await lab.push({ "a.yaml": service("2") });
  await lab.untilReason("app", "ReconciliationFailed", /ConfigMap\/default\/a .*immutable.*\(a\.yaml/s);
  expect((await lab.find(configMapRef("a")))?.metadata.uid).toBe(uid);
  await lab.change("app", { spec: { force: true } });
  await lab.ready("app", second);
  expect((await lab.find(configMapRef("a")))?.metadata.uid).not.toBe(uid);
});

test("a Kustomization that vanished without its finalizer leaves nothing behind for its successor of the same name", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.change("app", { metadata: { finalizers: [] }, spec: { suspend: true } });
  await lab.client.delete(appRef);
  await lab.until("app", (app) => app === undefined);
  await lab.change(configMapRef("a"), { data: { v: "edited" } });
  await lab.add("app");
  const app = await lab.ready("app", revision);
  expect(app.status?.history?.[0]?.totalReconciliations).toBe(1);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
});

test("inventory entries that were forged delete nothing: what they name must bear our labels, and garbage is told of", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { retryInterval: "50ms" });
  const { status } = await lab.ready("app", revision);
  await lab.client.create(JSON.parse(configMapFile("foreign")) as KubeObject);
  const ours = status?.inventory?.entries ?? [];
  const forged = [...ours, { id: "default_foreign__ConfigMap", v: "v1" }, { id: "garbage", v: "v1" }];
  await lab.stop();
  await lab.change("app", { status: { inventory: { entries: forged } } }, "status");
  lab.start();
  const app = await lab.untilReason("app", "PruneFailed", /Cannot read inventory entry "garbage"/);
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap", "garbage"]);
  expect(await lab.find(configMapRef("foreign"))).toBeDefined();
  expect(await lab.find(configMapRef("a"))).toBeDefined();
});

test("an object that bears our labels but is not in the inventory is not deleted", async () => {
  await using lab = await kustomizationLab({ run });
  const labels = {
    "kustomize.toolkit.fluxcd.io/name": "app",
    "kustomize.toolkit.fluxcd.io/namespace": "default",
  };
  await lab.client.create(JSON.parse(configMapFile("stray", {}, { labels })) as KubeObject);
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.client.delete(appRef);
  await lab.until("app", (app) => app === undefined);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
  expect(await lab.find(configMapRef("stray"))).toBeDefined();
});

test("WaitForTermination sees objects go, and a deletion never holds up other Kustomizations", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=2"] });
  const held = { finalizers: ["example.com/hold"] };
  const revision = await lab.push({ "app/a.yaml": configMapFile("a", {}, held), "m/m.yaml": configMapFile("m") });
  await lab.add("app", { path: "app", deletionPolicy: "WaitForTermination" });
  await lab.ready("app", revision);
  await lab.client.delete(appRef);
  await lab.add("m", { path: "m" });
  await lab.ready("m", revision);
  expect((await lab.until("app", () => true)).metadata.deletionTimestamp).toBeDefined();
  await lab.change(configMapRef("a"), { metadata: { finalizers: [] } });
  await lab.until("app", (app) => app === undefined);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});
