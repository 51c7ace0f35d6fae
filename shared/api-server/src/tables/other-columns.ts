import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { ageColumn, type Column, column, nameColumn } from "./column.ts";
import { selectorText } from "./label-text.ts";
import { at, numberAt, objectAt, objectsAt, orNone, orUnset, textAt, textsAt } from "./read.ts";

const wide = { priority: 1 } as const;

export const ingressColumns: Column[] = [
  nameColumn,
  column("Class", (ingress) => orNone(textAt(ingress, "spec.ingressClassName"))),
  column("Hosts", ingressHosts),
  column("Address", (ingress) =>
    objectsAt(ingress, "status.loadBalancer.ingress")
      .map((entry) => textAt(entry, "ip") || textAt(entry, "hostname"))
      .join(","),
  ),
  column("Ports", (ingress) => (objectsAt(ingress, "spec.tls").length > 0 ? "80, 443" : "80")),
  ageColumn,
];

const HOSTS_SHOWN = 3;

function ingressHosts(ingress: KubeObject): string {
  const hosts = [...new Set(objectsAt(ingress, "spec.rules").map((rule) => textAt(rule, "host")))].filter(
    (host) => host !== "",
  );
  if (hosts.length === 0) return "*";
  const shown = hosts.slice(0, HOSTS_SHOWN).join(",");
  return hosts.length > HOSTS_SHOWN ? `${shown} + ${hosts.length - HOSTS_SHOWN} more...` : shown;
}

export const ingressClassColumns: Column[] = [
  nameColumn,
  column("Controller", (object) => textAt(object, "spec.controller")),
  column("Parameters", (object) => {
    const { kind, apiGroup, name } = objectAt(object, "spec.parameters");
    if (name === undefined) return "<none>";
    return `${String(kind)}${apiGroup ? `.${String(apiGroup)}` : ""}/${String(name)}`;
  }),
  ageColumn,
];

export const networkPolicyColumns: Column[] = [
  nameColumn,
  column("Pod-Selector", (object) => selectorText(at(object, "spec.podSelector"))),
  ageColumn,
];

export const endpointSliceColumns: Column[] = [
  nameColumn,
  column("AddressType", (object) => textAt(object, "addressType")),
  column("Ports", (object) =>
    orUnset(
      objectsAt(object, "ports")
        .map((port) => textAt(port, "port"))
        .join(","),
    ),
  ),
  column("Endpoints", (object) =>
    orUnset(
      objectsAt(object, "endpoints")
        .flatMap((endpoint) => textsAt(endpoint, "addresses"))
        .join(","),
    ),
  ),
  ageColumn,
];

const intOrNone = (object: KubeObject, path: string) => textAt(object, path) || "N/A";

export const disruptionBudgetColumns: Column[] = [
  nameColumn,
  column("Min Available", (object) => intOrNone(object, "spec.minAvailable")),
  column("Max Unavailable", (object) => intOrNone(object, "spec.maxUnavailable")),
  column("Allowed Disruptions", (object) => numberAt(object, "status.disruptionsAllowed"), { type: "integer" }),
  ageColumn,
];

export const autoscalerColumns: Column[] = [
  nameColumn,
  column(
    "Reference",
    (object) => `${textAt(object, "spec.scaleTargetRef.kind")}/${textAt(object, "spec.scaleTargetRef.name")}`,
  ),
  column("Targets", autoscalerTargets),
  column("MinPods", (object) => orUnset(textAt(object, "spec.minReplicas"))),
  column("MaxPods", (object) => numberAt(object, "spec.maxReplicas")),
  column("Replicas", (object) => numberAt(object, "status.currentReplicas")),
  ageColumn,
];

function autoscalerTargets(object: KubeObject): string {
  const cpu = textAt(object, "spec.targetCPUUtilizationPercentage");
  const metrics = objectsAt(object, "spec.metrics").map(metricTarget);
  return orNone([...(cpu === "" ? [] : [`cpu: <unknown>/${cpu}%`]), ...metrics].join(", "));
}

function metricTarget(metric: JsonObject): string {
  const source = objectAt(metric, "resource");
  const utilization = textAt(source, "target.averageUtilization");
  const value = utilization === "" ? textAt(source, "target.averageValue") || "<auto>" : `${utilization}%`;
  const name = textAt(source, "name");
  return name === "" ? `<unknown>/${value}` : `${name}: <unknown>/${value}`;
}

const roleColumn = column("Role", (object) => `${textAt(object, "roleRef.kind")}/${textAt(object, "roleRef.name")}`);

