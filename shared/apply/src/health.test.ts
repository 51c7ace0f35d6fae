import { type KubeObject } from "@sluice/api";
import { type ApplyLab, applyLab, configMapRef, labOwner, owned, ownedConfigMap, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type HealthReport, type HealthRequest } from "./health-types.ts";
import { timeoutMessage } from "./report.ts";

const deploymentRef = (name: string) => ({ apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name });
const rolledOut = [
  { type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" },
  { type: "Available", status: "True", reason: "MinimumReplicasAvailable" },
];

/** Its status is what the test says. */
function deployment(name: string, image = "i:1"): KubeObject {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image }] } };
  return owned({
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" } },
    spec: { replicas: 0, selector: { matchLabels: { app: name } }, template },
  });
}

async function setStatus(lab: ApplyLab, name: string, conditions: object[] = rolledOut): Promise<void> {
  const { metadata } = await lab.others.get(deploymentRef(name));
  const status = { observedGeneration: metadata.generation ?? 0, conditions: conditions.map((each) => ({ ...each })) };
  await lab.others.patch(deploymentRef(name), { type: "merge", body: { status } }, { subresource: "status" });
}

function wait(
  lab: ApplyLab,
  request: Partial<HealthRequest> & { refs: HealthRequest["refs"] },
  signal = new AbortController().signal,
) {
  const reports: HealthReport[] = [];
  const onProgress = (report: HealthReport) => void reports.push(report);
  const done = lab.cluster.health({ owner: labOwner, onProgress, ...request }, signal);
  done.catch(() => undefined);
  const status = () =>
    reports
      .at(-1)
      ?.objects.map((each) => each.status)
      .join();
  return { done, reports, status };
}

const watches = (lab: ApplyLab) => lab.client.calls.filter(({ verb }) => verb === "list" || verb === "watch").length;

test("health() needs no request for objects that are ready by existing", async () => {
  await using lab = await applyLab();
  await lab.apply([ownedConfigMap("a"), ownedConfigMap("b")]);
  await until(() => watches(lab) === 2);
  const calls = lab.client.calls.length;
  const report = await wait(lab, { refs: [configMapRef("a"), configMapRef("b")] }).done;
  expect(report.objects.map(({ status }) => status)).toEqual(["Current", "Current"]);
  expect(lab.client.calls).toHaveLength(calls);
});

test("health() resolves when the last object becomes ready, and reports on the way", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("d"), deployment("e")]);
  const waiting = wait(lab, { refs: [deploymentRef("d"), deploymentRef("e")] });
  await until(() => waiting.status() === "InProgress,InProgress");
  await setStatus(lab, "d");
  await until(() => waiting.status() === "Current,InProgress");
  await setStatus(lab, "e");
  expect((await waiting.done).objects.map(({ status }) => status)).toEqual(["Current", "Current"]);
});

test("health() shares one watch of a kind among all who wait for our objects, and keeps it for the next", async () => {
  await using lab = await applyLab();
  await lab.apply(["a", "b", "c"].map((name) => deployment(name)));
  await until(() => watches(lab) === 2);
  const waits = ["a", "b", "c"].map((name) => wait(lab, { refs: [deploymentRef(name)] }));
  for (const name of ["a", "b", "c"]) await setStatus(lab, name);
  await Promise.all(waits.map(({ done }) => done));
  await wait(lab, { refs: [deploymentRef("a")] }).done;
  expect(watches(lab)).toBe(4);
  await lab.clock.advance(30_000);
  await wait(lab, { refs: [deploymentRef("a")] }).done;
  await until(() => watches(lab) === 6);
});

test("health() does not believe a state from before our last write", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("d")]);
  await setStatus(lab, "d");
  await wait(lab, { refs: [deploymentRef("d")] }).done;
  await lab.apply([deployment("d", "i:2")]);
  const waiting = wait(lab, { refs: [deploymentRef("d")] });
  await until(() => waiting.reports.length > 0);
  expect(waiting.status()).toBe("InProgress");
  await setStatus(lab, "d");
  await waiting.done;
});

const stalled = [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }];

