import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { configMapFile, configMapRef, type KustomizationLab, kustomizationLab, statedBy } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

function deploymentFile(name: string, image = "i:1"): string {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image }] } };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" }, spec });
}

const deploymentRef = (name: string) => ({ apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name });
const rolledOut: JsonObject[] = [
  { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
];
const stuck: JsonObject[] = [
  { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "no pods" },
];

/** Plays the Deployment controller. */
async function setStatus(lab: KustomizationLab, name: string, conditions: JsonObject[], count = 1): Promise<void> {
  const { metadata } = (await lab.find(deploymentRef(name))) as KubeObject;
  const counts = { replicas: 1, updatedReplicas: count, readyReplicas: count, availableReplicas: count };
  const status = { ...counts, observedGeneration: metadata.generation ?? 0, conditions };
  await lab.change(deploymentRef(name), { status }, "status");
}

test("with wait a Kustomization is Unknown until its objects are ready, says what is missing, and then Ready and Healthy", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true, timeout: "1m" });
  const message = `Running health checks for revision ${revision} with a timeout of 1m0s: Deployment/default/d is InProgress`;
  const waiting = await lab.untilReason("app", "Progressing", /^Running health checks/);
  expect(statedBy(waiting, "Ready")?.message).toContain(message);
  expect(statedBy(waiting, "Healthy")?.status).toBe("Unknown");
  expect(statedBy(waiting, "Reconciling")?.reason).toBe("Progressing");
  await setStatus(lab, "d", rolledOut);
  const app = await lab.ready("app", revision);
  expect(statedBy(app, "Healthy")).toEqual({ status: "True", reason: "Succeeded", message: "Health check passed" });
  await lab.event("app", "Progressing", /^Health check passed in /);
});

test("without wait and healthChecks nothing is waited for, and there is no condition Healthy", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app");
  expect(statedBy(await lab.ready("app", revision), "Healthy")).toBeUndefined();
});

test("healthChecks wait for what they name, apps/v1 in the own namespace by default, also if somebody else made it", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { healthChecks: [{ kind: "Deployment", name: "d" }] });
  await lab.untilReason("app", "Progressing", /Deployment\/default\/d is (NotFound|Unknown)/);
  await lab.client.create(JSON.parse(deploymentFile("d")) as KubeObject);
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
});

test("an object that has failed ends the wait at once; when it recovers the Kustomization does, without a retry", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true });
  await lab.untilReason("app", "Progressing", /^Running/);
  await setStatus(lab, "d", stuck, 0);
  const failed = await lab.untilReason("app", "HealthCheckFailed");
  expect(statedBy(failed, "Ready")?.message).toMatch(
    /^health check failed after .*: failed early due to stalled resources: \[Deployment\/default\/d status: 'Failed'.*\]$/,
  );
  expect(statedBy(failed, "Healthy")?.status).toBe("False");
  await lab.event("app", "HealthCheckFailed");
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
});

test("objects that do not become ready in time fail the health check, which names them", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true, timeout: "300ms", retryInterval: "50ms" });
  const failed = await lab.untilReason("app", "HealthCheckFailed");
  expect(statedBy(failed, "Ready")?.message).toMatch(
    /timeout waiting for: \[Deployment\/default\/d status: 'InProgress'/,
  );
});

test("a Deployment that breaks long after Ready turns it False, and back when it is mended, without any request about objects", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true });
  await lab.untilReason("app", "Progressing", /^Running/);
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
  lab.sent();
  await setStatus(lab, "d", stuck, 0);
  await lab.untilReason("app", "HealthCheckFailed", /^health check failed: failed early/);
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
  expect(lab.sent()).toEqual(["patch Kustomization/app/status", "patch Kustomization/app/status"]);
});

test("objects that are on their way again for less than the timeout leave Ready alone", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true });
  await lab.untilReason("app", "Progressing", /^Running/);
  await setStatus(lab, "d", rolledOut);
  const before = await lab.ready("app", revision);
  lab.sent();
  await setStatus(lab, "d", rolledOut, 0);
  await setStatus(lab, "d", rolledOut);
  const after = await lab.reconcile("app");
  expect(lab.sent()).toEqual(["patch Kustomization/app/status"]);
  expect(statedBy(after, "Ready")).toEqual(statedBy(before, "Ready"));
});

test("a revision that moves nothing of a Kustomization does not restart its wait", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "app/d.yaml": deploymentFile("d"), "x/x.yaml": "x: 1" });
  await lab.add("app", { path: "app", wait: true });
  await lab.untilReason("app", "Progressing", /^Running/);
  const second = await lab.push({ "app/d.yaml": deploymentFile("d"), "x/x.yaml": "x: 2" });
  await lab.untilReason("app", "Progressing", new RegExp(`for revision ${second}`));
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", second);
});

test("a new revision is applied at once although the last one still waits", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "d.yaml": deploymentFile("d", "broken:1") });
  await lab.add("app", { wait: true, timeout: "10m" });
  await lab.untilReason("app", "Progressing", /^Running/);
  const fixed = await lab.push({ "d.yaml": deploymentFile("d", "good:1") });
  await lab.untilReason("app", "Progressing", new RegExp(`for revision ${fixed}`));
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", fixed);
});

test("a controller that restarts during a failed health check goes on to say so, and sees the recovery", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "d.yaml": deploymentFile("d") });
  await lab.add("app", { wait: true });
  await lab.untilReason("app", "Progressing", /^Running/);
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
  await setStatus(lab, "d", stuck, 0);
  const failed = await lab.untilReason("app", "HealthCheckFailed");
  await lab.stop();
  lab.start();
  const again = await lab.reconcile("app");
  expect(statedBy(again, "Ready")).toEqual(statedBy(failed, "Ready"));
  await setStatus(lab, "d", rolledOut);
  await lab.ready("app", revision);
});

test("a suspended Kustomization is not woken by the health of its objects", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent=1"] });
  const revision = await lab.push({ "app/d.yaml": deploymentFile("d"), "m/m.yaml": configMapFile("m") });
  await lab.add("app", { path: "app", wait: true });
  await lab.add("m", { path: "m" });
  await lab.ready("m", revision);
  await lab.untilReason("app", "Progressing", /^Running/);
  await lab.change("app", { spec: { suspend: true } });
  await lab.reconcile("m");
  lab.sent();
  await setStatus(lab, "d", stuck, 0);
  await lab.reconcile("m");
  expect(lab.sent()).toEqual(["patch Kustomization/m/status"]);
});

test("healthCheckExprs judge kinds that do not follow kstatus", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a", { phase: "new" }), "b.yaml": configMapFile("b") });
  const healthCheckExprs = [
    { apiVersion: "v1", kind: "ConfigMap", current: "!has(data.phase) || data.phase == 'done'" },
  ];
  await lab.add("app", { wait: true, healthCheckExprs }, {});
  await lab.untilReason("app", "Progressing", /ConfigMap\/default\/a is InProgress/);
  await lab.push({ "a.yaml": configMapFile("a", { phase: "done" }), "b.yaml": configMapFile("b", { x: "1" }) });
  const app = await lab.ready("app");
  expect(app.status?.lastAppliedRevision).not.toBe(revision);
  expect(await lab.find(configMapRef("b"))).toBeDefined();
});

test("healthCheckExprs that cannot be compiled stall before anything is applied", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { wait: true, healthCheckExprs: [{ apiVersion: "example.com/v1", current: "status. ==" }] });
  const app = await lab.untilReason("app", "InvalidCELExpression", /healthCheckExprs current/);
  expect(statedBy(app, "Stalled")?.status).toBe("True");
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});
