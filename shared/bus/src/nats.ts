import { type Clock, type Logger } from "@sluice/base";
import { connect, credsAuthenticator, type NatsConnection, type NodeConnectionOptions } from "@nats-io/transport-node";
import { type Backoff } from "./backoff.ts";
import { type Bus, type BusStats, defaultCapacity } from "./bus.ts";
import { Changes } from "./changes.ts";
import { newCounters } from "./counters.ts";
import { BusError } from "./errors.ts";
import { Inbox } from "./inbox.ts";
import { Link } from "./link.ts";
import { runArtifactListener, runRequestListener } from "./nats-listen.ts";
import { ArtifactPublisher, runRequestPublisher } from "./nats-publish.ts";
import { Outbox } from "./outbox.ts";
import { type StreamOptions } from "./stream.ts";
import { type ArtifactNotice, artifactTopic, type RequestNotice, requestTopic, type Topic } from "./topics.ts";

/** How to prove who we are to NATS. */
export type NatsAuth =
  | { user: string; password: string }
  | { token: string }
  /** The text of a credentials file: a JWT and an nkey seed. */
  | { credentials: string };

export interface NatsOptions {
  /** `nats://host:port` or `tls://host:port`, several separated by commas; no user or password in it. */
  servers: string;
  /** Who we are, in the server's list of connections and as the CloudEvents source: `source-controller`. */
  name: string;
  log: Logger;
  clock: Clock;
  auth?: NatsAuth;
  /** PEM texts; an empty object asks for TLS with the system's authorities. */
  tls?: { ca?: string; cert?: string; key?: string };
  /** The stream, where it has to be made. */
  stream?: StreamOptions;
  /** Objects whose newest notice is kept while there is no connection; `defaultCapacity` unless given. */
  capacity?: number;
  /** A server that leaves two pings in a row unanswered is gone, even if TCP has not noticed; 10 s unless given. */
  pingEveryMs?: number;
  /** Between attempts to connect and to listen again; 100 ms to 5 s unless given. */
  backoff?: Partial<Backoff>;
}

const DIAL_TIMEOUT_MS = 5_000;
const PING_EVERY_MS = 10_000;

/**
 * A bus over NATS. Returns at once: NATS may be absent then, be down for long, or come back without its data; the bus
 * tries for ever and catches up.
 */
export function connectNats(options: NatsOptions): Bus {
  return new NatsBus(options);
}

class NatsBus implements Bus {
  readonly #options: NatsOptions & { capacity: number; stream: StreamOptions };
  readonly #link: Link<NatsConnection>;
  readonly #counters = newCounters();
  readonly #changes = new Changes();
  readonly #artifacts: Outbox<ArtifactNotice>;
  readonly #requests: Outbox<RequestNotice>;
  readonly #artifactPublisher: ArtifactPublisher;
  readonly #listeners = new Set<{ ready: boolean }>();

