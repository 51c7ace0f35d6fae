import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock, systemClock } from "@sluice/base";
import { E2eError } from "./errors.ts";
import { answers } from "./probes.ts";
import { peakBytesOf } from "./peak-memory.ts";
import { type Program, startProgram, untilReady } from "./processes.ts";

type ControllerName = "source-controller" | "kustomize-controller";

const READY_TIMEOUT_MS = 60_000;
const dist = join(import.meta.dirname, "../../dist");

export interface ControllerOptions {
  /** Most JavaScript heap, in MiB; V8's own choice by default, which on a machine with much memory is to let garbage lie for long. */
  heapMiB?: number | undefined;
  name: ControllerName;
  kubeconfigPath: string;
  /** Free ports for metrics, health and artifacts, of which no other controller has one. */
  ports: readonly number[];
  /** Directory for logs and storage. */
  dir: string;
  /** Flags besides those for addresses, storage and kubeconfig. */
  flags: readonly string[];
  clock?: Clock;
}

/** A controller as a process of its own, from its bundle. Disposing it kills it. */
export interface ControllerProcess extends AsyncDisposable {
  readonly name: ControllerName;
  readonly pid: number;
  /** Starts it and waits until it is ready. */
  start(): Promise<void>;
  /** Asks it to end, or kills it with SIGKILL. */
  stop(options?: { kill?: boolean }): Promise<void>;
  /** Text of its `/metrics`. */
  metrics(): Promise<string>;
  /** Largest resident memory so far, in bytes. */
  peakBytes(): Promise<number>;
  log(): Promise<string>;
}

/** @throws {E2eError} ASSETS_MISSING if the bundles are not built; EXITED, NOT_READY from `start` */
export function controllerProcess(options: ControllerOptions): ControllerProcess {
  const bundle = join(dist, `${options.name}.mjs`);
  if (!existsSync(bundle))
    throw new E2eError("ASSETS_MISSING", `Cannot start "${options.name}": its bundle is not built`, { tools: [] });
  const [metricsPort = 0, healthPort = 0, storagePort = 0] = options.ports;
  return new RealController(options, { bundle, metricsPort, healthPort, storagePort });
}

interface Place {
  bundle: string;
  metricsPort: number;
  healthPort: number;
  storagePort: number;
}

class RealController implements ControllerProcess {
  readonly name: ControllerName;
  readonly #options: ControllerOptions;
  readonly #place: Place;
  readonly #clock: Clock;
  #program: Program | undefined;

  constructor(options: ControllerOptions, place: Place) {
    this.name = options.name;
    this.#options = options;
    this.#place = place;
    this.#clock = options.clock ?? systemClock;
  }

  get pid(): number {
    return this.#program?.pid ?? 0;
  }

  #heapFlags(): string[] {
    const { heapMiB } = this.#options;
    return heapMiB === undefined ? [] : [`--max-old-space-size=${heapMiB}`];
  }

  async start(): Promise<void> {
    const { name, dir, flags, kubeconfigPath } = this.#options;
    const { bundle, metricsPort, healthPort, storagePort } = this.#place;
    const addresses = [`--metrics-addr=127.0.0.1:${metricsPort}`, `--health-addr=127.0.0.1:${healthPort}`];
    const storage = [`--storage-addr=127.0.0.1:${storagePort}`, `--storage-path=${join(dir, "storage")}`];
    const program = await startProgram({
      command: process.execPath,
      args: [...this.#heapFlags(), bundle, ...addresses, ...(name === "source-controller" ? storage : []), ...flags],
      logPath: join(dir, `${name}.log`),
      scratch: dir,
      env: { PATH: process.env["PATH"], KUBECONFIG: kubeconfigPath },
    });
    this.#program = program;
    const isReady = () => answers(`http://127.0.0.1:${healthPort}/readyz`, {});
    await untilReady(program, isReady, { clock: this.#clock, timeoutMs: READY_TIMEOUT_MS });
  }

  async stop({ kill = false }: { kill?: boolean } = {}): Promise<void> {
    const program = this.#program;
    this.#program = undefined;
    await (kill ? program?.kill() : program?.stop({ clock: this.#clock, graceMs: 25_000 }));
  }

  async metrics(): Promise<string> {
    return await (await fetch(`http://127.0.0.1:${this.#place.metricsPort}/metrics`)).text();
  }

  async peakBytes(): Promise<number> {
    return (await peakBytesOf(this.pid)) ?? 0;
  }

  async log(): Promise<string> {
    return readFile(join(this.#options.dir, `${this.name}.log`), "utf8").catch(() => "");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ kill: true });
  }
}
