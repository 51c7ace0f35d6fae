import { type Clock } from "@sluice/base";

/** What goes first: a person's request or a new revision, then a changed spec, then interval ticks and start-up. */
export const priorities = ["urgent", "normal", "background"] as const;
export type Priority = (typeof priorities)[number];

/** Exponential backoff: `minMs * 2^failures`, at most `maxMs`. */
export interface Backoff {
  minMs: number;
  maxMs: number;
}

/**
 * Wait before retrying one key.
 * @param failures failed tries so far, from 0.
 * @returns milliseconds.
 * @source client-go `ItemExponentialFailureRateLimiter`
 */
export function backoffMs(backoff: Backoff, failures: number): number {
  return Math.min(backoff.maxMs, backoff.minMs * 2 ** Math.min(failures, 50));
}

/**
 * A queue of keys. Its laws:
 * - a key waits at most once; adding it again keeps the more urgent priority;
 * - a key is never worked on twice at a time: added meanwhile, it waits until `done`;
 * - a delayed add fires once, at the earliest of the delays asked for, and an immediate add replaces it.
 */
export class WorkQueue implements Disposable {
  readonly #clock: Clock;
  readonly #ready = { urgent: new Set<string>(), normal: new Set<string>(), background: new Set<string>() };
  readonly #active = new Set<string>();
  readonly #again = new Map<string, Priority>();
  readonly #timers = new Map<string, { atMs: number; timer: Disposable }>();
  readonly #takers = new Set<() => void>();
  #closed = false;
  /** Adds so far, also of keys that waited already. */
  adds = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keys that are ready to be taken. */
  get depth(): number {
    return priorities.reduce((sum, priority) => sum + this.#ready[priority].size, 0);
  }

  add(key: string, priority: Priority): void {
    this.#cancelTimer(key);
    this.adds++;
    if (this.#active.has(key)) {
      this.#again.set(key, moreUrgent(this.#again.get(key), priority));
      return;
    }
    const waiting = priorities.find((level) => this.#ready[level].has(key));
    const wanted = moreUrgent(waiting, priority);
    if (wanted === waiting) return;
    if (waiting) this.#ready[waiting].delete(key);
    this.#ready[wanted].add(key);
    for (const wake of this.#takers) return wake();
  }

  /** Adds `key` after `delayMs`, unless something adds it before. */
  addAfter(key: string, delayMs: number, priority: Priority): void {
    if (this.#closed) return;
    const atMs = this.#clock.monotonicMs() + delayMs;
    const planned = this.#timers.get(key);
    if (planned && planned.atMs <= atMs) return;
    this.#cancelTimer(key);
    const timer = this.#clock.after(delayMs, () => {
      this.#timers.delete(key);
      this.add(key, priority);
    });
    this.#timers.set(key, { atMs, timer });
  }

  /** Forgets a key that no longer exists; if it is being worked on, that goes on. */
  forget(key: string): void {
    this.#cancelTimer(key);
    this.#again.delete(key);
    for (const level of priorities) this.#ready[level].delete(key);
  }

  /** The next key; call `done` with it afterwards. Undefined once `signal` has aborted. */
  async take(signal: AbortSignal): Promise<string | undefined> {
    while (!signal.aborted) {
      const key = this.#next();
      if (key !== undefined) return key;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#takers.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        this.#takers.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    }
    return undefined;
  }

  /** Ends the work on `key`; if it was added meanwhile, it is ready again. */
  done(key: string): void {
    this.#active.delete(key);
    const again = this.#again.get(key);
    if (again === undefined) return;
    this.#again.delete(key);
    this.add(key, again);
  }

  /** Ends all delays: no timer is left behind. What is ready can still be taken. */
  [Symbol.dispose](): void {
    this.#closed = true;
    for (const { timer } of this.#timers.values()) timer[Symbol.dispose]();
    this.#timers.clear();
  }

  #next(): string | undefined {
    for (const level of priorities) {
      for (const key of this.#ready[level]) {
        this.#ready[level].delete(key);
        this.#active.add(key);
        return key;
      }
    }
    return undefined;
  }

  #cancelTimer(key: string): void {
    this.#timers.get(key)?.timer[Symbol.dispose]();
    this.#timers.delete(key);
  }
}

function moreUrgent(a: Priority | undefined, b: Priority): Priority {
  return a !== undefined && priorities.indexOf(a) < priorities.indexOf(b) ? a : b;
}