  constructor(options: NatsOptions) {
    this.#options = { ...options, capacity: options.capacity ?? defaultCapacity, stream: options.stream ?? {} };
    const { log, clock, capacity, stream } = this.#options;
    const backoff = { baseMs: 100, maxMs: 5_000, random: Math.random, ...options.backoff };
    this.#artifacts = this.#outbox(artifactTopic);
    this.#requests = this.#outbox(requestTopic);
    const shared = { counters: this.#counters, changes: this.#changes };
    this.#artifactPublisher = new ArtifactPublisher({ ...shared, outbox: this.#artifacts, stream, capacity });
    this.#link = new Link({ dial: () => dial(options), backoff, clock, log });
    this.#keep("publish artifacts", (connection, lost) => this.#artifactPublisher.run(connection, lost));
    const requests = { ...shared, outbox: this.#requests };
    this.#keep("publish requests", (connection, lost) => runRequestPublisher(requests, connection, lost));
  }

  get connected(): boolean {
    return this.#link.connected;
  }

  get stats(): BusStats {
    return { ...this.#counters };
  }

  publishArtifact(notice: ArtifactNotice): void {
    if (this.#link.ended.aborted) this.#counters.dropped += 1;
    else this.#artifacts.publish(notice);
  }

  publishRequest(notice: RequestNotice): void {
    if (this.#link.ended.aborted) this.#counters.dropped += 1;
    else this.#requests.publish(notice);
  }

  async onArtifact(handler: (notice: ArtifactNotice) => void, signal: AbortSignal): Promise<void> {
    const inbox = this.#inbox(artifactTopic, handler, signal);
    const { stream } = this.#options;
    await this.#listen(signal, "listen to artifacts", (ready, connection, lost) =>
      runArtifactListener({ inbox, ready, stream }, connection, lost),
    );
  }

  async onRequest(handler: (notice: RequestNotice) => void, signal: AbortSignal): Promise<void> {
    const inbox = this.#inbox(requestTopic, handler, signal);
    await this.#listen(signal, "listen to requests", (ready, connection, lost) =>
      runRequestListener({ inbox, ready }, connection, lost),
    );
  }

  async flush(signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, this.#link.ended]);
    try {
      const connection = await this.#link.connection(until);
      await this.#changes.until(() => this.#settled, until);
      await Promise.race([connection.flush(), this.#changes.until(() => false, until)]);
    } catch (cause) {
      signal.throwIfAborted();
      if (this.#link.ended.aborted) throw new BusError("CLOSED", "Cannot flush the bus: it is closed", {}, { cause });
      await this.flush(signal); // the connection was lost meanwhile
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#link[Symbol.asyncDispose]();
  }

  get #settled(): boolean {
    const listening = [...this.#listeners].every(({ ready }) => ready);
    return listening && this.#artifactPublisher.idle && this.#requests.size === 0;
  }

  #outbox<T extends object>(topic: Topic<T>): Outbox<T> {
    const { name, clock, log, capacity } = this.#options;
    const added = () => this.#changes.announce();
    return new Outbox({ topic, source: `/sluice/${name}`, counters: this.#counters, clock, log, capacity, added });
  }

  #inbox<T extends object>(topic: Topic<T>, handler: (notice: T) => void, signal: AbortSignal): Inbox<T> {
    const { log, capacity } = this.#options;
    return new Inbox({ topic, handler, signal, counters: this.#counters, log, capacity });
  }

  #keep(name: string, work: (connection: NatsConnection, lost: AbortSignal) => Promise<void>): void {
    void this.#link.keep(name, work, this.#link.ended);
  }

  /** Keeps one listener going, and keeps the books on whether it listens. */
  async #listen(
    signal: AbortSignal,
    name: string,
    run: (ready: () => void, connection: NatsConnection, lost: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const listener = { ready: false };
    const become = (ready: boolean) => {
      listener.ready = ready;
      this.#changes.announce();
    };
    this.#listeners.add(listener);
    const work = (connection: NatsConnection, lost: AbortSignal) =>
      run(() => become(true), connection, lost).finally(() => become(false));
    await this.#link.keep(name, work, signal);
    this.#listeners.delete(listener);
    this.#changes.announce();
  }
}

/** One attempt. The library's own reconnecting is off: the link dials anew and starts from a clean connection. */
function dial({ servers, name, auth, tls, pingEveryMs = PING_EVERY_MS }: NatsOptions): Promise<NatsConnection> {
  return connect({
    servers: servers.split(",").map((server) => server.trim()),
    name,
    reconnect: false,
    timeout: DIAL_TIMEOUT_MS,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    ...(auth && authOptions(auth)),
    ...(tls && { tls }),
  });
}

function authOptions(auth: NatsAuth): NodeConnectionOptions {
  if ("token" in auth) return { token: auth.token };
  if ("credentials" in auth) return { authenticator: credsAuthenticator(Buffer.from(auth.credentials)) };
  return { user: auth.user, pass: auth.password };
}
