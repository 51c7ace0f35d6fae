import { type Clock, type Logger } from "@sluice/base";
import { type Bus, type BusStats, defaultCapacity } from "./bus.ts";
import { type Counters, newCounters } from "./counters.ts";
import { BusError } from "./errors.ts";
import { Inbox } from "./inbox.ts";
import { NewestPerKey } from "./newest.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { type ArtifactNotice, artifactTopic, type RequestNotice, requestTopic, type Topic } from "./topics.ts";

export interface InProcessOptions {
  log: Logger;
  clock: Clock;
  /** Objects whose last notice is kept; `defaultCapacity` unless given. */
  capacity?: number;
}

/**
 * The bus of a process that runs all controllers: the same promises as `connectNats`, without a server. Handlers run
 * after the publisher's own turn, never inside it, and get a notice of their own, never the publisher's object.
 */
export function inProcessBus(options: InProcessOptions): Bus {
  return new InProcessBus(options);
}

class InProcessBus implements Bus {
  readonly #artifacts: Channel<ArtifactNotice>;
  readonly #requests: Channel<RequestNotice>;
  readonly #counters = newCounters();
  readonly #closed = new AbortController();

  constructor(options: InProcessOptions) {
    const shared = { ...options, counters: this.#counters, capacity: options.capacity ?? defaultCapacity };
    this.#artifacts = new Channel({ ...shared, topic: artifactTopic, keepLast: true });
    this.#requests = new Channel({ ...shared, topic: requestTopic, keepLast: false });
  }

  get connected(): boolean {
    return !this.#closed.signal.aborted;
  }

  get stats(): BusStats {
    return { ...this.#counters };
  }

  publishArtifact(notice: ArtifactNotice): void {
    if (this.connected) this.#artifacts.publish(notice);
    else this.#counters.dropped += 1;
  }

  publishRequest(notice: RequestNotice): void {
    if (this.connected) this.#requests.publish(notice);
    else this.#counters.dropped += 1;
  }

  onArtifact(handler: (notice: ArtifactNotice) => void, signal: AbortSignal): Promise<void> {
    return this.#artifacts.listen(handler, AbortSignal.any([signal, this.#closed.signal]));
  }

  onRequest(handler: (notice: RequestNotice) => void, signal: AbortSignal): Promise<void> {
    return this.#requests.listen(handler, AbortSignal.any([signal, this.#closed.signal]));
  }

  async flush(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.connected) throw new BusError("CLOSED", "Cannot flush the bus: it is closed", {});
    // Deliveries are microtasks: those queued before this one have run when it runs.
    await new Promise<void>((resolve) => queueMicrotask(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort();
    return Promise.resolve();
  }
}

interface ChannelOptions<T> extends InProcessOptions {
  topic: Topic<T>;
  counters: Counters;
  capacity: number;
  keepLast: boolean;
}

/** One topic within the process. */
class Channel<T extends object> {
  readonly #options: ChannelOptions<T>;
  readonly #outbox: Outbox<T>;
  readonly #inboxes = new Set<Inbox<T>>();
  readonly #last: NewestPerKey<Outgoing>;

  constructor(options: ChannelOptions<T>) {
    this.#options = options;
    this.#last = new NewestPerKey(options.capacity);
    this.#outbox = new Outbox({ ...options, source: "/sluice", added: () => queueMicrotask(() => this.#pump()) });
  }

  publish(notice: T): void {
    this.#outbox.publish(notice);
  }

  listen(handler: (notice: T) => void, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve();
    const inbox = new Inbox({ ...this.#options, handler, signal });
    this.#inboxes.add(inbox);
    queueMicrotask(() => {
      for (const [subject, { bytes }] of this.#last) inbox.receive(subject, bytes);
    });
    return new Promise((resolve) => {
      const end = () => {
        this.#inboxes.delete(inbox);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
    });
  }

  #pump(): void {
    for (const [subject, message] of this.#outbox.take(this.#outbox.size)) {
      if (this.#options.keepLast) this.#last.set(subject, message);
      this.#options.counters.published += 1;
      for (const inbox of this.#inboxes) inbox.receive(subject, message.bytes);
    }
  }
}
