import { configMapFile, configMapRef, kustomizationLab, statedBy } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

test("a new Kustomization is installed: its objects exist, its inventory lists them, its status and events say so", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }), "b.yaml": configMapFile("b") });
  await lab.add("app");
  const app = await lab.ready("app", revision);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
  expect(app.metadata.finalizers).toEqual(["finalizers.fluxcd.io"]);
  expect(app.status).toMatchObject({
    lastAppliedRevision: revision,
    lastAttemptedRevision: revision,
    observedGeneration: 1,
    inventory: {
      entries: [
        { id: "default_a__ConfigMap", v: "v1" },
        { id: "default_b__ConfigMap", v: "v1" },
      ],
    },
    history: [{ lastReconciledStatus: "ReconciliationSucceeded", totalReconciliations: 1, metadata: { revision } }],
  });
  expect(app.status?.conditions?.map(({ type }) => type)).toEqual(["Ready"]);
  expect(statedBy(app, "Ready")).toEqual({
    status: "True",
    reason: "ReconciliationSucceeded",
    message: `Applied revision: ${revision}`,
  });
  const change = await lab.event("app", "Progressing");
  expect(change["message"]).toBe("ConfigMap/default/a created\nConfigMap/default/b created");
  const end = await lab.event("app", "ReconciliationSucceeded", /^Reconciliation finished in .*, next run in 1h0m0s$/);
  expect(end.metadata.annotations).toEqual({
    "kustomize.toolkit.fluxcd.io/revision": revision,
    "kustomize.toolkit.fluxcd.io/commit_status": "update",
  });
});

test("an install of objects that are ready by existing costs one write for intent and one for the end", async () => {
  await using lab = await kustomizationLab({ run, stopped: true });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { wait: true });
  lab.start();
  const app = await lab.ready("app", revision);
  expect(statedBy(app, "Healthy")).toEqual({ status: "True", reason: "Succeeded", message: "Health check passed" });
  expect(lab.sent()).toEqual([
    "patch Kustomization/app",
    "patch Kustomization/app/status",
    "apply ConfigMap/a",
    "patch Kustomization/app/status",
  ]);
});

test("a push changes what changed, prunes what vanished, and sends nothing else", async () => {
  await using lab = await kustomizationLab({ run });
  const files = { "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b"), "c.yaml": configMapFile("c") };
  const first = await lab.push(files);
  await lab.add("app");
  await lab.ready("app", first);
  lab.sent();
  const { "c.yaml": _, ...kept } = files;
  const revision = await lab.push({ ...kept, "b.yaml": configMapFile("b", { v: "2" }) });
  const app = await lab.ready("app", revision);
  expect(lab.sent()).toEqual(["apply ConfigMap/b", "delete ConfigMap/c", "patch Kustomization/app/status"]);
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap", "default_b__ConfigMap"]);
  expect(app.status?.history?.length).toBe(2);
  await lab.event("app", "Progressing", /^ConfigMap\/default\/b configured\nConfigMap\/default\/c deleted$/);
});

test("a revert brings the earlier state back and counts on the earlier entry of the history", async () => {
  await using lab = await kustomizationLab({ run });
  const one = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", one);
  await lab.ready("app", await lab.push({ "a.yaml": configMapFile("a", { v: "2" }) }));
  expect(await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) })).toBe(one);
  const app = await lab.ready("app", one);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
  expect(app.status?.history?.map(({ totalReconciliations }) => totalReconciliations)).toEqual([2, 1]);
});

test("a push that touches no file of a Kustomization costs it one status write: no build, no apply", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "app/a.yaml": configMapFile("a"), "other/x.yaml": "x: 1" });
  await lab.add("app", { path: "./app" });
  await lab.ready("app", first);
  lab.sent();
  const second = await lab.push({ "app/a.yaml": configMapFile("a"), "other/x.yaml": "x: 2" });
  const app = await lab.ready("app", second);
  expect(lab.sent()).toEqual(["patch Kustomization/app/status"]);
  expect(app.status?.lastAttemptedRevision).toBe(second);
  expect(app.status?.history?.[0]?.metadata).toEqual({ revision: second });
});

test("of twenty Kustomizations on one source those whose file changed, or that are not ready, go before the others", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=1"] });
  const names = Array.from({ length: 20 }, (_, index) => `app-${String(index).padStart(2, "0")}`);
  const file = (name: string) => [`${name}/a.yaml`, configMapFile(name)] as const;
  const files = Object.fromEntries(names.map(file));
  const first = await lab.push(files);
  for (const name of names) await lab.add(name, { path: name });
  for (const name of names) await lab.ready(name, first);
  lab.sent();
  const second = await lab.push({ ...files, "app-15/a.yaml": configMapFile("app-15", { v: "2" }) });
  for (const name of names) await lab.ready(name, second);
  const sent = lab.sent();
  expect(sent.slice(0, 2)).toEqual(["apply ConfigMap/app-15", "patch Kustomization/app-15/status"]);
  expect(sent.filter((call) => !call.endsWith("/status"))).toEqual(["apply ConfigMap/app-15"]);
  expect(sent.length).toBe(names.length + 1);
});

test("an artifact with another digest under the same revision is applied", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.push({ "a.yaml": configMapFile("a", { v: "2" }) }, "scratch");
  await lab.advertise("repo", { ...lab.artifact, revision });
  await lab.event("app", "Progressing", /ConfigMap\/default\/a configured/);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "2" });
});

test("a request that finds nothing to do is answered with one status write and no request about objects", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { wait: true });
  await lab.ready("app", revision);
  lab.sent();
  const app = await lab.reconcile("app");
  expect(lab.sent()).toEqual(["patch Kustomization/app/status"]);
  expect(statedBy(app, "Ready")?.status).toBe("True");
});

test("a run that nothing asked for, as at the interval, writes nothing about a steady Kustomization", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=1"] });
  const revision = await lab.push({ "app/a.yaml": configMapFile("a"), "mark/m.yaml": configMapFile("m") });
  await lab.add("app", { path: "app", wait: true });
  await lab.add("mark", { path: "mark" });
  await lab.ready("app", revision);
  await lab.ready("mark", revision);
  lab.sent();
  lab.bus.publishRequest({ kind: "Kustomization", namespace: "default", name: "app", requestedAt: "now" });
  await lab.reconcile("mark");
  expect(lab.sent()).toEqual(["patch Kustomization/mark/status"]);
});

test("a restarted controller finds everything as it was: no object changes, and Ready never leaves True", async () => {
  await using lab = await kustomizationLab({ run, simulator: true, flags: ["--concurrent=1"] });
  const files = {
    "app/a.yaml": configMapFile("a"),
    "app/d.yaml": deploymentFile("d"),
    "mark/m.yaml": configMapFile("m"),
  };
  const revision = await lab.push(files);
  await lab.add("app", { path: "app", wait: true });
  const before = await lab.ready("app", revision);
  const object = await lab.find(configMapRef("a"));
  await lab.stop();
  lab.start();
  await lab.add("mark", { path: "mark" });
  await lab.ready("mark", revision);
  await lab.reconcile("mark");
  expect(lab.sent()).toContain("apply ConfigMap/a");
  expect(await lab.find(configMapRef("a"))).toEqual(object);
  expect((await lab.until("app", () => true)).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
});

function deploymentFile(name: string): string {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "i:1" }] } };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" }, spec });
}
