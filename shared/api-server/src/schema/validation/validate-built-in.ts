import { type KubeObject } from "@sluice/api";
import { type FieldError } from "../field-error.ts";
import { objectAt } from "../defaults/set-default.ts";
import { checkClusterRole, checkClusterRoleBinding, checkRole, checkRoleBinding } from "./access.ts";
import { checkConfigMap, checkSecret } from "./configuration.ts";
import { checkDefinition } from "./crd.ts";
import { checkEvent, checkNewEvent } from "./event.ts";
import { Faults } from "./faults.ts";
import { checkCronJob, checkJob } from "./jobs.ts";
import { dnsLabel, dnsSubdomain, type NameCheck, pathSegment } from "./names.ts";
import { checkIngress, checkIngressClass, checkNetworkPolicy } from "./network.ts";
import { validateObjectMeta } from "./object-meta.ts";
import { checkPod, checkPodTemplate } from "./pod.ts";
import {
  checkAutoscaler,
  checkDisruptionBudget,
  checkEndpointSlice,
  checkLease,
  checkLimitRange,
  checkPriorityClass,
  checkQuota,
  checkRuntimeClass,
} from "./policies.ts";
import { checkService } from "./service.ts";
import { checkClaim, checkStorageClass, checkVolume } from "./storage.ts";
import { checkDaemonSet, checkDeployment, checkReplicaSet, checkStatefulSet } from "./workloads.ts";

/** What one kind demands beyond its field types. */
type Check = (faults: Faults, object: KubeObject, old: KubeObject | undefined) => void;

/**
 * What is wrong with an object of a built-in kind, after defaulting, in the API server's words. Kinds that are not known
 * here are checked for their metadata only.
 * @source `k8s.io/kubernetes/pkg/apis` validation packages
 */
export function validateBuiltIn(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  const key = `${object.apiVersion}/${object.kind}`;
  const faults = new Faults();
  faults.add(validateObjectMeta(object, old, nameChecks[object.kind] ?? dnsSubdomain));
  if (Object.hasOwn(checks, key)) checks[key]?.(faults, object, old);
  return faults.errors;
}

const nameChecks: Readonly<Record<string, NameCheck>> = {
  Namespace: dnsLabel,
  Service: dnsLabel,
  Role: pathSegment,
  ClusterRole: pathSegment,
  RoleBinding: pathSegment,
  ClusterRoleBinding: pathSegment,
};

const checks: Readonly<Record<string, Check>> = {
  "v1/Pod": checkPod,
  "v1/PodTemplate": (faults, object) => checkPodTemplate(faults, objectAt(object, "template"), "template"),
  "v1/Service": checkService,
  "v1/Event": checkEvent,
  "events.k8s.io/v1/Event": checkNewEvent,
  "v1/ConfigMap": checkConfigMap,
  "v1/Secret": checkSecret,
  "v1/PersistentVolume": checkVolume,
  "v1/PersistentVolumeClaim": checkClaim,
  "v1/ResourceQuota": checkQuota,
  "v1/LimitRange": checkLimitRange,
  "apps/v1/Deployment": checkDeployment,
  "apps/v1/ReplicaSet": checkReplicaSet,
  "apps/v1/DaemonSet": checkDaemonSet,
  "apps/v1/StatefulSet": checkStatefulSet,
  "batch/v1/Job": checkJob,
  "batch/v1/CronJob": checkCronJob,
  "networking.k8s.io/v1/Ingress": checkIngress,
  "networking.k8s.io/v1/IngressClass": checkIngressClass,
  "networking.k8s.io/v1/NetworkPolicy": checkNetworkPolicy,
  "rbac.authorization.k8s.io/v1/Role": checkRole,
  "rbac.authorization.k8s.io/v1/ClusterRole": checkClusterRole,
  "rbac.authorization.k8s.io/v1/RoleBinding": checkRoleBinding,
  "rbac.authorization.k8s.io/v1/ClusterRoleBinding": checkClusterRoleBinding,
  "policy/v1/PodDisruptionBudget": checkDisruptionBudget,
  "autoscaling/v1/HorizontalPodAutoscaler": checkAutoscaler,
  "autoscaling/v2/HorizontalPodAutoscaler": checkAutoscaler,
  "storage.k8s.io/v1/StorageClass": checkStorageClass,
  "scheduling.k8s.io/v1/PriorityClass": checkPriorityClass,
  "coordination.k8s.io/v1/Lease": checkLease,
  "discovery.k8s.io/v1/EndpointSlice": checkEndpointSlice,
  "node.k8s.io/v1/RuntimeClass": checkRuntimeClass,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": checkDefinition,
};