test("health() fails at once when an object has failed, and names it", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("d"), deployment("e")]);
  const waiting = wait(lab, { refs: [deploymentRef("d"), deploymentRef("e")] });
  await setStatus(lab, "e", stalled);
  await expect(waiting.done).rejects.toMatchObject({
    code: "UNHEALTHY",
    message:
      "failed early due to stalled resources: [Deployment/default/e status: 'Failed': Progress deadline exceeded]",
  });
});

test("health() waits on for a failed object that may recover, if it is told to", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("d")]);
  const waiting = wait(lab, { refs: [deploymentRef("d")], failFast: false });
  await setStatus(lab, "d", stalled);
  await until(() => waiting.status() === "Failed");
  await setStatus(lab, "d");
  await waiting.done;
});

test("health() ends with the signal; the last report says what was missing", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("d")]);
  const controller = new AbortController();
  const waiting = wait(lab, { refs: [deploymentRef("d"), deploymentRef("none")] }, controller.signal);
  await until(() => waiting.status() === "InProgress,NotFound");
  controller.abort(new Error("newer revision"));
  await expect(waiting.done).rejects.toThrow("newer revision");
  const last = waiting.reports.at(-1) ?? { objects: [] };
  expect(timeoutMessage(last)).toMatch(
    /^timeout waiting for: \[Deployment\/default\/d status: 'InProgress': .*, Deployment\/default\/none status: 'NotFound'\]$/,
  );
});

test("health() watches objects that are not ours one by one, also one that is yet to come", async () => {
  await using lab = await applyLab();
  const waiting = wait(lab, { refs: [configMapRef("theirs")] });
  await until(() => waiting.status() === "NotFound");
  await lab.others.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "theirs", namespace: "default" } });
  await waiting.done;
});

test("health() sees that an object which was ready is gone", async () => {
  await using lab = await applyLab();
  await lab.apply([ownedConfigMap("a"), deployment("d")]);
  const waiting = wait(lab, { refs: [configMapRef("a"), deploymentRef("d")] });
  await until(() => waiting.status() === "Current,InProgress");
  await lab.others.delete(configMapRef("a"));
  await until(() => waiting.status() === "NotFound,InProgress");
});

test("health() lets a judge of the caller decide, by the whole object", async () => {
  await using lab = await applyLab();
  await lab.apply([ownedConfigMap("a", { phase: "wait" })]);
  const judge = (object: KubeObject) => {
    const done = JSON.stringify(object["data"]).includes("done");
    return { status: done ? ("Current" as const) : ("InProgress" as const), message: "by the judge" };
  };
  const waiting = wait(lab, { refs: [configMapRef("a")], judge });
  await until(() => waiting.status() === "InProgress");
  await lab.others.patch(configMapRef("a"), { type: "merge", body: { data: { phase: "done" } } });
  expect((await waiting.done).objects[0]?.message).toBe("by the judge");
});

test("health() passes over the Kustomization that waits, and resolves at once if nothing is left", async () => {
  await using lab = await applyLab();
  const self = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization", ...labOwner };
  expect(await wait(lab, { refs: [self] }).done).toEqual({ objects: [] });
});

test("watchHealth() goes on telling after everything was ready, until it is disposed", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("a"), deployment("b")]);
  const told: string[] = [];
  const onProgress = ({ objects }: HealthReport) => void told.push(objects.map(({ status }) => status).join());
  const watching = lab.cluster.watchHealth({ owner: labOwner, refs: [deploymentRef("a")], onProgress });
  await setStatus(lab, "a");
  await until(() => told.at(-1) === "Current");
  await setStatus(lab, "a", [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" }]);
  await until(() => told.at(-1) === "Failed");
  const reports = told.length;
  watching[Symbol.dispose]();
  await setStatus(lab, "a");
  await wait(lab, { refs: [deploymentRef("a")], failFast: false }).done;
  expect(told.length).toBe(reports);
});

test("health() asks a judge only about the objects that it is for", async () => {
  await using lab = await applyLab();
  await lab.apply([ownedConfigMap("a"), deployment("b")]);
  const asked = new Set<string>();
  const judge = ({ metadata }: KubeObject) => {
    asked.add(metadata.name);
    return { status: "Current", message: "" } as const;
  };
  const { done } = wait(lab, {
    refs: [configMapRef("a"), deploymentRef("b")],
    judge,
    judges: ({ kind }) => kind === "Deployment",
  });
  await done;
  expect([...asked]).toEqual(["b"]);
});
