import { type JsonObject } from "@sluice/base";
import { conditionsFrom, type Wanted } from "./conditions.ts";
import { type Situation, type StatusOf, specOf, statusOf, unlessZero } from "./workload.ts";

/** @source kube-controller-manager's job controller */
export const jobStatus: StatusOf = (situation) => {
  const { object, phase, now } = situation;
  if (specOf(object)["suspend"] === true) return suspended(situation);
  const startTime = statusOf(object)["startTime"] ?? now;
  if (phase.is === "progressing") {
    const active = countOf(object, "parallelism");
    return { ...unlessZero("active", active), ready: 0, terminating: 0, startTime, uncountedTerminatedPods: {} };
  }
  return phase.is === "ready" ? complete(situation, startTime) : failed(situation, phase.reason, startTime);
};

function countOf(object: Situation["object"], key: string): number {
  const value = specOf(object)[key];
  return typeof value === "number" ? value : 1;
}

function complete({ object, now }: Situation, startTime: JsonObject[string]): JsonObject {
  const reason = "CompletionsReached";
  const message = "Reached expected number of succeeded pods";
  const wanted: Wanted[] = [
    { type: "SuccessCriteriaMet", status: "True", reason, message },
    { type: "Complete", status: "True", reason, message },
  ];
  return {
    conditions: conditionsFrom(object["status"], wanted, { now, extra: "lastProbeTime" }),
    startTime,
    completionTime: statusOf(object)["completionTime"] ?? now,
    ...unlessZero("succeeded", countOf(object, "completions")),
    ready: 0,
    terminating: 0,
    uncountedTerminatedPods: {},
  };
}

function failed({ object, now }: Situation, reason: string, startTime: JsonObject[string]): JsonObject {
  const message = "Job has reached the specified backoff limit";
  const wanted: Wanted[] = [
    { type: "FailureTarget", status: "True", reason, message },
    { type: "Failed", status: "True", reason, message },
  ];
  const conditions = conditionsFrom(object["status"], wanted, { now, extra: "lastProbeTime" });
  return { conditions, startTime, failed: 1, ready: 0, terminating: 0, uncountedTerminatedPods: {} };
}

function suspended({ object, now }: Situation): JsonObject {
  const wanted: Wanted[] = [{ type: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" }];
  const conditions = conditionsFrom(object["status"], wanted, { now, extra: "lastProbeTime" });
  return { conditions, ready: 0, terminating: 0, uncountedTerminatedPods: {} };
}
