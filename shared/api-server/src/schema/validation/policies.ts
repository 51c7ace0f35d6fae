import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject, ownKey } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults, IMMUTABLE } from "./faults.ts";
import { checkCountOrPercent } from "./ports.ts";
import { checkQuantity, nanosOf } from "./resources.ts";
import { checkSelector } from "./selector.ts";

export function checkDisruptionBudget(faults: Faults, budget: KubeObject): void {
  const spec = objectAt(budget, "spec");
  const { minAvailable, maxUnavailable } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    faults.invalid("spec", spec, "minAvailable and maxUnavailable cannot be both set");
  }
  checkCountOrPercent(faults, minAvailable, "spec.minAvailable");
  checkCountOrPercent(faults, maxUnavailable, "spec.maxUnavailable");
  checkSelector(faults, spec["selector"], "spec.selector");
}

const METRIC_TYPES = ["ContainerResource", "External", "Object", "Pods", "Resource"];

export function checkAutoscaler(faults: Faults, scaler: KubeObject): void {
  const spec = objectAt(scaler, "spec");
  const target = objectAt(spec, "scaleTargetRef");
  const least = Number(spec["minReplicas"] ?? 1);
  const most = Number(spec["maxReplicas"] ?? 0);
  if (least < 1) {
    faults.invalid("spec.minReplicas", least, "must be greater than or equal to 1");
    if (least === 0) {
      faults.forbidden(
        "spec.metrics",
        "must specify at least one Object or External metric to support scaling to zero replicas",
      );
    }
  }
  if (most < 1) faults.required("spec.maxReplicas", "must be set and greater than 0");
  else if (most < least) faults.invalid("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`");
  if (!target["kind"]) faults.required("spec.scaleTargetRef.kind");
  if (!target["name"]) faults.required("spec.scaleTargetRef.name");
  if (!target["apiVersion"] && spec["metrics"] !== undefined) {
    faults.invalid("spec.scaleTargetRef.apiVersion", "", "apiVersion must specify API group");
  }
  for (const [index, metric] of objectsAt(spec, "metrics").entries())
    checkMetric(faults, metric, `spec.metrics[${index}]`);
}

function checkMetric(faults: Faults, metric: JsonObject, at: string): void {
  const type = String(metric["type"] ?? "");
  if (!METRIC_TYPES.includes(type)) return faults.unsupported(`${at}.type`, type, METRIC_TYPES);
  const key = type.charAt(0).toLowerCase() + type.slice(1);
  const source = metric[key];
  if (!isObject(source))
    return faults.required(`${at}.${key}`, "must populate information for the given metric source");
  const goal = objectAt(source, "target");
  const isSet = ["averageUtilization", "averageValue", "value"].some((name) => goal[name] !== undefined);
  if (type === "Resource" && !isSet) {
    faults.required(
      `${at}.${key}.target.averageUtilization`,
      "must set either a target raw value or a target utilization",
    );
  }
}

export function checkPriorityClass(faults: Faults, priority: KubeObject, old: KubeObject | undefined): void {
  const { name } = priority.metadata;
  if (name.startsWith("system-") && name !== "system-node-critical" && name !== "system-cluster-critical") {
    const detail = `priority class names with 'system-' prefix are reserved for system use only. error: ${name} is not a known system priority class`;
    faults.forbidden("metadata.name", detail);
  }
  faults.oneOf("preemptionPolicy", priority["preemptionPolicy"], ["PreemptLowerPriority", "Never"]);
  if (old && priority["value"] !== old["value"]) faults.forbidden("value", "may not be changed in an update.");
  if (old && priority["preemptionPolicy"] !== old["preemptionPolicy"]) {
    faults.invalid("preemptionPolicy", priority["preemptionPolicy"], IMMUTABLE);
  }
}

const QUOTA_RESOURCES: ReadonlySet<string> = new Set([
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.storage",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
  "pods",
  "resourcequotas",
  "services",
  "replicationcontrollers",
  "secrets",
  "persistentvolumeclaims",
  "configmaps",
  "services.nodeports",
  "services.loadbalancers",
]);

export function checkQuota(faults: Faults, quota: KubeObject): void {
  for (const [name, amount] of Object.entries(objectAt(objectAt(quota, "spec"), "hard"))) {
    const field = `spec.hard[${name}]`;
    if (
      !QUOTA_RESOURCES.has(name) &&
      !name.includes("/") &&
      !name.startsWith("requests.") &&
      !name.startsWith("hugepages-")
    ) {
      faults.invalid(field, name, "must be a standard resource type or fully qualified");
      faults.invalid(field, name, "must be a standard resource for quota");
    }
    checkQuantity(faults, name, amount, field);
  }
}

export function checkLimitRange(faults: Faults, range: KubeObject): void {
  for (const [index, limit] of objectsAt(objectAt(range, "spec"), "limits").entries())
    checkLimits(faults, limit, `spec.limits[${index}]`);
}

function checkLimits(faults: Faults, limit: JsonObject, at: string): void {
  const lists = ["min", "max", "default", "defaultRequest"].map((name) => objectAt(limit, name));
  for (const name of new Set(lists.flatMap((list) => Object.keys(list)))) {
    const [min, max, usual, asked] = lists.map((list) => ownKey(list, name));
    const over = (low: unknown, high: unknown) =>
      low !== undefined && high !== undefined && nanosOf(low) > nanosOf(high);
    if (over(min, max)) faults.invalid(`${at}.min[${name}]`, min, `min value ${min} is greater than max value ${max}`);
    if (over(min, asked))
      faults.invalid(
        `${at}.defaultRequest[${name}]`,
        asked,
        `min value ${min} is greater than default request value ${asked}`,
      );
    if (over(asked, max))
      faults.invalid(
        `${at}.defaultRequest[${name}]`,
        asked,
        `default request value ${asked} is greater than max value ${max}`,
      );
    if (over(asked, usual))
      faults.invalid(
        `${at}.defaultRequest[${name}]`,
        asked,
        `default request value ${asked} is greater than default limit value ${usual}`,
      );
    if (over(min, usual))
      faults.invalid(`${at}.default[${name}]`, min, `min value ${min} is greater than default value ${usual}`);
    if (over(usual, max))
      faults.invalid(`${at}.default[${name}]`, usual, `default value ${usual} is greater than max value ${max}`);
  }
}

export function checkLease(faults: Faults, lease: KubeObject): void {
  const spec = objectAt(lease, "spec");
  const duration = spec["leaseDurationSeconds"];
  if (typeof duration === "number" && duration <= 0)
    faults.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0");
  faults.notNegative("spec.leaseTransitions", spec["leaseTransitions"]);
}

export function checkEndpointSlice(faults: Faults, slice: KubeObject, old: KubeObject | undefined): void {
  const { addressType } = slice;
  if (!addressType) faults.required("addressType");
  else faults.oneOf("addressType", addressType, ["FQDN", "IPv4", "IPv6"]);
  for (const [index, endpoint] of objectsAt(slice, "endpoints").entries()) {
    const addresses = endpoint["addresses"];
    if (!Array.isArray(addresses) || addresses.length === 0) {
      faults.required(`endpoints[${index}].addresses`, "must contain at least 1 address");
    }
  }
  if (old && addressType !== old["addressType"]) faults.invalid("addressType", addressType, IMMUTABLE);
}

export function checkRuntimeClass(faults: Faults, runtime: KubeObject, old: KubeObject | undefined): void {
  if (!runtime["handler"]) faults.required("handler");
  if (old && runtime["handler"] !== old["handler"]) faults.invalid("handler", runtime["handler"], IMMUTABLE);
}
