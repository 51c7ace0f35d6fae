import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { type HealthStatus } from "../health-types.ts";
import { healthOf, isInstant } from "./kstatus.ts";

type Case = [status: HealthStatus, name: string, object: KubeObject];

const object = (apiVersion: string, kind: string, more: object): KubeObject => ({
  ...{ apiVersion, kind, metadata: { name: "x", generation: 2 } },
  ...more,
});
const condition = (type: string, status = "True", more: object = {}) => ({ type, status, ...more });
const rolledOut = [condition("Progressing", "True", { reason: "NewReplicaSetAvailable" }), condition("Available")];

const deployment = (status: object, spec: object = {}) =>
  object("apps/v1", "Deployment", {
    spec: { replicas: 2, progressDeadlineSeconds: 600, ...spec },
    status: { observedGeneration: 2, ...status },
  });
const full = { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2, conditions: rolledOut };

const deployments: Case[] = [
  ["Current", "is rolled out", deployment(full)],
  ["Current", "wants no replicas and is rolled out", deployment({ conditions: rolledOut }, { replicas: 0 })],
  ["InProgress", "was not seen by its controller", deployment({ ...full, observedGeneration: 1 })],
  [
    "InProgress",
    "has no status",
    object("apps/v1", "Deployment", { spec: { replicas: 0, progressDeadlineSeconds: 600 } }),
  ],
  ["InProgress", "has too few replicas", deployment({ ...full, replicas: 1 })],
  ["InProgress", "has old replicas", deployment({ ...full, updatedReplicas: 1 })],
  ["InProgress", "has replicas to end", deployment({ ...full, replicas: 3 })],
  ["InProgress", "has unavailable replicas", deployment({ ...full, availableReplicas: 1 })],
  ["InProgress", "has unready replicas", deployment({ ...full, readyReplicas: 1 })],
  ["InProgress", "is not Available", deployment({ ...full, conditions: rolledOut.slice(0, 1) })],
  [
    "Failed",
    "passed its deadline",
    deployment({ conditions: [condition("Progressing", "False", { reason: "ProgressDeadlineExceeded" })] }),
  ],
];

const set = (status: object, spec: object = {}) =>
  object("apps/v1", "StatefulSet", { spec: { replicas: 2, ...spec }, status: { observedGeneration: 2, ...status } });
const ready = {
  replicas: 2,
  readyReplicas: 2,
  currentReplicas: 2,
  updatedReplicas: 2,
  currentRevision: "a",
  updateRevision: "a",
};
const partition = (value: number) => ({
  updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: value } },
});

const statefulSets: Case[] = [
  ["Current", "is rolled out", set(ready)],
  ["InProgress", "has too few replicas", set({ ...ready, replicas: 1 })],
  ["InProgress", "has unready replicas", set({ ...ready, readyReplicas: 1 })],
  ["InProgress", "has replicas to end", set({ ...ready, replicas: 3 })],
  ["InProgress", "is between two revisions", set({ ...ready, updateRevision: "b" })],
  ["InProgress", "has not updated its partition", set({ ...ready, updatedReplicas: 0 }, partition(1))],
  ["Current", "has updated its partition", set({ ...ready, updatedReplicas: 1, updateRevision: "b" }, partition(1))],
  ["Current", "updates on delete", set({ replicas: 0 }, { updateStrategy: { type: "OnDelete" } })],
];

const daemons = (status: object) => object("apps/v1", "DaemonSet", { spec: {}, status });
const everywhere = {
  ...{ observedGeneration: 2, desiredNumberScheduled: 2, currentNumberScheduled: 2 },
  ...{ updatedNumberScheduled: 2, numberAvailable: 2, numberReady: 2 },
};
const replicas = (status: object) =>
  object("apps/v1", "ReplicaSet", { spec: { replicas: 1 }, status: { observedGeneration: 2, ...status } });
const one = { replicas: 1, fullyLabeledReplicas: 1, availableReplicas: 1, readyReplicas: 1 };

const otherSets: Case[] = [
  ["Current", "runs on every node", daemons(everywhere)],
  ["InProgress", "was not seen", daemons({})],
  ["InProgress", "misses a node", daemons({ ...everywhere, numberReady: 1 })],
  ["InProgress", "has old pods", daemons({ ...everywhere, updatedNumberScheduled: 1 })],
  ["Current", "has its replicas", replicas(one)],
  ["InProgress", "has no replicas", replicas({})],
  ["InProgress", "cannot create pods", replicas({ ...one, conditions: [condition("ReplicaFailure")] })],
];

const pod = (status: object) => object("v1", "Pod", { status });
const crash = { containerStatuses: [{ name: "c", state: { waiting: { reason: "CrashLoopBackOff" } } }] };
const job = (status: object, spec: object = {}) => object("batch/v1", "Job", { spec, status });

