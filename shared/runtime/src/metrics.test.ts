import { type KubeObject } from "@sluice/api";
import { configMap, kubeLab } from "@sluice/testkit";
import { refOf } from "@sluice/api";
import { expect, test } from "vitest";
import { createMetrics } from "./metrics.ts";

const app: KubeObject = { apiVersion: "v1", kind: "GitRepository", metadata: { name: "app", namespace: "default" } };

/** The lines of the metric `name`, without help and type. */
async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const lines = (await metrics.registry.metrics()).split("\n");
  return lines.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`# TYPE ${name} `));
}

test("runs are counted by result, with every result at zero from the start", async () => {
  const metrics = createMetrics();
  const controller = metrics.forKind("GitRepository", 3);
  for (const ending of ["done", "wait", "retry", "superseded", "stall"] as const)
    controller.observeRun(app, ending, 20);
  const result = (name: string, count: number) =>
    `controller_runtime_reconcile_total{controller="gitrepository",result="${name}"} ${count}`;
  expect(await linesOf(metrics, "controller_runtime_reconcile_total")).toEqual([
    "# TYPE controller_runtime_reconcile_total counter",
    result("success", 1),
    result("error", 1),
    result("requeue", 1),
    result("requeue_after", 2),
  ]);
  expect((await linesOf(metrics, "controller_runtime_max_concurrent_reconciles"))[1]).toMatch(/ 3$/);
  expect((await linesOf(metrics, "controller_runtime_reconcile_errors_total"))[1]).toMatch(/ 1$/);
});

test("the duration of an object's runs has Flux's labels and buckets, and goes with the object", async () => {
  const metrics = createMetrics();
  const controller = metrics.forKind("GitRepository", 1);
  controller.observeRun(app, "done", 20);
  const series = await linesOf(metrics, "gotk_reconcile_duration_seconds_bucket");
  expect(series).toHaveLength(11);
  expect(series[0]).toBe(
    'gotk_reconcile_duration_seconds_bucket{le="0.01",kind="GitRepository",name="app",namespace="default"} 0',
  );
  controller.forget(app);
  expect(await linesOf(metrics, "gotk_reconcile_duration_seconds_bucket")).toEqual([]);
});

test("a run of an object that is gone leaves no series", async () => {
  const metrics = createMetrics();
  metrics.forKind("GitRepository", 1).observeRun(app, "gone", 20);
  expect(await linesOf(metrics, "gotk_reconcile_duration_seconds_bucket")).toEqual([]);
});

test("the queue is asked at each scrape", async () => {
  const metrics = createMetrics();
  const sample = { depth: 1, adds: 5, active: 2 };
  metrics.forKind("GitRepository", 1).observeQueue(() => sample);
  const values = async () => {
    const names = ["workqueue_depth", "workqueue_adds_total", "controller_runtime_active_workers"];
    return (await Promise.all(names.map((name) => linesOf(metrics, name)))).map((lines) => lines[1]?.split(" ")[1]);
  };
  expect(await values()).toEqual(["1", "5", "2"]);
  Object.assign(sample, { depth: 0, adds: 7, active: 0 });
  expect(await values()).toEqual(["0", "7", "0"]);
  expect((await linesOf(metrics, "workqueue_adds_total"))[0]).toBe("# TYPE workqueue_adds_total counter");
});

test("requests are counted by code and method until the client is no longer observed", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /api/v1/namespaces/default/configmaps/a", { json: configMap("a") });
  const metrics = createMetrics();
  const observed = metrics.observeClient(lab.client);
  await lab.client.get(refOf(configMap("a")));
  observed[Symbol.dispose]();
  const before = await linesOf(metrics, "rest_client_requests_total");
  await lab.client.get(refOf(configMap("a")));
  expect(before[1]).toContain('{code="200",method="GET"}');
  expect(await linesOf(metrics, "rest_client_requests_total")).toEqual(before);
});

test("the leader is named by its lease", async () => {
  const metrics = createMetrics();
  metrics.setLeader("source-controller-leader-election", true);
  expect((await linesOf(metrics, "leader_election_master_status"))[1]).toBe(
    'leader_election_master_status{name="source-controller-leader-election"} 1',
  );
});
