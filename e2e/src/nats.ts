import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type Clock, scratchDir, systemClock } from "@sluice/base";
import { freePort } from "@sluice/testkit";
import { E2eError } from "./errors.ts";
import { lostItsPort, type Program, startProgram, untilReady } from "./processes.ts";

const READY_TIMEOUT_MS = 30_000;
const TRIES = 4;

export interface NatsOptions {
  assets: { readonly path: Readonly<Record<"nats-server", string>> };
  /** A free port by default. */
  port?: number;
  /** Directory of the JetStream data: a scratch directory, removed at the end, by default. */
  storeDir?: string;
  /** Flags appended to those of nats-server. */
  flags?: readonly string[];
  clock?: Clock;
  signal?: AbortSignal;
}

/** A real nats-server with JetStream. Disposing it kills it. */
export interface Nats extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly running: boolean;
  /** Stops it, gently or as a crash would; what is stored stays. */
  stop(options?: { kill?: boolean }): Promise<void>;
  /** Makes it silent without closing a socket, or wakes it: what a network partition looks like. */
  freeze(frozen: boolean): void;
  /** Starts it again on the same port; `wipe` removes what was stored first. */
  start(options?: { wipe?: boolean }): Promise<void>;
}

/**
 * Starts nats-server with JetStream on 127.0.0.1 and waits until clients can connect. It does not outlive this process.
 * @throws {E2eError} EXITED or NOT_READY
 */
export async function startNats(options: NatsOptions): Promise<Nats> {
  for (let attempt = 1; ; attempt++) {
    const scratch = await scratchDir("sluice-nats");
    const server = new RealNats({ options, port: options.port ?? (await freePort()), scratch });
    try {
      await server.start();
      return server;
    } catch (thrown) {
      await server[Symbol.asyncDispose]();
      if (attempt === TRIES || options.port !== undefined || !lostItsPort(thrown)) throw thrown;
    }
  }
}

class RealNats implements Nats {
  readonly port: number;
  readonly #options: NatsOptions;
  readonly #clock: Clock;
  readonly #scratch: { path: string } & AsyncDisposable;
  #program: Program | undefined;

  constructor({
    options,
    port,
    scratch,
  }: { options: NatsOptions; port: number; scratch: { path: string } & AsyncDisposable }) {
    this.port = port;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#scratch = scratch;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  get running(): boolean {
    return this.#program !== undefined;
  }

  async start({ wipe = false }: { wipe?: boolean } = {}): Promise<void> {
    this.#refuseIf(this.running, "running");
    const { assets, storeDir = join(this.#scratch.path, "store"), flags = [], signal } = this.#options;
    if (wipe) await rm(storeDir, { recursive: true, force: true });
    const name = `sluice-${randomUUID()}`;
    const address = ["--addr", "127.0.0.1", "--port", String(this.port)];
    const program = await startProgram({
      command: assets.path["nats-server"],
      args: ["--name", name, ...address, "--jetstream", "--store_dir", storeDir, ...flags],
      logPath: join(this.#scratch.path, "nats-server.log"),
      scratch: this.#scratch.path,
    });
    this.#program = program;
    const waiting = { clock: this.#clock, timeoutMs: READY_TIMEOUT_MS, everyMs: 10, ...(signal && { signal }) };
    await untilReady(program, () => greets(this.port, name), waiting);
  }

  freeze(frozen: boolean): void {
    this.#refuseIf(this.#program === undefined, "stopped");
    this.#program?.freeze(frozen);
  }

  async stop({ kill = false }: { kill?: boolean } = {}): Promise<void> {
    const program = this.#program;
    this.#refuseIf(program === undefined, "stopped");
    this.#program = undefined;
    await (kill ? program?.kill() : program?.stop({ clock: this.#clock }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program?.kill();
    this.#program = undefined;
    await this.#scratch[Symbol.asyncDispose]();
  }

  #refuseIf(wrong: boolean, state: string): void {
    if (wrong) throw new E2eError("WRONG_STATE", `Cannot control "nats-server": it is ${state}`, { state });
  }
}

/**
 * True if the server called `name` greets a client on `port` and offers JetStream; it greets only once that is ready.
 * The name tells it from another server that took the port first.
 */
function greets(port: number, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", timeout: 2000 });
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    let greeting = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      greeting += text;
      if (!greeting.includes("\r\n")) return;
      end(greeting.includes(`"server_name":"${name}"`) && greeting.includes('"jetstream":true'));
    });
    for (const event of ["timeout", "error", "close"]) socket.once(event, () => end(false));
  });
}
