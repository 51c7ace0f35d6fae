import { type Resource } from "../discovery/resource.ts";
import { type Column } from "./column.ts";
import * as core from "./core-columns.ts";
import * as other from "./other-columns.ts";
import * as workload from "./workload-columns.ts";

/**
 * By collection id.
 * @source `pkg/printers/internalversion/printers.go`, and the column definitions of kube-apiserver 1.36
 */
const COLUMNS: Readonly<Record<string, Column[]>> = {
  "/configmaps": core.configMapColumns,
  "/endpoints": core.endpointsColumns,
  "/events": core.eventColumns,
  "/namespaces": core.namespaceColumns,
  "/nodes": core.nodeColumns,
  "/persistentvolumeclaims": core.claimColumns,
  "/persistentvolumes": core.volumeColumns,
  "/pods": workload.podColumns,
  "/podtemplates": workload.podTemplateColumns,
  "/replicationcontrollers": workload.replicaSetColumns,
  "/resourcequotas": core.quotaColumns,
  "/secrets": core.secretColumns,
  "/serviceaccounts": core.nameAndAge,
  "/services": core.serviceColumns,
  "admissionregistration.k8s.io/mutatingwebhookconfigurations": other.webhookColumns,
  "admissionregistration.k8s.io/validatingadmissionpolicies": other.admissionPolicyColumns,
  "admissionregistration.k8s.io/validatingadmissionpolicybindings": other.admissionPolicyBindingColumns,
  "admissionregistration.k8s.io/validatingwebhookconfigurations": other.webhookColumns,
  "apiregistration.k8s.io/apiservices": other.apiServiceColumns,
  "apps/controllerrevisions": workload.controllerRevisionColumns,
  "apps/daemonsets": workload.daemonSetColumns,
  "apps/deployments": workload.deploymentColumns,
  "apps/replicasets": workload.replicaSetColumns,
  "apps/statefulsets": workload.statefulSetColumns,
  "autoscaling/horizontalpodautoscalers": other.autoscalerColumns,
  "batch/cronjobs": workload.cronJobColumns,
  "batch/jobs": workload.jobColumns,
  "certificates.k8s.io/certificatesigningrequests": other.csrColumns,
  "coordination.k8s.io/leases": other.leaseColumns,
  "discovery.k8s.io/endpointslices": other.endpointSliceColumns,
  "networking.k8s.io/ingressclasses": other.ingressClassColumns,
  "networking.k8s.io/ingresses": other.ingressColumns,
  "networking.k8s.io/networkpolicies": other.networkPolicyColumns,
  "node.k8s.io/runtimeclasses": other.runtimeClassColumns,
  "policy/poddisruptionbudgets": other.disruptionBudgetColumns,
  "rbac.authorization.k8s.io/clusterrolebindings": other.bindingColumns,
  "rbac.authorization.k8s.io/rolebindings": other.bindingColumns,
  "scheduling.k8s.io/priorityclasses": other.priorityClassColumns,
  "storage.k8s.io/storageclasses": other.storageClassColumns,
};

/** The columns of a built-in kind; undefined if it has none of its own. */
export function builtInColumns(resource: Resource): Column[] | undefined {
  return COLUMNS[resource.collection];
}
