import { type JetStreamClient, jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection } from "@nats-io/transport-node";
import { type Changes } from "./changes.ts";
import { type Counters } from "./counters.ts";
import { NewestPerKey } from "./newest.ts";
import { type Outbox, type Outgoing } from "./outbox.ts";
import { ensureStream, type StreamOptions } from "./stream.ts";
import { type ArtifactNotice, type RequestNotice } from "./topics.ts";

/** Messages that wait for their acknowledgement at once; each is of another subject, so their order does not matter. */
const BATCH = 128;

export interface PublisherOptions<T extends object> {
  outbox: Outbox<T>;
  counters: Counters;
  /** Announced to whenever something was added to the outbox or left it. */
  changes: Changes;
}

/** Moves artifact notices from the outbox into the stream. */
export class ArtifactPublisher {
  readonly #options: PublisherOptions<ArtifactNotice> & { stream: StreamOptions; capacity: number };
  /** The last message of each subject that the stream acknowledged: what is sent again if the stream was lost. */
  readonly #stored: NewestPerKey<Outgoing>;
  #streamCreated: string | undefined;
  #inFlight = 0;

  constructor(options: PublisherOptions<ArtifactNotice> & { stream: StreamOptions; capacity: number }) {
    this.#options = options;
    this.#stored = new NewestPerKey(options.capacity);
  }

  /** True if everything published so far is stored. */
  get idle(): boolean {
    return this.#inFlight === 0 && this.#options.outbox.size === 0;
  }

  /** Sends what waits, and what comes, over one connection until it is lost. @throws what the NATS library throws. */
  async run(connection: NatsConnection, lost: AbortSignal): Promise<void> {
    const manager = await jetstreamManager(connection, { checkAPI: false });
    const { created } = await ensureStream(manager, this.#options.stream);
    if (this.#streamCreated !== undefined && this.#streamCreated !== created) this.#sendAllAgain();
    this.#streamCreated = created;
    const { outbox, changes } = this.#options;
    for (;;) {
      await changes.until(() => outbox.size > 0, lost);
      await this.#sendBatch(manager.jetstream());
    }
  }

  #sendAllAgain(): void {
    for (const [subject, message] of this.#stored) this.#options.outbox.putBack(subject, message);
  }

  async #sendBatch(stream: JetStreamClient): Promise<void> {
    const { outbox, changes } = this.#options;
    const batch = outbox.take(BATCH);
    this.#inFlight = batch.length;
    const results = await Promise.allSettled(batch.map(([subject, message]) => this.#send(stream, subject, message)));
    this.#inFlight = 0;
    changes.announce();
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  /** The message id makes the server drop a repetition whose first acknowledgement was lost. */
  async #send(stream: JetStreamClient, subject: string, message: Outgoing): Promise<void> {
    const { outbox, counters } = this.#options;
    try {
      await stream.publish(subject, message.bytes, { msgID: message.id, retries: 1 });
    } catch (thrown) {
      outbox.putBack(subject, message);
      throw thrown;
    }
    counters.published += 1;
    this.#stored.set(subject, message);
  }
}

/** Sends requests as plain messages: whoever listens now gets them. Runs until the connection is lost. */
export async function runRequestPublisher(
  { outbox, counters, changes }: PublisherOptions<RequestNotice>,
  connection: NatsConnection,
  lost: AbortSignal,
): Promise<void> {
  for (;;) {
    await changes.until(() => outbox.size > 0, lost);
    for (const [subject, { bytes }] of outbox.take(BATCH)) {
      connection.publish(subject, bytes);
      counters.published += 1;
    }
    changes.announce();
  }
}
