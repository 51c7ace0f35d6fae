import { hostname } from "node:os";
import { type Clock, type Logger } from "@sluice/base";
import { elect, type KubeClient } from "@sluice/kube";
import { type CommonConfig } from "./config.ts";

/** The time in which this process leads. Disposing it gives the lease back: do so when nothing is left to write. */
export interface Tenure extends AsyncDisposable {
  /** Proof of leadership: ask before each batch of writes. */
  mayWrite(): boolean;
}

export interface TenureOptions {
  client: KubeClient;
  /** Of the Lease. */
  lease: string;
  namespace: string;
  election: CommonConfig["leaderElection"];
  clock: Clock;
  log: Logger;
  /** In [0, 1). */
  random: () => number;
  /** Called if another process took over. */
  onLost(): void;
}

/**
 * Waits until this process leads. Without election it leads at once and forever.
 * @param signal ends the wait, not the tenure: runs that end after it still have their status to write
 * @returns undefined if the signal aborted first
 */
export async function takeTenure(options: TenureOptions, signal: AbortSignal): Promise<Tenure | undefined> {
  const { lease, namespace, election, random, ...rest } = options;
  const { enabled, ...durations } = election;
  if (signal.aborted) return undefined;
  if (!enabled) return { mayWrite: () => true, async [Symbol.asyncDispose]() {} };
  const ending = new AbortController();
  const giveUp = () => ending.abort(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  const identity = `${hostname()}_${Math.floor(random() * 2 ** 48).toString(16)}`;
  try {
    const leadership = await elect({
      name: lease,
      namespace,
      identity,
      ...rest,
      ...durations,
      random,
      signal: ending.signal,
    });
    return {
      mayWrite: () => leadership.isValid(),
      async [Symbol.asyncDispose]() {
        ending.abort();
        await leadership.ended;
      },
    };
  } catch (thrown) {
    if (signal.aborted) return undefined;
    throw thrown;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}
