import { randomUUID } from "node:crypto";
import { type Clock, type Logger } from "@sluice/base";
import { type Counters, isPowerOfTwo } from "./counters.ts";
import { encodeEnvelope } from "./envelope.ts";
import { NewestPerKey } from "./newest.ts";
import { type Topic } from "./topics.ts";

/** A message that is ready to be sent. */
export interface Outgoing {
  /** The id of its envelope. */
  id: string;
  bytes: Uint8Array;
}

export interface OutboxOptions<T> {
  topic: Topic<T>;
  /** CloudEvents source of what is published. */
  source: string;
  counters: Counters;
  clock: Clock;
  log: Logger;
  /** Most subjects that wait at once; a further one pushes out the one that was published longest ago. */
  capacity: number;
  /** Called after something was added. */
  added: () => void;
}

/** What is published and not yet sent: the newest message per subject. */
export class Outbox<T extends object> {
  readonly #options: OutboxOptions<T>;
  readonly #waiting: NewestPerKey<Outgoing>;

  constructor(options: OutboxOptions<T>) {
    this.#options = options;
    this.#waiting = new NewestPerKey(options.capacity);
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Adds a notice; one that breaks its schema is logged and left out. Never throws. */
  publish(notice: T): void {
    const { topic, source, clock, counters, log, added } = this.#options;
    try {
      const id = randomUUID();
      const bytes = encodeEnvelope(topic, { id, source, time: new Date(clock.now()).toISOString(), data: notice });
      this.put(topic.subjectOf(notice), { id, bytes });
    } catch (thrown) {
      counters.refused += 1;
      log.error("refused to publish an invalid notice", thrown);
      return;
    }
    added();
  }

  put(subject: string, message: Outgoing): void {
    const { counters, log } = this.#options;
    if (this.#waiting.set(subject, message)) return;
    counters.dropped += 1;
    if (isPowerOfTwo(counters.dropped))
      log.error("dropped a notice", "the buffer is full", { count: counters.dropped });
  }

  /** Puts back what could not be sent, unless something newer waits by now. */
  putBack(subject: string, message: Outgoing): void {
    if (!this.#waiting.has(subject)) this.put(subject, message);
  }

  /** Removes and returns up to `count` messages, each of another subject. */
  take(count: number): [subject: string, message: Outgoing][] {
    return this.#waiting.take(count);
  }
}
