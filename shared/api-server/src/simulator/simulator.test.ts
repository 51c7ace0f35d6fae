import { type JsonObject } from "@sluice/base";
import { type FakeClock, fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { ConformanceClient } from "../conformance/client.ts";
import { type ApiServerOptions, startApiServer } from "../server.ts";

const apps = "/apis/apps/v1/namespaces/default";
const labels = { app: "a" };
const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "example.com/a:1" }] } };

function workload(
  kind: string,
  { spec = {}, annotations = {} }: { spec?: JsonObject; annotations?: { [name: string]: string } } = {},
): JsonObject {
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name: "a", annotations },
    spec: { selector: { matchLabels: labels }, template, ...spec },
  };
}

interface Lab {
  client: ConformanceClient;
  clock: FakeClock;
  /** Creates an object and waits until the status satisfies `done`. */
  settled(path: string, body: JsonObject, done: (status: JsonObject) => boolean): Promise<JsonObject>;
}

async function lab(work: (lab: Lab) => Promise<void>, options: Partial<ApiServerOptions> = {}): Promise<void> {
  const clock = fakeClock();
  await using server = await startApiServer({ clock, ...options });
  const client = new ConformanceClient(server);
  const settled: Lab["settled"] = async (path, body, done) => {
    using watch = await client.watch(`${path}?watch=true`);
    await client.ask(path, { method: "POST", body });
    return await nextSatisfying(watch, done);
  };
  await work({ client, clock, settled });
}

async function nextSatisfying(
  watch: Awaited<ReturnType<ConformanceClient["watch"]>>,
  done: (status: JsonObject) => boolean,
): Promise<JsonObject> {
  for (let line = await watch.next(); line; line = await watch.next()) {
    if (done((line.object["status"] ?? {}) as JsonObject)) return line.object;
  }
  throw new Error("the watch ended");
}

const conditionOf = (object: JsonObject, type: string) =>
  (((object["status"] as JsonObject)["conditions"] ?? []) as JsonObject[]).find(
    (condition) => condition["type"] === type,
  );

