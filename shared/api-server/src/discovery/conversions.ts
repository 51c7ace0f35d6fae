import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject } from "@sluice/base";

/** Turns an object into another version of its kind; nothing of the input is changed. */
export type Conversion = (object: KubeObject, apiVersion: string) => KubeObject;

/** The conversion among the served versions of a built-in resource; undefined: there is one version only. */
export function conversionOf(group: string, plural: string): Conversion | undefined {
  if (plural === "events" && (group === "" || group === "events.k8s.io")) return convertEvent;
  return group === "autoscaling" && plural === "horizontalpodautoscalers" ? convertAutoscaler : undefined;
}

/** Fields that core/v1 and events.k8s.io/v1 call differently. */
const EVENT_NAMES: readonly (readonly [core: string, events: string])[] = [
  ["involvedObject", "regarding"],
  ["message", "note"],
  ["reportingComponent", "reportingController"],
  ["source", "deprecatedSource"],
  ["firstTimestamp", "deprecatedFirstTimestamp"],
  ["lastTimestamp", "deprecatedLastTimestamp"],
  ["count", "deprecatedCount"],
];

function convertEvent(object: KubeObject, apiVersion: string): KubeObject {
  const toEvents = apiVersion === "events.k8s.io/v1";
  const renames = new Map(EVENT_NAMES.map(([core, events]) => (toEvents ? [core, events] : [events, core])));
  const result: KubeObject = { kind: object.kind, apiVersion, metadata: object.metadata };
  for (const [key, value] of Object.entries(object)) {
    const known = key === "kind" || key === "apiVersion" || key === "metadata";
    if (!known && !(toEvents && value === "")) result[renames.get(key) ?? key] = value;
  }
  return result;
}

const METRICS = "autoscaling.alpha.kubernetes.io/metrics";

function convertAutoscaler(object: KubeObject, apiVersion: string): KubeObject {
  if (object.apiVersion === apiVersion) return object;
  return apiVersion === "autoscaling/v2" ? autoscalerToV2(object) : autoscalerToV1(object);
}

/** v1 has a field for CPU utilization only; other metrics travel in an annotation. */
function autoscalerToV1(object: KubeObject): KubeObject {
  const { metrics, behavior, ...spec } = asObject(object["spec"]);
  void behavior;
  const all = Array.isArray(metrics) ? metrics.filter(isObject) : [];
  const cpu = all.find(isCpuUtilization);
  const others = all.filter((metric) => metric !== cpu);
  const target = cpu && asObject(asObject(cpu["resource"])["target"])["averageUtilization"];
  const annotations = { ...object.metadata.annotations };
  if (others.length > 0) annotations[METRICS] = JSON.stringify(others);
  const metadata = Object.keys(annotations).length > 0 ? { ...object.metadata, annotations } : object.metadata;
  const converted = target === undefined ? spec : { ...spec, targetCPUUtilizationPercentage: target };
  return { ...object, apiVersion: "autoscaling/v1", metadata, spec: converted };
}

function autoscalerToV2(object: KubeObject): KubeObject {
  const { targetCPUUtilizationPercentage: target, ...spec } = asObject(object["spec"]);
  const { [METRICS]: carried, ...annotations } = object.metadata.annotations ?? {};
  const metrics: Json[] = carried === undefined ? [] : parsedList(carried);
  if (target !== undefined) {
    const cpu = { name: "cpu", target: { type: "Utilization", averageUtilization: target } };
    metrics.push({ type: "Resource", resource: cpu });
  }
  const metadata = carried === undefined ? object.metadata : { ...object.metadata, annotations };
  return { ...object, apiVersion: "autoscaling/v2", metadata, spec: metrics.length > 0 ? { ...spec, metrics } : spec };
}

function isCpuUtilization(metric: JsonObject): boolean {
  const resource = asObject(metric["resource"]);
  return (
    metric["type"] === "Resource" &&
    resource["name"] === "cpu" &&
    asObject(resource["target"])["type"] === "Utilization"
  );
}

function parsedList(text: string): Json[] {
  try {
    const value = JSON.parse(text) as Json;
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function asObject(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}
