import { cloneJson, type JsonObject } from "@sluice/base";
import { type KindHooks } from "../registry/context.ts";

/** The status with which the API server creates each kind. @source responses of kube-apiserver 1.36 to POST */
const STATUSES: Readonly<Record<string, JsonObject>> = {
  "/namespaces": { phase: "Active" },
  "/persistentvolumeclaims": { phase: "Pending" },
  "/persistentvolumes": { phase: "Pending" },
  "/pods": { phase: "Pending" },
  "/replicationcontrollers": { replicas: 0 },
  "/resourcequotas": {},
  "/services": { loadBalancer: {} },
  "apps/daemonsets": { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 },
  "apps/deployments": {},
  "apps/replicasets": { replicas: 0 },
  "apps/statefulsets": { replicas: 0, availableReplicas: 0 },
  "autoscaling/horizontalpodautoscalers": { desiredReplicas: 0, currentMetrics: null },
  "batch/cronjobs": {},
  "batch/jobs": {},
  "certificates.k8s.io/certificatesigningrequests": {},
  "networking.k8s.io/ingresses": { loadBalancer: {} },
  "policy/poddisruptionbudgets": { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 },
};

/** `autoscaling/v1` tells less. */
const OLD_AUTOSCALER: JsonObject = { currentReplicas: 0, desiredReplicas: 0 };

/** Adds to the hooks of each kind that it starts with its status. */
export function addInitialStatuses(hooks: Map<string, KindHooks>): void {
  for (const [collection, status] of Object.entries(STATUSES)) {
    addHook(hooks, collection, {
      prepareCreate(object) {
        object["status"] = cloneJson(object.apiVersion === "autoscaling/v1" ? OLD_AUTOSCALER : status);
      },
    });
  }
}

/** Adds `more` to the hooks of a collection: both run, the earlier ones first. */
export function addHook(hooks: Map<string, KindHooks>, collection: string, more: KindHooks): void {
  const first = hooks.get(collection);
  hooks.set(collection, first ? bothHooks(first, more) : more);
}

function bothHooks(first: KindHooks, second: KindHooks): KindHooks {
  return {
    prepareCreate(object, dryRun) {
      first.prepareCreate?.(object, dryRun);
      second.prepareCreate?.(object, dryRun);
    },
    prepareUpdate(object, live, dryRun) {
      first.prepareUpdate?.(object, live, dryRun);
      second.prepareUpdate?.(object, live, dryRun);
    },
    validate: (object, live) => [...(first.validate?.(object, live) ?? []), ...(second.validate?.(object, live) ?? [])],
    heldBack: (object) => first.heldBack?.(object) === true || second.heldBack?.(object) === true,
    prepareDelete(object) {
      first.prepareDelete?.(object);
      second.prepareDelete?.(object);
    },
  };
}