const pods: Case[] = [
  ["Current", "is ready", pod({ phase: "Running", conditions: [condition("Ready")] })],
  ["Current", "has succeeded", pod({ phase: "Succeeded" })],
  ["Failed", "has failed", pod({ phase: "Failed" })],
  ["InProgress", "runs and is not ready", pod({ phase: "Running", conditions: [condition("Ready", "False")] })],
  ["Failed", "crashes again and again", pod({ phase: "Running", ...crash })],
  ["InProgress", "is pending", pod({ phase: "Pending" })],
  ["InProgress", "has no status", pod({})],
  ["Current", "is complete", job({ conditions: [condition("Complete")], succeeded: 1 })],
  ["InProgress", "has started", job({ startTime: "2026-01-01T00:00:00Z", active: 1 })],
  ["InProgress", "has not started", job({})],
  ["Failed", "has failed", job({ conditions: [condition("Failed", "True", { message: "BackoffLimitExceeded" })] })],
  ["Current", "is suspended", job({}, { suspend: true })],
];

const definition = (...conditions: object[]) =>
  object("apiextensions.k8s.io/v1", "CustomResourceDefinition", { status: { conditions } });
const others: Case[] = [
  ["Current", "is bound", object("v1", "PersistentVolumeClaim", { status: { phase: "Bound" } })],
  ["InProgress", "is pending", object("v1", "PersistentVolumeClaim", { status: { phase: "Pending" } })],
  ["Current", "has a cluster IP", object("v1", "Service", { spec: { type: "ClusterIP" } })],
  ["InProgress", "is a load balancer without an address", object("v1", "Service", { spec: { type: "LoadBalancer" } })],
  [
    "Current",
    "is a load balancer with one",
    object("v1", "Service", { spec: { type: "LoadBalancer", clusterIP: "10.0.0.1" } }),
  ],
  ["Current", "is active", object("v1", "Namespace", { status: { phase: "Active" } })],
  ["Terminating", "is terminating", object("v1", "Namespace", { status: { phase: "Terminating" } })],
  ["Current", "is established", definition(condition("NamesAccepted"), condition("Established"))],
  ["InProgress", "is installing", definition(condition("Established", "False", { reason: "Installing" }))],
  ["InProgress", "is new", definition()],
  ["Failed", "has a name that is taken", definition(condition("NamesAccepted", "False", { message: "taken" }))],
  ["InProgress", "was not seen", object("policy/v1", "PodDisruptionBudget", { status: {} })],
  ["Current", "was seen", object("policy/v1", "PodDisruptionBudget", { status: { observedGeneration: 2 } })],
];

const custom = (status: object, metadata: object = {}) =>
  object("example.com/v1", "Foo", { metadata: { name: "x", generation: 2, ...metadata }, status });
const customs: Case[] = [
  ["Current", "has no conditions", custom({})],
  ["Current", "is Ready", custom({ observedGeneration: 2, conditions: [condition("Ready")] })],
  ["InProgress", "is not Ready", custom({ conditions: [condition("Ready", "False")] })],
  ["InProgress", "is Unknown", custom({ conditions: [condition("Ready", "Unknown")] })],
  ["InProgress", "is Reconciling", custom({ conditions: [condition("Ready"), condition("Reconciling")] })],
  ["Failed", "is Stalled", custom({ conditions: [condition("Ready", "False"), condition("Stalled")] })],
  [
    "InProgress",
    "is Ready for an older generation",
    custom({ observedGeneration: 1, conditions: [condition("Ready")] }),
  ],
  ["InProgress", "has Flux's default status", custom({ observedGeneration: -1 })],
  [
    "Terminating",
    "is being deleted",
    custom({ conditions: [condition("Ready")] }, { deletionTimestamp: "2026-01-01T00:00:00Z" }),
  ],
  ["Current", "has conditions of a wrong shape", custom({ conditions: "odd" })],
  ["Current", "has a list of odd conditions", custom({ conditions: [null, "x", 5] })],
];

test.each(deployments)("healthOf() is %s for a Deployment that %s", check);
test.each(statefulSets)("healthOf() is %s for a StatefulSet that %s", check);
test.each(otherSets)("healthOf() is %s for a DaemonSet or ReplicaSet that %s", check);
test.each(pods)("healthOf() is %s for a Pod or Job that %s", check);
test.each(others)("healthOf() is %s for a built-in object that %s", check);
test.each(customs)("healthOf() is %s for a custom resource that %s", check);

function check(status: HealthStatus, _: string, candidate: KubeObject): void {
  expect(healthOf(candidate)).toMatchObject({ status, message: expect.any(String) });
}

test("healthOf() says what is missing in words and numbers", () => {
  expect(healthOf(deployment({ ...full, readyReplicas: 1 })).message).toBe("Ready: 1/2");
  expect(healthOf(pod({ phase: "Running", ...crash })).message).toContain("c");
  expect(healthOf(custom({ conditions: [condition("Stalled", "True", { message: "no such chart" })] })).message).toBe(
    "no such chart",
  );
});

test("isInstant() holds only for kinds whose newborn objects are Current", () => {
  for (const kind of ["ConfigMap", "Secret", "ServiceAccount", "Service", "Namespace"]) {
    expect(isInstant({ apiVersion: "v1", kind })).toBe(true);
    expect(healthOf({ apiVersion: "v1", kind, metadata: { name: "x", generation: 1 } }).status).toBe("Current");
  }
  for (const [apiVersion, kind] of [
    ["apps/v1", "Deployment"],
    ["batch/v1", "Job"],
    ["example.com/v1", "ConfigMap"],
  ] as const) {
    expect(isInstant({ apiVersion, kind })).toBe(false);
  }
});
