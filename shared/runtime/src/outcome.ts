import { type Standing } from "./settle.ts";

/** How a run ended, and the object as it then was. `until` are the topics that wake it before `afterMs` is over. */
export type Outcome<T> =
  | { ending: "gone" | "suspended" | "superseded"; object: T }
  | { ending: "done"; object: T; afterMs: number }
  | { ending: "stall"; object: T }
  | { ending: "wait"; object: T; afterMs: number; until: readonly string[] }
  | { ending: "retry"; object: T; afterMs: number | undefined; until: readonly string[] };

/** The ending that `standing` stands for. */
export function outcomeOf<T>(standing: Exclude<Standing, { as: "progress" }>, object: T): Outcome<T> {
  switch (standing.as) {
    case "done":
      return { ending: "done", object, afterMs: standing.done.afterMs };
    case "wait":
      return { ending: "wait", object, afterMs: standing.wait.afterMs, until: standing.wait.until };
    case "stall":
      return { ending: "stall", object };
    case "retry":
      return { ending: "retry", object, afterMs: standing.failed.afterMs, until: standing.failed.until };
  }
}
