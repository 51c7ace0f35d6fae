import { type Condition, type ConditionFacts, dropConditions, setCondition } from "@sluice/api";
import { type Done, type Failed, type Stalled, type Waiting } from "./endings.ts";

/** How a run stands: one of its endings, or still under way. */
export type Standing =
  | { as: "progress"; message: string }
  | { as: "done"; done: Done }
  | { as: "wait"; wait: Waiting }
  | { as: "stall"; stall: Stalled }
  | { as: "retry"; failed: Failed };

/**
 * The conditions that say how a run stands: Ready always, Reconciling while there is more to do by itself, Stalled when only the
 * user can help.
 *
 * @param now RFC 3339 time
 * @source kstatus and spec/flux-api.md 1.0
 */
export function settle(
  conditions: readonly Condition[],
  standing: Standing,
  { generation, now }: { generation: number; now: string },
): Condition[] {
  const set = (to: readonly Condition[], facts: Omit<ConditionFacts, "observedGeneration">) =>
    setCondition(to, { ...facts, observedGeneration: generation }, now);
  switch (standing.as) {
    case "progress": {
      const { message } = standing;
      const ready = {
        type: "Ready",
        status: "Unknown",
        reason: "Progressing",
        message: "Reconciliation in progress",
      } as const;
      const reconciling = { type: "Reconciling", status: "True", reason: "Progressing", message } as const;
      return set(set(dropConditions(conditions, "Stalled"), ready), reconciling);
    }
    case "done": {
      const { reason, message } = standing.done;
      return set(dropConditions(conditions, "Stalled", "Reconciling"), {
        type: "Ready",
        status: "True",
        reason,
        message,
      });
    }
    case "stall": {
      const { reason, message } = standing.stall;
      const ready = set(dropConditions(conditions, "Reconciling"), { type: "Ready", status: "False", reason, message });
      return set(ready, { type: "Stalled", status: "True", reason, message });
    }
    case "wait": {
      const { reason, message, ready: status } = standing.wait;
      const how = status === "Unknown" ? "Progressing" : "ProgressingWithRetry";
      const ready = set(dropConditions(conditions, "Stalled"), { type: "Ready", status, reason, message });
      return set(ready, { type: "Reconciling", status: "True", reason: how, message });
    }
    case "retry": {
      const { reason, message } = standing.failed;
      const ready = set(dropConditions(conditions, "Stalled"), { type: "Ready", status: "False", reason, message });
      return set(ready, { type: "Reconciling", status: "True", reason: "ProgressingWithRetry", message });
    }
  }
}
