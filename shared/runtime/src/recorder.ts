import { type KubeObject, refOf } from "@sluice/api";
import { type Clock, type Logger, messageOf, rfc3339, sleep } from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { eventId, eventOf } from "./event.ts";
import { type Notice, type Recorder } from "./notice.ts";

/** Events waiting to be sent; beyond it the oldest are dropped. */
const BACKLOG_LIMIT = 4096;
/** Events that are remembered, so that a repetition is counted. */
const MEMORY_LIMIT = 4096;
/** A repeated event is counted silently and written at most this often. */
const REPEAT_MS = 60_000;
/** Events come after the work they tell of: beyond a burst they are paced, so as not to compete with it. */
const PACE = { everyMs: 20, burst: 25 };
/** Waits between the tries at one event while the API server is in trouble. */
const RETRY_MS = [250, 1000, 4000];

/** An Event that was told before. */
interface Known {
  event: KubeObject;
  count: number;
  /** Monotonic time of the last write that was asked for. */
  askedMs: number;
  isStored: boolean;
}

export interface EventRecorderOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  /** Name of the controller. */
  component: string;
  /** Ends sending; what is still to be sent then is dropped. */
  signal: AbortSignal;
}

/** A recorder whose end can be waited for. */
export interface EventRecorder extends Recorder {
  /** Resolves when everything recorded so far was sent or dropped. */
  idle(): Promise<void>;
}

/**
 * A recorder that writes core/v1 Events in the background, one at a time. The same notice about the same object is one Event whose
 * count grows. Failures to write are logged and dropped: an event is never worth a failed reconcile.
 */
export function eventRecorder(options: EventRecorderOptions): EventRecorder {
  return new BackgroundRecorder(options);
}

class BackgroundRecorder implements EventRecorder {
  readonly #options: EventRecorderOptions;
  /** By id, least recently told first. */
  readonly #known = new Map<string, Known>();
  /** Ids that are to be sent. */
  readonly #backlog = new Set<string>();
  #isSending = false;
  /** Monotonic time by which everything sent so far is paid for at the pace. */
  #paidMs = 0;
  #sent: Promise<void> = Promise.resolve();

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(about: KubeObject, notice: Notice): void {
    const { clock, component } = this.#options;
    const id = eventId(about, notice);
    const nowMs = clock.now();
    const monotonicMs = clock.monotonicMs();
    const known = this.#known.get(id);
    if (known) {
      known.count++;
      known.event["lastTimestamp"] = rfc3339(nowMs);
      this.#remember(id, known);
      if (monotonicMs - known.askedMs < REPEAT_MS) return;
      known.askedMs = monotonicMs;
    } else {
      const event = eventOf(about, notice, { component, nowMs, id });
      this.#remember(id, { event, count: 1, askedMs: monotonicMs, isStored: false });
    }
    this.#enqueue(id);
  }

  async idle(): Promise<void> {
    while (this.#isSending) await this.#sent;
  }

  #remember(id: string, known: Known): void {
    this.#known.delete(id);
    this.#known.set(id, known);
    if (this.#known.size <= MEMORY_LIMIT) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }

  #enqueue(id: string): void {
    if (this.#options.signal.aborted) return;
    const [oldest] = this.#backlog;
    if (oldest !== undefined && this.#backlog.size >= BACKLOG_LIMIT) this.#drop(oldest);
    this.#backlog.add(id);
    if (this.#isSending) return;
    this.#isSending = true;
    this.#sent = this.#drain();
  }

  #drop(id: string): void {
    this.#backlog.delete(id);
    if (this.#known.get(id)?.isStored === false) this.#known.delete(id);
  }

  async #drain(): Promise<void> {
    const { signal, log } = this.#options;
    for (const id of this.#backlog) {
      if (signal.aborted) break;
      this.#backlog.delete(id);
      const known = this.#known.get(id);
      if (!known) continue;
      try {
        await this.#pace();
        await this.#sendPersistently(known);
      } catch (thrown) {
        if (!known.isStored) this.#known.delete(id);
        if (!signal.aborted) log.debug("Cannot write an event", { error: messageOf(thrown) });
      }
    }
    if (signal.aborted) this.#backlog.clear();
    this.#isSending = false;
  }

  async #pace(): Promise<void> {
    const { clock, signal } = this.#options;
    const nowMs = clock.monotonicMs();
    this.#paidMs = Math.max(nowMs, this.#paidMs + PACE.everyMs);
    const aheadMs = this.#paidMs - nowMs - PACE.everyMs * PACE.burst;
    if (aheadMs > 0) await sleep(clock, aheadMs, signal);
  }

  async #sendPersistently(known: Known): Promise<void> {
    const { clock, signal } = this.#options;
    for (const waitMs of RETRY_MS) {
      try {
        return await this.#send(known);
      } catch (thrown) {
        if (!isKubeError(thrown, "UNAVAILABLE", "TIMEOUT", "TOO_MANY_REQUESTS")) throw thrown;
        await sleep(clock, waitMs, signal);
      }
    }
    return this.#send(known);
  }

  /** Updates the Event, or creates it: the API server deletes Events after an hour or so. */
  async #send(known: Known): Promise<void> {
    const { client, component, signal } = this.#options;
    const { event, count } = known;
    const options = { signal, fieldManager: component };
    if (known.isStored) {
      const body = { count, lastTimestamp: event["lastTimestamp"] };
      const isUpdated = await client.patch(refOf(event), { type: "merge", body }, options).then(
        () => true,
        (thrown: unknown) => goneOr(thrown),
      );
      if (isUpdated) return;
    }
    await client.create({ ...event, count }, options).catch(existsOr);
    known.isStored = true;
  }
}

function goneOr(thrown: unknown): false {
  if (isKubeError(thrown, "NOT_FOUND")) return false;
  throw thrown;
}

/** A creation whose answer was lost has happened. */
function existsOr(thrown: unknown): void {
  if (!isKubeError(thrown, "ALREADY_EXISTS")) throw thrown;
}
