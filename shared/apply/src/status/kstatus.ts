import { groupOf, type KindRef, type KubeObject } from "@sluice/api";
import { type ObjectHealth } from "../health-types.ts";
import { customResourceDefinition, namespace, persistentVolumeClaim, podDisruptionBudget, service } from "./others.ts";
import { conditionOf, current, failed, inProgress, type Judge, section } from "./types.ts";
import { daemonSet, deployment, job, pod, replicaSet, statefulSet } from "./workloads.ts";

/** Kinds with rules of their own, by `group/Kind`. @source kstatus (sigs.k8s.io/cli-utils) and spec/flux-api.md 2.7 */
const JUDGES: ReadonlyMap<string, Judge> = new Map([
  ["apps/Deployment", deployment],
  ["apps/StatefulSet", statefulSet],
  ["apps/DaemonSet", daemonSet],
  ["apps/ReplicaSet", replicaSet],
  ["batch/Job", job],
  ["/Pod", pod],
  ["/PersistentVolumeClaim", persistentVolumeClaim],
  ["/Service", service],
  ["/Namespace", namespace],
  ["policy/PodDisruptionBudget", podDisruptionBudget],
  ["apiextensions.k8s.io/CustomResourceDefinition", customResourceDefinition],
]);

/** Built-in kinds that are Current as soon as they exist: the server sets all that the rules look at when it creates them, or they have no status. */
const INSTANT: ReadonlySet<string> = new Set([
  "/ConfigMap",
  "/Secret",
  "/ServiceAccount",
  "/Service",
  "/Namespace",
  "/Endpoints",
  "/LimitRange",
  "/ResourceQuota",
  "/PersistentVolume",
  "/PodTemplate",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/NetworkPolicy",
  "scheduling.k8s.io/PriorityClass",
  "node.k8s.io/RuntimeClass",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/CSIDriver",
  "batch/CronJob",
  "discovery.k8s.io/EndpointSlice",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
]);

const keyOf = ({ apiVersion, kind }: KindRef) => `${groupOf(apiVersion)}/${kind}`;

/** Whether objects of a kind are Current by existing, so that there is nothing to read or to watch. */
export function isInstant(kind: KindRef): boolean {
  return INSTANT.has(keyOf(kind));
}

/**
 * An object's health by its own fields: deletion, then whether its controller has seen the newest generation, then `Stalled` and `Reconciling`,
 * then the rules of its kind, then `Ready`. Pure and total: whatever is missing or misshapen counts as not there.
 * @source kstatus (sigs.k8s.io/cli-utils)
 */
export function healthOf(object: KubeObject): ObjectHealth {
  return general(object) ?? JUDGES.get(keyOf(object))?.(object) ?? readiness(object) ?? current("Resource is current");
}

function general(object: KubeObject): ObjectHealth | undefined {
  const { generation, deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined) return { status: "Terminating", message: "Resource scheduled for deletion" };
  const observed = section(object, "status")["observedGeneration"];
  if (observed !== undefined && generation !== undefined && Number(observed) !== generation) {
    return inProgress(
      `${object.kind} generation is ${generation}, but latest observed generation is ${String(observed)}`,
    );
  }
  const stalled = conditionOf(object, "Stalled");
  if (stalled?.status === "True") return failed(stalled.message);
  const reconciling = conditionOf(object, "Reconciling");
  return reconciling?.status === "True" ? inProgress(reconciling.message) : undefined;
}

function readiness(object: KubeObject): ObjectHealth | undefined {
  const ready = conditionOf(object, "Ready");
  if (ready === undefined || ready.status === "True") return undefined;
  return inProgress(ready.message === "" ? `Ready is ${ready.status}` : ready.message);
}
