import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject } from "@sluice/base";
import { type ObjectHealth } from "../health-types.ts";

/** Judges objects of one kind; undefined: the general rules decide. */
export type Judge = (object: KubeObject) => ObjectHealth | undefined;

export const current = (message: string): ObjectHealth => ({ status: "Current", message });
export const inProgress = (message: string): ObjectHealth => ({ status: "InProgress", message });
export const failed = (message: string): ObjectHealth => ({ status: "Failed", message });

/** The object at `key`, or an empty one: a status that is not there yet says nothing. */
export function section(object: KubeObject | JsonObject, key: string): JsonObject {
  const value = object[key];
  return isObject(value) ? value : {};
}

/** A number, or `fallback` where there is none. */
export function count(value: Json | undefined, fallback = 0): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : fallback;
}

/** What a condition says. */
export interface ConditionFacts {
  status: string;
  reason: string;
  message: string;
}

/** The condition of one type in `status.conditions`. */
export function conditionOf(object: KubeObject, type: string): ConditionFacts | undefined {
  const conditions = section(object, "status")["conditions"];
  if (!Array.isArray(conditions)) return undefined;
  const found = conditions.find(
    (condition): condition is JsonObject => isObject(condition) && condition["type"] === type,
  );
  if (found === undefined) return undefined;
  return { status: text(found["status"]), reason: text(found["reason"]), message: text(found["message"]) };
}

/** Whether a condition of this type is `True`. */
export function isTrue(object: KubeObject, type: string): boolean {
  return conditionOf(object, type)?.status === "True";
}

export function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
