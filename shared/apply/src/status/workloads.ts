import { isObject } from "@sluice/base";
import { conditionOf, count, current, failed, inProgress, isTrue, type Judge, section, text } from "./types.ts";

/** Deadline that means "never": the controller then reports no progress. */
const NO_DEADLINE = 2_147_483_647;

export const deployment: Judge = (object) => {
  const [spec, status] = [section(object, "spec"), section(object, "status")];
  const progressing = conditionOf(object, "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded") return failed("Progress deadline exceeded");
  const wanted = count(spec["replicas"], 1);
  const [total, updated] = [count(status["replicas"]), count(status["updatedReplicas"])];
  const [ready, available] = [count(status["readyReplicas"]), count(status["availableReplicas"])];
  if (wanted > total) return inProgress(`replicas: ${total}/${wanted}`);
  if (wanted > updated) return inProgress(`Updated: ${updated}/${wanted}`);
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  if (updated > available) return inProgress(`Available: ${available}/${updated}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  const reportsProgress = count(spec["progressDeadlineSeconds"], NO_DEADLINE) !== NO_DEADLINE;
  const rolledOut = progressing?.status === "True" && progressing.reason === "NewReplicaSetAvailable";
  if (reportsProgress && !rolledOut) return inProgress("ReplicaSet not Available");
  if (!isTrue(object, "Available")) return inProgress("Deployment not Available");
  return current(`Deployment is available. Replicas: ${total}`);
};

export const statefulSet: Judge = (object) => {
  const [spec, status] = [section(object, "spec"), section(object, "status")];
  const strategy = section(spec, "updateStrategy");
  if (strategy["type"] === "OnDelete") return current("StatefulSet is using the ondelete update strategy");
  const wanted = count(spec["replicas"], 1);
  const [total, ready] = [count(status["replicas"]), count(status["readyReplicas"])];
  const [currentReplicas, updated] = [count(status["currentReplicas"]), count(status["updatedReplicas"])];
  if (wanted > total) return inProgress(`Replicas: ${total}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  const partition = count(section(strategy, "rollingUpdate")["partition"], -1);
  if (partition >= 0) {
    if (updated < wanted - partition) return inProgress(`updated: ${updated}/${wanted - partition}`);
    return current(`Partition rollout complete. updated: ${updated}`);
  }
  if (wanted > currentReplicas) return inProgress(`current: ${currentReplicas}/${wanted}`);
  if (status["currentRevision"] !== status["updateRevision"])
    return inProgress("Waiting for updated revision to match current");
  return current(`All replicas scheduled as expected. Replicas: ${total}`);
};

export const daemonSet: Judge = (object) => {
  const [spec, status] = [section(object, "spec"), section(object, "status")];
  if (status["observedGeneration"] === undefined) return inProgress("Controller has not observed the DaemonSet yet");
  if (section(spec, "updateStrategy")["type"] === "OnDelete")
    return current("DaemonSet is using the ondelete update strategy");
  const wanted = count(status["desiredNumberScheduled"], -1);
  if (wanted < 0) return inProgress("Missing .status.desiredNumberScheduled");
  const scheduled = count(status["currentNumberScheduled"]);
  const updated = count(status["updatedNumberScheduled"]);
  const [available, ready] = [count(status["numberAvailable"]), count(status["numberReady"])];
  if (wanted > scheduled) return inProgress(`Current: ${scheduled}/${wanted}`);
  if (wanted > updated) return inProgress(`Updated: ${updated}/${wanted}`);
  if (wanted > available) return inProgress(`Available: ${available}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  return current(`All replicas scheduled as expected. Replicas: ${wanted}`);
};

export const replicaSet: Judge = (object) => {
  const [spec, status] = [section(object, "spec"), section(object, "status")];
  const failure = conditionOf(object, "ReplicaFailure");
  if (failure?.status === "True") return inProgress(`Replica Failure condition: ${failure.message}`);
  const wanted = count(spec["replicas"], 1);
  const [total, labelled] = [count(status["replicas"]), count(status["fullyLabeledReplicas"])];
  const [available, ready] = [count(status["availableReplicas"]), count(status["readyReplicas"])];
  if (wanted > labelled) return inProgress(`Labelled: ${labelled}/${wanted}`);
  if (wanted > available) return inProgress(`Available: ${available}/${wanted}`);
  if (wanted > ready) return inProgress(`Ready: ${ready}/${wanted}`);
  if (total > wanted) return inProgress(`Pending termination: ${total - wanted}`);
  return current(`ReplicaSet is available. Replicas: ${total}`);
};

export const pod: Judge = (object) => {
  const status = section(object, "status");
  const phase = text(status["phase"]);
  const ready = conditionOf(object, "Ready");
  if (phase === "Succeeded") return current("Pod has completed successfully");
  if (phase === "Failed") return failed("Pod has completed, but not successfully");
  if (phase === "Running") {
    if (ready?.status === "True") return current("Pod is Ready");
    const crashing = crashingContainers(status["containerStatuses"]);
    return crashing.length > 0
      ? failed(`Containers in CrashLoop state: ${crashing.join()}`)
      : inProgress("Pod is running but is not Ready");
  }
  const scheduled = conditionOf(object, "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable")
    return inProgress("Pod could not be scheduled");
  return inProgress(phase === "Pending" ? "Pod is in the Pending phase" : "Pod phase not available");
};

function crashingContainers(statuses: unknown): string[] {
  if (!Array.isArray(statuses)) return [];
  return statuses.filter(isObject).flatMap((container) => {
    const waiting = section(section(container, "state"), "waiting");
    return waiting["reason"] === "CrashLoopBackOff" ? [text(container["name"])] : [];
  });
}

/** Current only when it is complete; one that is suspended is as wanted. @source spec/flux-api.md 2.7 (kstatus counts a started Job as Current) */
export const job: Judge = (object) => {
  const [spec, status] = [section(object, "spec"), section(object, "status")];
  const failure = conditionOf(object, "Failed");
  if (failure?.status === "True")
    return failed(
      `Job Failed. failed: ${count(status["failed"])}${failure.message === "" ? "" : `: ${failure.message}`}`,
    );
  if (isTrue(object, "Complete")) return current(`Job Completed. succeeded: ${count(status["succeeded"])}`);
  if (spec["suspend"] === true || isTrue(object, "Suspended")) return current("Job is suspended");
  if (status["startTime"] === undefined) return inProgress("Job not started");
  return inProgress(`Job in progress. active: ${count(status["active"])}, succeeded: ${count(status["succeeded"])}`);
};
