import { type Logger } from "@sluice/base";
import { type Counters, isPowerOfTwo } from "./counters.ts";
import { decodeEnvelope } from "./envelope.ts";
import { NewestPerKey } from "./newest.ts";
import { type Topic } from "./topics.ts";

export interface InboxOptions<T> {
  topic: Topic<T>;
  handler: (notice: T) => void;
  /** After it aborts the handler gets nothing more. */
  signal: AbortSignal;
  counters: Counters;
  log: Logger;
  /** Objects whose last message is remembered, so that it is not given to the handler twice. */
  capacity: number;
}

/**
 * What stands between the wire and one handler: validates each message, passes over one that it has seen, and survives
 * a handler that throws.
 */
export class Inbox<T extends object> {
  readonly #options: InboxOptions<T>;
  readonly #seen: NewestPerKey<string>;

  constructor(options: InboxOptions<T>) {
    this.#options = options;
    this.#seen = new NewestPerKey(options.capacity);
  }

  /** Takes one message in. Never throws. */
  receive(subject: string, bytes: Uint8Array): void {
    const { topic, signal, counters, log } = this.#options;
    if (signal.aborted) return;
    try {
      const { id, data } = decodeEnvelope(topic, subject, bytes);
      if (this.#seen.get(subject) === id) return;
      this.#seen.set(subject, id);
      this.#deliver(data);
    } catch (thrown) {
      counters.invalid += 1;
      const facts = { subject: subject.slice(0, 256), count: counters.invalid };
      if (isPowerOfTwo(counters.invalid)) log.error("dropped an invalid message", thrown, facts);
    }
  }

  #deliver(data: T): void {
    const { handler, counters, log } = this.#options;
    counters.delivered += 1;
    try {
      handler(data);
    } catch (thrown) {
      counters.failed += 1;
      log.error("a bus handler failed", thrown);
    }
  }
}
