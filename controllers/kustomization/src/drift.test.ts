import { configMapFile, configMapRef, kustomizationLab } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

test("an edited and a deleted object are put back without an interval, a field of somebody else stays", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.change(configMapRef("a"), { data: { v: "edited", other: "mine" } });
  await lab.event("app", "Progressing", /^ConfigMap\/default\/a configured$/);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1", other: "mine" });
  const uid = (await lab.find(configMapRef("a")))?.metadata.uid;
  await lab.client.delete(configMapRef("a"));
  await lab.until("app", (app) => (app?.status?.history?.[0]?.totalReconciliations ?? 0) >= 3);
  const again = await lab.find(configMapRef("a"));
  expect(again?.["data"]).toEqual({ v: "1" });
  expect(again?.metadata.uid).not.toBe(uid);
});

test("a suspended Kustomization heals nothing until it is resumed", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=1"] });
  const revision = await lab.push({ "app/a.yaml": configMapFile("a", { v: "1" }), "m/m.yaml": configMapFile("m") });
  await lab.add("app", { path: "app" });
  await lab.add("m", { path: "m" });
  await lab.ready("app", revision);
  await lab.ready("m", revision);
  await lab.change("app", { spec: { suspend: true } });
  await lab.change(configMapRef("a"), { data: { v: "edited" } });
  await lab.reconcile("m");
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "edited" });
  await lab.change("app", { spec: { suspend: null } });
  await lab.event("app", "Progressing", /^ConfigMap\/default\/a configured$/);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
});

test("two Kustomizations that apply one object do not fight: one warning, and no apply until the interval", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=1"] });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("one");
  await lab.ready("one", revision);
  await lab.add("two");
  await lab.ready("two", revision);
  const warning = await lab.event("one", "OwnershipConflict");
  expect(warning["message"]).toBe(
    'ConfigMap/default/a is also applied by Kustomization "default/two": remove it from one of the two',
  );
  lab.sent();
  await lab.reconcile("two");
  await lab.reconcile("two");
  expect(lab.sent().filter((call) => call.includes("ConfigMap"))).toEqual([]);
  expect(lab.eventsOf("one").filter((event) => event.startsWith("OwnershipConflict")).length).toBe(1);
});

test("somebody who changes the same field again and again is named, with the ways out", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", revision);
  for (let count = 0; count < 3; count += 1) {
    const before = (await lab.until("app", () => true)).status?.history?.[0]?.totalReconciliations ?? 0;
    await lab.client.patch(
      configMapRef("a"),
      { type: "merge", body: { data: { v: `${count}x` } } },
      { fieldManager: "hpa" },
    );
    await lab.until("app", (app) => (app?.status?.history?.[0]?.totalReconciliations ?? 0) > before);
  }
  await lab.client.patch(configMapRef("a"), { type: "merge", body: { data: { v: "again" } } }, { fieldManager: "hpa" });
  const event = await lab.event("app", "DriftContested");
  expect(event["message"]).toMatch(/ConfigMap\/default\/a: manager "hpa" changes \.data\.v again and again/);
  expect(event["type"]).toBe("Warning");
});
