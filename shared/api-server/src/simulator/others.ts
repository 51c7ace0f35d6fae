import { isObject, type JsonObject } from "@sluice/base";
import { conditionsFrom, type Wanted } from "./conditions.ts";
import { type StatusOf, specOf, statusOf } from "./workload.ts";

/** A claim is bound to a volume of the size it asks for. */
export const claimStatus: StatusOf = ({ object, phase }) => {
  if (phase.is !== "ready") return { ...statusOf(object), phase: "Pending" };
  const { accessModes, resources } = specOf(object);
  const requests = isObject(resources) && isObject(resources["requests"]) ? resources["requests"] : {};
  return { phase: "Bound", accessModes: accessModes ?? [], capacity: { storage: requests["storage"] ?? "0" } };
};

/** A load balancer gets an address of the documentation's network 192.0.2.0/24. */
export const serviceStatus: StatusOf = ({ object, phase }) => {
  if (specOf(object)["type"] !== "LoadBalancer" || phase.is !== "ready") return statusOf(object);
  const last = Number(String(specOf(object)["clusterIP"] ?? "").split(".")[3] ?? 0);
  return { ...statusOf(object), loadBalancer: { ingress: [{ ip: `192.0.2.${(last % 250) + 2}`, ipMode: "VIP" }] } };
};

/** @source kube-controller-manager's podautoscaler controller, for a target whose metrics are fine */
export const autoscalerStatus: StatusOf = ({ object, phase, now }): JsonObject => {
  const { minReplicas } = specOf(object);
  const replicas = typeof minReplicas === "number" ? minReplicas : 1;
  const failed = phase.is === "failed";
  const wanted: Wanted[] = [
    {
      type: "AbleToScale",
      status: "True",
      reason: "ReadyForNewScale",
      message: "recommended size matches current size",
    },
    failed
      ? {
          type: "ScalingActive",
          status: "False",
          reason: phase.reason,
          message: "the HPA was unable to compute the replica count",
        }
      : {
          type: "ScalingActive",
          status: "True",
          reason: "ValidMetricFound",
          message: "the HPA was able to successfully calculate a replica count",
        },
    {
      type: "ScalingLimited",
      status: "False",
      reason: "DesiredWithinRange",
      message: "the desired count is within the acceptable range",
    },
  ];
  return {
    currentReplicas: replicas,
    desiredReplicas: replicas,
    currentMetrics: statusOf(object)["currentMetrics"] ?? null,
    conditions: conditionsFrom(object["status"], wanted, { now }),
  };
};
