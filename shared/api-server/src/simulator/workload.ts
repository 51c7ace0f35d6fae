import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject } from "@sluice/base";

/** How far a simulated workload is. */
export type Phase = { is: "progressing" } | { is: "ready" } | { is: "failed"; reason: string };

/** What a status is made from. */
export interface Situation {
  object: KubeObject;
  phase: Phase;
  /** RFC 3339. */
  now: string;
}

/** The status of a workload in a situation. Pure: the same situation gives the same status. */
export type StatusOf = (situation: Situation) => JsonObject;

export function specOf(object: KubeObject): JsonObject {
  return isObject(object["spec"]) ? object["spec"] : {};
}

export function statusOf(object: KubeObject): JsonObject {
  return isObject(object["status"]) ? object["status"] : {};
}

/** `spec.replicas`, 1 if it is absent. */
export function replicasOf(object: KubeObject): number {
  const { replicas } = specOf(object);
  return typeof replicas === "number" ? replicas : 1;
}

/** A member that Go leaves out when it is zero. */
export function unlessZero(key: string, value: number): JsonObject {
  return value === 0 ? {} : { [key]: value };
}

/** A short name made from the pod template, like the hash of a ReplicaSet: the same template gives the same name. */
export function templateHash(object: KubeObject): string {
  let hash = 2166136261;
  for (const character of JSON.stringify(specOf(object)["template"] ?? null, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  )) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  return hash.toString(36).padStart(7, "0");
}