test("a Deployment becomes available, written by a manager of its own through the status", () =>
  lab(async ({ settled }) => {
    const object = await settled(
      `${apps}/deployments`,
      workload("Deployment", { spec: { replicas: 2 } }),
      (status) => status["readyReplicas"] === 2,
    );
    expect(object["status"]).toMatchObject({
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
    });
    expect(conditionOf(object, "Available")).toMatchObject({ status: "True", reason: "MinimumReplicasAvailable" });
    expect(conditionOf(object, "Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
    const managers = (object["metadata"] as { managedFields: JsonObject[] }).managedFields.map(
      ({ manager, subresource }) => [manager, subresource],
    );
    expect(managers).toContainEqual(["kube-controller-manager", "status"]);
  }));

test("a Deployment of no replicas is available too", () =>
  lab(async ({ settled }) => {
    const object = await settled(
      `${apps}/deployments`,
      workload("Deployment", { spec: { replicas: 0 } }),
      (status) => status["observedGeneration"] === 1,
    );
    expect(conditionOf(object, "Available")).toMatchObject({ status: "True" });
    expect(object["status"]).not.toHaveProperty("replicas");
  }));

test("a workload that is to fail never becomes available and gives the reason", () =>
  lab(async ({ settled }) => {
    const annotations = { "simulator.sluice.dev/fail": "ProgressDeadlineExceeded" };
    const object = await settled(
      `${apps}/deployments`,
      workload("Deployment", { annotations }),
      (status) => status["observedGeneration"] === 1,
    );
    expect(conditionOf(object, "Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
    expect(conditionOf(object, "Available")).toMatchObject({ status: "False" });
    expect(object["status"]).toMatchObject({ unavailableReplicas: 1 });
  }));

test("a workload becomes ready only after its delay, and again after each change", () =>
  lab(async ({ client, clock, settled }) => {
    const annotations = { "simulator.sluice.dev/delay": "5s" };
    const object = await settled(
      `${apps}/deployments`,
      workload("Deployment", { annotations }),
      (status) => status["observedGeneration"] === 1,
    );
    expect(conditionOf(object, "Progressing")).toMatchObject({ status: "True", reason: "ReplicaSetUpdated" });
    const { resourceVersion } = object["metadata"] as { resourceVersion: string };
    using watch = await client.watch(`${apps}/deployments?watch=true&resourceVersion=${resourceVersion}`);
    await clock.advance(4999);
    expect((await client.ask(`${apps}/deployments/a`)).body["status"]).not.toHaveProperty("readyReplicas");
    await clock.advance(1);
    await nextSatisfying(watch, (status) => status["readyReplicas"] === 1);
    await client.ask(`${apps}/deployments/a/scale`, {
      method: "PATCH",
      type: "application/merge-patch+json",
      body: { spec: { replicas: 3 } },
    });
    const scaled = await nextSatisfying(watch, (status) => status["observedGeneration"] === 2);
    expect(scaled["status"]).not.toHaveProperty("readyReplicas");
    await clock.advance(5000);
    await nextSatisfying(watch, (status) => status["readyReplicas"] === 3);
  }));

test("StatefulSets and DaemonSets become ready", () =>
  lab(async ({ settled }) => {
    const set = await settled(
      `${apps}/statefulsets`,
      workload("StatefulSet", { spec: { replicas: 2, serviceName: "a" } }),
      (status) => status["readyReplicas"] === 2,
    );
    expect(set["status"]).toMatchObject({
      observedGeneration: 1,
      currentReplicas: 2,
      updatedReplicas: 2,
      availableReplicas: 2,
    });
    const { currentRevision, updateRevision } = set["status"] as JsonObject;
    expect(currentRevision).toBe(updateRevision);
    const daemon = await settled(`${apps}/daemonsets`, workload("DaemonSet"), (status) => status["numberReady"] === 1);
    expect(daemon["status"]).toMatchObject({
      observedGeneration: 1,
      desiredNumberScheduled: 1,
      updatedNumberScheduled: 1,
      numberAvailable: 1,
    });
  }));

test("a Job completes, or fails with its reason", () =>
  lab(async ({ settled }) => {
    const path = "/apis/batch/v1/namespaces/default/jobs";
    const job = (name: string, annotations = {}) => ({
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name, annotations },
      spec: {
        template: { spec: { restartPolicy: "Never", containers: [{ name: "main", image: "example.com/a:1" }] } },
      },
    });
    const done = await settled(path, job("good"), (status) => status["succeeded"] === 1);
    expect(conditionOf(done, "Complete")).toMatchObject({ status: "True" });
    const failed = await settled(
      path,
      job("bad", { "simulator.sluice.dev/fail": "BackoffLimitExceeded" }),
      (status) => status["failed"] === 1,
    );
    expect(conditionOf(failed, "Failed")).toMatchObject({ status: "True", reason: "BackoffLimitExceeded" });
  }));

test("a claim is bound to a volume of the size it asks for", () =>
  lab(async ({ settled }) => {
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    const claim = { apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "a" }, spec };
    const bound = await settled(
      "/api/v1/namespaces/default/persistentvolumeclaims",
      claim,
      (status) => status["phase"] === "Bound",
    );
    expect(bound["status"]).toMatchObject({ accessModes: ["ReadWriteOnce"], capacity: { storage: "1Gi" } });
    expect((bound["spec"] as JsonObject)["volumeName"]).toMatch(/^pvc-/);
  }));

test("a pod runs on the simulated node and ends when it is deleted", () =>
  lab(async ({ client, settled }) => {
    const path = "/api/v1/namespaces/default/pods";
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: template.spec };
    const running = await settled(path, pod, (status) => status["phase"] === "Running");
    expect(conditionOf(running, "Ready")).toMatchObject({ status: "True" });
    const { resourceVersion } = running["metadata"] as { resourceVersion: string };
    using watch = await client.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`);
    const deleted = await client.ask(`${path}/a`, { method: "DELETE" });
    expect(deleted.body["metadata"]).toMatchObject({ deletionGracePeriodSeconds: 30 });
    let line = await watch.next();
    while (line && line.type !== "DELETED") line = await watch.next();
    expect(line?.type).toBe("DELETED");
  }));

test("a load balancer gets an address", () =>
  lab(async ({ settled }) => {
    const service = {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "a" },
      spec: { type: "LoadBalancer", ports: [{ port: 80 }] },
    };
    const object = await settled("/api/v1/namespaces/default/services", service, (status) =>
      JSON.stringify(status).includes('"ip"'),
    );
    expect(object["status"]).toMatchObject({
      loadBalancer: { ingress: [{ ip: expect.stringMatching(/^192\.0\.2\.\d+$/) }] },
    });
  }));

test("without the simulator nothing becomes ready", () =>
  lab(
    async ({ client }) => {
      await client.ask(`${apps}/deployments`, { method: "POST", body: workload("Deployment") });
      expect((await client.ask(`${apps}/deployments/a`)).body["status"]).toEqual({});
    },
    { simulator: false },
  ));
