import { type Clock, systemClock } from "@sluice/base";

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /**
   * Moves time forward by `ms`, running due timers in order, each at its own time; promise callbacks run between them, so
   * that a timer that one of them sets is due too if its time lies within.
   */
  advance(ms: number): Promise<void>;
  /** Lets time pass in which nothing runs, as for a process that is stopped (SIGSTOP); timers that became due run at the next advance. */
  pause(ms: number): void;
  /** Moves wall-clock time only, as an administrator or NTP does. */
  jump(ms: number): void;
  /** Milliseconds until each timer that is set, soonest first. */
  pending(): readonly number[];
}

interface Timer {
  dueMs: number;
  order: number;
  task: () => void;
}

/** @param startMs wall-clock time at first; default 2026-01-01T00:00:00Z. Monotonic time starts at 0. */
export function fakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsedMs = 0;
  let jumpedMs = 0;
  let order = 0;
  const timers = new Set<Timer>();
  const sorted = () => [...timers].sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
  return {
    now: () => startMs + elapsedMs + jumpedMs,
    monotonicMs: () => elapsedMs,
    after(delayMs, task) {
      const timer = { dueMs: elapsedMs + Math.max(0, delayMs), order: order++, task };
      timers.add(timer);
      return { [Symbol.dispose]: () => void timers.delete(timer) };
    },
    async advance(ms) {
      const endMs = elapsedMs + ms;
      await nextTurn();
      for (let next = sorted()[0]; next && next.dueMs <= endMs; next = sorted()[0]) {
        timers.delete(next);
        elapsedMs = Math.max(elapsedMs, next.dueMs);
        next.task();
        await nextTurn();
      }
      elapsedMs = endMs;
    },
    pause(ms) {
      elapsedMs += ms;
    },
    jump(ms) {
      jumpedMs += ms;
    },
    pending: () => sorted().map((timer) => timer.dueMs - elapsedMs),
  };
}

/** Lets promise callbacks and what they start run; one turn of the event loop empties the queue of callbacks. */
export async function nextTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/**
 * Resolves as soon as `condition` holds, looking at each turn of the event loop: for real I/O, whose time a fake clock does not tell.
 * @throws {Error} that names the condition if it does not hold within 10 s of real time.
 */
export async function until(condition: () => boolean): Promise<void> {
  const endMs = systemClock.monotonicMs() + 10_000;
  while (!condition()) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`never came true: ${condition}`);
    await nextTurn();
  }
}
