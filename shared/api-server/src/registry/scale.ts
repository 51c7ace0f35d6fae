import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";

const BUILT_IN = { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" };

/** The `autoscaling/v1` Scale of an object. */
export function scaleOf(resource: Resource, object: KubeObject): JsonObject {
  const paths = resource.custom?.scale ?? BUILT_IN;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorText(resource, object);
  const replicas = wholeNumber(at(object, paths.specReplicasPath));
  return {
    kind: "Scale",
    apiVersion: "autoscaling/v1",
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: replicas === 0 ? {} : { replicas },
    status: { replicas: wholeNumber(at(object, paths.statusReplicasPath)), ...(selector !== "" && { selector }) },
  };
}

/** `object` with other replicas; it is changed in place. */
export function withReplicas(resource: Resource, object: KubeObject, replicas: number): KubeObject {
  const path = keysOf(resource.custom?.scale?.specReplicasPath ?? BUILT_IN.specReplicasPath);
  let parent: JsonObject = object;
  for (const key of path.slice(0, -1)) {
    const child = ownKey(parent, key);
    const next = isObject(child) ? child : {};
    setKey(parent, key, next);
    parent = next;
  }
  setKey(parent, path.at(-1) ?? "replicas", replicas);
  return object;
}

function keysOf(path: string): string[] {
  return path.split(".").filter((key) => key !== "");
}

function at(object: KubeObject, path: string): Json | undefined {
  let value: Json | undefined = object;
  for (const key of keysOf(path)) value = isObject(value) ? ownKey(value, key) : undefined;
  return value;
}

function wholeNumber(value: Json | undefined): number {
  return typeof value === "number" ? value : 0;
}

function selectorText(resource: Resource, object: KubeObject): string {
  if (resource.custom) {
    const path = resource.custom.scale?.labelSelectorPath;
    const value = path === undefined ? undefined : at(object, path);
    return typeof value === "string" ? value : "";
  }
  const selector = at(object, ".spec.selector");
  return isObject(selector) ? labelSelectorText(selector) : "";
}

/**
 * A `metav1.LabelSelector`, or a plain map of labels, as the text that a query parameter takes.
 * @source `metav1.LabelSelectorAsSelector` and `Selector.String()`: requirements in the order of their keys
 */
export function labelSelectorText(selector: JsonObject): string {
  const { matchLabels, matchExpressions } = selector;
  if (matchLabels === undefined && matchExpressions === undefined) return mapTerms(selector).sort().join(",");
  const labels = isObject(matchLabels) ? mapTerms(matchLabels) : [];
  const expressions = Array.isArray(matchExpressions) ? matchExpressions.filter(isObject).map(expressionText) : [];
  return [...labels, ...expressions].sort().join(",");
}

function mapTerms(labels: JsonObject): string[] {
  return Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
}

function expressionText({ key, operator, values }: JsonObject): string {
  const list = Array.isArray(values) ? values.map(String).sort().join(",") : "";
  if (operator === "In") return `${String(key)} in (${list})`;
  if (operator === "NotIn") return `${String(key)} notin (${list})`;
  return operator === "Exists" ? String(key) : `!${String(key)}`;
}
