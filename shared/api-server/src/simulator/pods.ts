import { isObject, type JsonObject } from "@sluice/base";
import { conditionsFrom, type Wanted } from "./conditions.ts";
import { type Situation, type StatusOf, specOf, statusOf } from "./workload.ts";

/** Name of the one simulated node. */
export const NODE = "sluice";
const HOST_IP = "192.0.2.1";

/** A pod runs; one that need not run for ever has ended at once. A failed one waits with the reason in its containers. */
export const podStatus: StatusOf = (situation) => {
  const { object, phase, now } = situation;
  const startTime = statusOf(object)["startTime"] ?? now;
  const ends = specOf(object)["restartPolicy"] !== "Always";
  const done = ends && phase.is === "ready";
  const ready = phase.is === "ready" && !ends;
  return {
    observedGeneration: object.metadata.generation ?? 0,
    phase: done ? "Succeeded" : ready ? "Running" : "Pending",
    conditions: conditionsFrom(object["status"], conditions(ready, done), { now, extra: "lastProbeTime" }).map(
      withoutProbe,
    ),
    hostIP: HOST_IP,
    hostIPs: [{ ip: HOST_IP }],
    podIP: podIp(object.metadata.uid ?? ""),
    podIPs: [{ ip: podIp(object.metadata.uid ?? "") }],
    startTime,
    containerStatuses: containers(situation).map((container) => containerStatus(container, { situation, ready, done })),
    qosClass: statusOf(object)["qosClass"] ?? "BestEffort",
  };
};

/** The API shows a probe time that never was as null. */
function withoutProbe(condition: JsonObject): JsonObject {
  return { ...condition, lastProbeTime: null };
}

function conditions(ready: boolean, done: boolean): Wanted[] {
  const status = ready ? "True" : "False";
  const why = done ? { reason: "PodCompleted" } : ready ? {} : { reason: "ContainersNotReady" };
  return [
    { type: "PodReadyToStartContainers", status: done ? "False" : "True" },
    { type: "Initialized", status: "True", ...(done && why) },
    { type: "Ready", status, ...why },
    { type: "ContainersReady", status, ...why },
    { type: "PodScheduled", status: "True" },
  ];
}

function containers({ object }: Situation): JsonObject[] {
  const list = specOf(object)["containers"];
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function containerStatus(
  container: JsonObject,
  { situation, ready, done }: { situation: Situation; ready: boolean; done: boolean },
): JsonObject {
  const { name, image } = container;
  const startedAt = statusOf(situation.object)["startTime"] ?? situation.now;
  const { phase } = situation;
  const state: JsonObject = done
    ? { terminated: { exitCode: 0, reason: "Completed", startedAt, finishedAt: startedAt } }
    : ready
      ? { running: { startedAt } }
      : { waiting: { reason: phase.is === "failed" ? phase.reason : "ContainerCreating" } };
  return { name, image, imageID: "", state, lastState: {}, ready, restartCount: 0, started: ready };
}

/** An address in 10.244.0.0/16 that stays with the pod. */
function podIp(uid: string): string {
  const number = Number.parseInt(uid.replaceAll("-", "").slice(0, 4) || "0", 16);
  return `10.244.${number >> 8}.${number & 255}`;
}
