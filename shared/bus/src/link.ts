import { type Clock, type Logger, sleep } from "@sluice/base";
import { type Backoff, backoffMs } from "./backoff.ts";
import { Changes } from "./changes.ts";
import { isPowerOfTwo } from "./counters.ts";

/** A connection as the link sees it. */
export interface Connection {
  /** Resolves when it is lost or closed, with the error if there is one. */
  closed(): Promise<unknown>;
  close(): Promise<void>;
}

export interface LinkOptions<C extends Connection> {
  /** Tries once to connect. */
  dial: () => Promise<C>;
  backoff: Backoff;
  clock: Clock;
  log: Logger;
}

/** A connection that lasted this long was a good one: the next attempt starts with a short wait again. */
const GOOD_AFTER_MS = 5_000;

/**
 * Keeps one connection open, for ever: dials again after each loss, with backoff, and runs the work that was registered
 * anew on every connection. A fresh connection with fresh subscriptions has no state of the lost one to trip over.
 */
export class Link<C extends Connection> implements AsyncDisposable {
  readonly #options: LinkOptions<C>;
  readonly #ended = new AbortController();
  readonly #changes = new Changes();
  readonly #running: Promise<void>;
  #session: { connection: C; lost: AbortSignal } | undefined;

  constructor(options: LinkOptions<C>) {
    this.#options = options;
    this.#running = this.#run();
  }

  get connected(): boolean {
    return this.#session !== undefined;
  }

  /** Aborts when the link is disposed. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** The connection, as soon as there is one. @throws the reason of `signal` as soon as it aborts. */
  async connection(signal: AbortSignal): Promise<C> {
    const session = await this.#sessionOn(signal);
    return session.connection;
  }

  /**
   * Runs `work` on every connection, until `signal` aborts or the link is disposed; then resolves, never rejects. The
   * signal that the work gets aborts when its connection is lost. Work that fails or returns while its connection lives
   * is run again, with backoff.
   */
  async keep(
    name: string,
    work: (connection: C, lost: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const until = AbortSignal.any([signal, this.#ended.signal]);
    for (let failures = 0; !until.aborted; ) {
      const session = await this.#sessionOn(until).catch(() => undefined);
      if (session === undefined) return;
      if (session.lost.aborted) continue; // lost before this line could run
      const startMs = this.#options.clock.monotonicMs();
      const fault = await settle(work(session.connection, AbortSignal.any([until, session.lost])));
      if (until.aborted) return;
      if (this.#lasted(startMs)) failures = 0;
      if (!session.lost.aborted) await this.#pause(failures++, `the bus cannot ${name}`, fault, until);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort(new DOMException("the bus is closed", "AbortError"));
    await this.#session?.connection.close();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { dial, clock, log } = this.#options;
    for (let failures = 0; !this.ended.aborted; ) {
      const startMs = clock.monotonicMs();
      const fault = await settle(dial().then((connection) => this.#use(connection)));
      if (this.ended.aborted) return;
      if (this.#lasted(startMs) && fault === undefined) failures = 0;
      if (fault === undefined) log.info("disconnected from NATS");
      await this.#pause(failures++, "cannot connect to NATS", fault, this.ended);
    }
  }

  /** Makes the connection known until it is lost. */
  async #use(connection: C): Promise<void> {
    if (this.ended.aborted) return await connection.close();
    this.#options.log.info("connected to NATS");
    const lost = new AbortController();
    this.#session = { connection, lost: lost.signal };
    this.#changes.announce();
    await settle(connection.closed());
    this.#session = undefined;
    lost.abort(new DOMException("the connection is lost", "AbortError"));
  }

  async #sessionOn(signal: AbortSignal): Promise<{ connection: C; lost: AbortSignal }> {
    await this.#changes.until(() => this.#session !== undefined, signal);
    // Between the announcement and this line the connection may have been lost again.
    return this.#session ?? (await this.#sessionOn(signal));
  }

  #lasted(startMs: number): boolean {
    return this.#options.clock.monotonicMs() - startMs >= GOOD_AFTER_MS;
  }

  async #pause(failures: number, message: string, fault: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log, backoff } = this.#options;
    const waitMs = Math.round(backoffMs(failures, backoff));
    if (fault !== undefined && isPowerOfTwo(failures + 1))
      log.error(message, fault, { failures: failures + 1, waitMs });
    await sleep(clock, waitMs, signal).catch(() => {});
  }
}

/** The error of a promise that rejects, or undefined. */
async function settle(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (thrown) {
    return thrown ?? new Error("unknown");
  }
}
