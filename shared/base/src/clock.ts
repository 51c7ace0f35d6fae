import { setMaxListeners } from "node:events";
import { performance } from "node:perf_hooks";

/** Time as it is passed in everywhere: nothing outside this file reads the machine's clock or sets a timer. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. It may jump. */
  now(): number;
  /** Milliseconds since an arbitrary start, which never go backwards: for durations and lease checks. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`; disposing the handle before that cancels it. */
  after(delayMs: number, task: () => void): Disposable;
}

/** The machine's clock. A timer that is set keeps the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, Math.min(delayMs, 2 ** 31 - 1));
    return { [Symbol.dispose]: () => clearTimeout(timer) };
  },
};

/**
 * Resolves after `delayMs`.
 * @throws the signal's reason as soon as it aborts.
 */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const timer = clock.after(delayMs, () => {
      aborted?.[Symbol.dispose]();
      resolve();
    });
    const aborted =
      signal &&
      onAbort(signal, () => {
        timer[Symbol.dispose]();
        reject(signal.reason);
      });
  });
}

/**
 * Calls `task` once when `signal` aborts, at once if it has already; disposing the handle before that forgets it. Many may listen to
 * one signal, such as that of a whole process: Node's warning of a leak, which comes with the eleventh listener, is off for it.
 */
export function onAbort(signal: AbortSignal, task: () => void): Disposable {
  const run = () => task();
  if (signal.aborted) run();
  else {
    setMaxListeners(0, signal);
    signal.addEventListener("abort", run, { once: true });
  }
  return { [Symbol.dispose]: () => signal.removeEventListener("abort", run) };
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes writes `metav1.Time`. */
export function rfc3339(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with microseconds, as Kubernetes writes `metav1.MicroTime`. */
export function rfc3339Micro(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 23)}000Z`;
}

/** A signal that aborts with a TimeoutError after `delayMs` on `clock`, or with `parent`'s reason; dispose it when done. */
export function timeoutSignal(
  clock: Clock,
  delayMs: number,
  parent?: AbortSignal,
): { signal: AbortSignal; timedOut: () => boolean } & Disposable {
  const controller = new AbortController();
  let fired = false;
  const following = parent && onAbort(parent, () => controller.abort(parent.reason));
  const timer = clock.after(delayMs, () => {
    fired = true;
    controller.abort(new DOMException(`timed out after ${delayMs} ms`, "TimeoutError"));
  });
  return {
    signal: controller.signal,
    timedOut: () => fired,
    [Symbol.dispose]() {
      timer[Symbol.dispose]();
      following?.[Symbol.dispose]();
    },
  };
}