function subjects(kind: string): (object: KubeObject) => string {
  return (object) =>
    objectsAt(object, "subjects")
      .filter((subject) => subject["kind"] === kind)
      .map((subject) =>
        kind === "ServiceAccount"
          ? `${textAt(subject, "namespace")}/${textAt(subject, "name")}`
          : textAt(subject, "name"),
      )
      .join(", ");
}

export const bindingColumns: Column[] = [
  nameColumn,
  roleColumn,
  ageColumn,
  column("Users", subjects("User"), wide),
  column("Groups", subjects("Group"), wide),
  column("ServiceAccounts", subjects("ServiceAccount"), wide),
];

const DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

export const storageClassColumns: Column[] = [
  column(
    "Name",
    ({ metadata }) => (metadata.annotations?.[DEFAULT_CLASS] === "true" ? `${metadata.name} (default)` : metadata.name),
    {
      format: "name",
    },
  ),
  column("Provisioner", (object) => textAt(object, "provisioner")),
  column("ReclaimPolicy", (object) => textAt(object, "reclaimPolicy") || "Delete"),
  column("VolumeBindingMode", (object) => textAt(object, "volumeBindingMode") || "Immediate"),
  column("AllowVolumeExpansion", (object) => at(object, "allowVolumeExpansion") === true),
  ageColumn,
];

export const leaseColumns: Column[] = [
  nameColumn,
  column("Holder", (object) => textAt(object, "spec.holderIdentity")),
  ageColumn,
];

export const priorityClassColumns: Column[] = [
  nameColumn,
  column("Value", (object) => numberAt(object, "value"), { type: "integer" }),
  column("Global-Default", (object) => at(object, "globalDefault") === true, { type: "boolean" }),
  ageColumn,
  column("PreemptionPolicy", (object) => textAt(object, "preemptionPolicy")),
];

export const runtimeClassColumns: Column[] = [
  nameColumn,
  column("Handler", (object) => textAt(object, "handler")),
  ageColumn,
];

export const apiServiceColumns: Column[] = [
  nameColumn,
  column("Service", (object) => {
    const name = textAt(object, "spec.service.name");
    return name === "" ? "Local" : `${textAt(object, "spec.service.namespace")}/${name}`;
  }),
  column("Available", (object) => {
    const condition = objectsAt(object, "status.conditions").find((candidate) => candidate["type"] === "Available");
    if (!condition) return "Unknown";
    return condition["status"] === "True" ? "True" : `${textAt(condition, "status")} (${textAt(condition, "reason")})`;
  }),
  ageColumn,
];

export const webhookColumns: Column[] = [
  nameColumn,
  column("Webhooks", (object) => objectsAt(object, "webhooks").length, { type: "integer" }),
  ageColumn,
];

export const admissionPolicyColumns: Column[] = [
  nameColumn,
  column("Validations", (object) => objectsAt(object, "spec.validations").length, { type: "integer" }),
  column("ParamKind", (object) => {
    const { apiVersion, kind } = objectAt(object, "spec.paramKind");
    return kind === undefined ? "<unset>" : `${String(apiVersion)}/${String(kind)}`;
  }),
  ageColumn,
];

export const admissionPolicyBindingColumns: Column[] = [
  nameColumn,
  column("PolicyName", (object) => textAt(object, "spec.policyName")),
  column("ParamRef", (object) => {
    const reference = objectAt(object, "spec.paramRef");
    const name = textAt(reference, "name");
    if (name === "") return "<unset>";
    const namespace = textAt(reference, "namespace");
    return namespace === "" ? `*/${name}` : `${namespace}/${name}`;
  }),
  ageColumn,
];

export const csrColumns: Column[] = [
  nameColumn,
  ageColumn,
  column("SignerName", (object) => textAt(object, "spec.signerName") || "<none>"),
  column("Requestor", (object) => textAt(object, "spec.username")),
  column("RequestedDuration", (object) =>
    at(object, "spec.expirationSeconds") === undefined ? "<none>" : `${textAt(object, "spec.expirationSeconds")}s`,
  ),
  column("Condition", (object) => {
    const types = objectsAt(object, "status.conditions").map((condition) => textAt(condition, "type"));
    const state = types.includes("Denied") ? "Denied" : types.includes("Approved") ? "Approved" : "Pending";
    return [
      state,
      ...(types.includes("Failed") ? ["Failed"] : []),
      ...(textAt(object, "status.certificate") ? ["Issued"] : []),
    ].join(",");
  }),
];
