import { type JsonObject } from "@sluice/base";
import { conditionsFrom, type Wanted } from "./conditions.ts";
import {
  type Phase,
  replicasOf,
  type Situation,
  type StatusOf,
  specOf,
  statusOf,
  templateHash,
  unlessZero,
} from "./workload.ts";

/** @source kube-controller-manager's deployment controller: `util/deployment_util.go` and `progress.go` */
export const deploymentStatus: StatusOf = ({ object, phase, now }) => {
  const replicas = replicasOf(object);
  const ready = phase.is === "ready" ? replicas : 0;
  const set = `ReplicaSet "${object.metadata.name}-${templateHash(object)}"`;
  const wanted = [availability(ready, replicas), progress(phase, set, specOf(object)["paused"] === true)];
  return {
    observedGeneration: object.metadata.generation ?? 0,
    ...unlessZero("replicas", replicas),
    ...unlessZero("updatedReplicas", replicas),
    ...unlessZero("readyReplicas", ready),
    ...unlessZero("availableReplicas", ready),
    ...unlessZero("unavailableReplicas", replicas - ready),
    conditions: conditionsFrom(object["status"], wanted, { now, extra: "lastUpdateTime" }),
  };
};

function availability(ready: number, replicas: number): Wanted {
  if (ready >= replicas) {
    const message = "Deployment has minimum availability.";
    return { type: "Available", status: "True", reason: "MinimumReplicasAvailable", message };
  }
  const message = "Deployment does not have minimum availability.";
  return { type: "Available", status: "False", reason: "MinimumReplicasUnavailable", message };
}

function progress(phase: Phase, set: string, paused: boolean): Wanted {
  const type = "Progressing";
  if (paused) return { type, status: "Unknown", reason: "DeploymentPaused", message: "Deployment is paused" };
  if (phase.is === "failed")
    return { type, status: "False", reason: phase.reason, message: `${set} has timed out progressing.` };
  if (phase.is === "ready") {
    return { type, status: "True", reason: "NewReplicaSetAvailable", message: `${set} has successfully progressed.` };
  }
  return { type, status: "True", reason: "ReplicaSetUpdated", message: `${set} is progressing.` };
}

/** ReplicaSets and ReplicationControllers. */
export const replicaSetStatus: StatusOf = ({ object, phase, now }) => {
  const replicas = replicasOf(object);
  const ready = phase.is === "ready" ? replicas : 0;
  const failure: Wanted[] =
    phase.is === "failed"
      ? [{ type: "ReplicaFailure", status: "True", reason: phase.reason, message: phase.reason }]
      : [];
  return {
    observedGeneration: object.metadata.generation ?? 0,
    replicas,
    ...unlessZero("fullyLabeledReplicas", replicas),
    ...unlessZero("readyReplicas", ready),
    ...unlessZero("availableReplicas", ready),
    ...(failure.length > 0 && { conditions: conditionsFrom(object["status"], failure, { now }) }),
  };
};

/** A failed StatefulSet simply never has its replicas ready. */
export const statefulSetStatus: StatusOf = ({ object, phase }) => {
  const replicas = replicasOf(object);
  const ready = phase.is === "ready" ? replicas : 0;
  const revision = `${object.metadata.name}-${templateHash(object)}`;
  const current = phase.is === "ready" ? revision : (statusOf(object)["currentRevision"] ?? revision);
  return {
    observedGeneration: object.metadata.generation ?? 0,
    replicas,
    ...unlessZero("readyReplicas", ready),
    ...unlessZero("currentReplicas", current === revision ? replicas : 0),
    ...unlessZero("updatedReplicas", replicas),
    currentRevision: current,
    updateRevision: revision,
    collisionCount: 0,
    availableReplicas: ready,
  };
};

/** The simulated cluster has one node. */
const NODES = 1;

export const daemonSetStatus: StatusOf = ({ object, phase }) => {
  const ready = phase.is === "ready" ? NODES : 0;
  return {
    currentNumberScheduled: NODES,
    numberMisscheduled: 0,
    desiredNumberScheduled: NODES,
    numberReady: ready,
    observedGeneration: object.metadata.generation ?? 0,
    updatedNumberScheduled: NODES,
    ...unlessZero("numberAvailable", ready),
    ...unlessZero("numberUnavailable", NODES - ready),
  };
};

/** @source kube-controller-manager's disruption controller */
export const disruptionBudgetStatus: StatusOf = ({ object, now }: Situation): JsonObject => ({
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
  observedGeneration: object.metadata.generation ?? 0,
  conditions: conditionsFrom(
    object["status"],
    [{ type: "DisruptionAllowed", status: "False", reason: "InsufficientPods", message: "" }],
    { now },
  ),
});
