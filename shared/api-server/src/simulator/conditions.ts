import { isObject, type Json, type JsonObject } from "@sluice/base";

/** A condition before it is known since when it holds. */
export interface Wanted {
  type: string;
  status: "True" | "False" | "Unknown";
  reason?: string;
  message?: string;
}

/** Which times a kind's conditions carry beside `lastTransitionTime`. */
export type ExtraTime = "lastUpdateTime" | "lastProbeTime";

/**
 * The conditions of a status: those wanted, each with the time of its last transition kept as long as its status is the
 * same.
 * @param now RFC 3339.
 */
export function conditionsFrom(
  old: Json | undefined,
  wanted: readonly Wanted[],
  { now, extra }: { now: string; extra?: ExtraTime },
): JsonObject[] {
  const known = isObject(old) && Array.isArray(old["conditions"]) ? old["conditions"].filter(isObject) : [];
  return wanted.map((condition) => {
    const before = known.find((candidate) => candidate["type"] === condition.type);
    const same = before?.["status"] === condition.status;
    const told = same && before?.["reason"] === condition.reason && before?.["message"] === condition.message;
    const lastTransitionTime = (same && before?.["lastTransitionTime"]) || now;
    return { ...condition, lastTransitionTime, ...(extra && { [extra]: told ? (before?.[extra] ?? now) : now }) };
  });
}
