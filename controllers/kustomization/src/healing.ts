import { type Drift } from "@sluice/apply";
import { displayRef, type Kustomization } from "@sluice/api";
import { type Clock, formatDuration, parseDuration } from "@sluice/base";
import { type Controller, type Notice, type Recorder } from "@sluice/runtime";
import { soundSpec } from "./spec.ts";

/** Differences that are remembered before old ones are looked for. */
const MEMORY = 1000;
/** Healings of the same difference that happen at once; from then on the wait doubles. */
const FREE_HEALINGS = 3;
const FIRST_DELAY_MS = 2000;
/** For an object that was stored with an interval that is none. */
const FALLBACK_INTERVAL_MS = 60_000;

interface Contest {
  count: number;
  lastMs: number;
}

/** What to do about one drift. */
export interface Healing {
  afterMs: number;
  /** Set when healing begins to be delayed: a user must hear of the war. */
  notice?: Notice;
}

/** Decides when a drift is healed: at once, unless the same manager takes the same field again and again. */
export class HealingPlan {
  readonly #clock: Clock;
  readonly #contests = new Map<string, Contest>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param intervalMs the longest delay, and the quiet time after which a contest is forgotten */
  plan(drift: Drift, intervalMs: number): Healing {
    if (drift.change === "claimed") return { afterMs: intervalMs, notice: claimed(drift) };
    const now = this.#clock.monotonicMs();
    const owner = `${drift.owner.namespace}/${drift.owner.name}`;
    const id = [owner, displayRef(drift.ref), drift.change, ...drift.fields, ...drift.managers].join("|");
    const known = this.#contests.get(id);
    const count = known && now - known.lastMs < 2 * intervalMs ? known.count + 1 : 1;
    this.#contests.set(id, { count, lastMs: now });
    this.#expire(now, intervalMs);
    if (count <= FREE_HEALINGS) return { afterMs: 0 };
    const afterMs = Math.min(intervalMs, FIRST_DELAY_MS * 2 ** (count - FREE_HEALINGS - 1));
    return count === FREE_HEALINGS + 1 ? { afterMs, notice: contested(drift, afterMs) } : { afterMs };
  }

  /** Forgets what was contested of a Kustomization that is gone: `namespace/name`. */
  forget(owner: string): void {
    for (const id of this.#contests.keys()) if (id.startsWith(`${owner}|`)) this.#contests.delete(id);
  }

  /** Differences that are remembered. */
  get size(): number {
    return this.#contests.size;
  }

  #expire(now: number, intervalMs: number): void {
    if (this.#contests.size < MEMORY) return;
    for (const [id, { lastMs }] of this.#contests) if (now - lastMs > 2 * intervalMs) this.#contests.delete(id);
  }
}

function contested({ ref, fields, managers }: Drift, afterMs: number): Notice {
  const who = managers.length > 0 ? `manager ${managers.map((name) => `"${name}"`).join(", ")}` : "somebody";
  const what = fields.length > 0 ? fields.join(", ") : "the object";
  return {
    severity: "error",
    reason: "DriftContested",
    message: `${displayRef(ref)}: ${who} changes ${what} again and again; healing now waits ${formatDuration(afterMs)}, and longer each time. Remove the field from the source, or exclude it with spec.ignore`,
  };
}

function claimed({ ref, claimedBy }: Drift): Notice {
  const by = claimedBy ? `Kustomization "${claimedBy.namespace}/${claimedBy.name}"` : "another Kustomization";
  return {
    severity: "error",
    reason: "OwnershipConflict",
    message: `${displayRef(ref)} is also applied by ${by}: remove it from one of the two`,
  };
}

/** Queues what heals a drift, sooner or later. */
export function heal(
  drift: Drift,
  options: {
    controller: Pick<Controller<Kustomization>, "get" | "enqueue" | "enqueueAfter">;
    healing: HealingPlan;
    recorder: Recorder;
  },
): void {
  const { controller, healing, recorder } = options;
  const key = `${drift.owner.namespace}/${drift.owner.name}`;
  const app = controller.get(key);
  const spec = app && soundSpec(app);
  if (!spec || spec.suspend === true) return;
  const { afterMs, notice } = healing.plan(drift, parseDuration(spec.interval) ?? FALLBACK_INTERVAL_MS);
  if (notice) recorder.record(app, notice);
  if (afterMs === 0) controller.enqueue(key, "urgent");
  else controller.enqueueAfter(key, afterMs, "normal");
}
