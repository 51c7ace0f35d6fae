import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock } from "./clock.ts";

/** Long work in steps: between any two of them, whoever runs it may let others have their turn, or leave it. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Longest time between two turns of the event loop, in milliseconds, as far as the steps are short enough. */
const TURN_MS = 20;

/** Items of one step of `inBatches`. */
const BATCH = 100;

/** Runs `task` on each item, a hundred a step. */
export function* inBatches<T>(items: Iterable<T>, task: (item: T) => void): Steps<void> {
  let count = 0;
  for (const item of items) {
    task(item);
    count += 1;
    if (count % BATCH === 0) yield;
  }
}

/** Takes all steps at once. @throws what the work throws */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/**
 * Takes the steps, and lets the event loop go on every 20 ms.
 * @throws what the work throws, and the signal's reason once it aborts: the work then stays where it is
 */
export async function inTurns<T>(
  steps: Steps<T>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<T> {
  let start = clock.monotonicMs();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (clock.monotonicMs() - start < TURN_MS) continue;
    await nextTurn();
    signal.throwIfAborted();
    start = clock.monotonicMs();
  }
}
