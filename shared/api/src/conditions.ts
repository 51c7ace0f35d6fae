import { type Condition } from "./meta.ts";

/** The longest message the API accepts; longer ones are cut and end in "...". */
const MESSAGE_LIMIT = 32_768;

export type ConditionFacts = Omit<Condition, "lastTransitionTime">;

/**
 * Returns `conditions` with `facts` in place of the condition of the same type, in Flux's stored order.
 * `lastTransitionTime` moves when status, reason or message changes; otherwise the old time stays.
 *
 * @param now RFC 3339 time of the change.
 * @source Flux `conditions.Set` (unlike Kubernetes, which moves the time with the status only)
 */
export function setCondition(conditions: readonly Condition[], facts: ConditionFacts, now: string): Condition[] {
  const message =
    facts.message.length > MESSAGE_LIMIT ? `${facts.message.slice(0, MESSAGE_LIMIT - 3)}...` : facts.message;
  const old = conditions.find((condition) => condition.type === facts.type);
  const same = old && old.status === facts.status && old.reason === facts.reason && old.message === message;
  const next: Condition = { ...facts, message, lastTransitionTime: same ? old.lastTransitionTime : now };
  return sortConditions([...conditions.filter((condition) => condition.type !== facts.type), next]);
}

/** Returns `conditions` without those of the given types. */
export function dropConditions(conditions: readonly Condition[], ...types: readonly string[]): Condition[] {
  return conditions.filter((condition) => !types.includes(condition.type));
}

/** The condition of `type`, if present. Conditions that are none, of an object stored before its schema, count as absent. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  if (!Array.isArray(conditions)) return undefined;
  return (conditions as readonly (Condition | null)[]).find((condition) => condition?.type === type) ?? undefined;
}

/** True if the object has `type` with status True. */
export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === "True";
}

const FIRST = ["Stalled", "Reconciling", "Ready"];

function sortConditions(conditions: Condition[]): Condition[] {
  const rank = ({ type }: Condition) => (FIRST.indexOf(type) + FIRST.length + 1) % (FIRST.length + 1);
  return conditions.sort((a, b) => rank(a) - rank(b) || (a.type < b.type ? -1 : a.type > b.type ? 1 : 0));
}
