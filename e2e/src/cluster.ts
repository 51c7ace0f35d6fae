import { basename, join } from "node:path";
import { type Clock, scratchDir, systemClock } from "@sluice/base";
import { freePorts } from "@sluice/testkit";
import { type Tool } from "./assets.ts";
import {
  apiServerArgs,
  type ClusterConfig,
  controllerManagerArgs,
  defaultControllers,
  etcdArgs,
  writeClusterConfig,
  writeKubeconfig,
} from "./cluster-config.ts";
import { type CommandOptions, run } from "./commands.ts";
import { E2eError } from "./errors.ts";
import { answers, textIfThere } from "./probes.ts";
import { lostItsPort, type Program, startProgram, untilReady } from "./processes.ts";

// Every probe below proves that it is our program that answers, not one that took the port first: by its own log, or by
// the certificate that it made for itself.

/** Generous: a machine that compiles something else at the same time is ten times slower than a quiet one. */
const READY_TIMEOUT_MS = 90_000;
const TRIES = 4;

export type ClusterTool = Extract<Tool, "etcd" | "kube-apiserver" | "kubectl" | "kube-controller-manager">;

export interface ClusterOptions {
  /** The programs; `kube-controller-manager` is needed only if it is to run. */
  assets: { readonly path: Readonly<Record<Exclude<ClusterTool, "kube-controller-manager">, string>> };
  /**
   * Path of kube-controller-manager. Without it Deployments get no status, namespaces are not emptied and nothing is
   * collected by owner reference.
   */
  controllerManager?: string;
  /** Controllers that it runs; `defaultControllers` unless given. */
  controllers?: readonly string[];
  /** Flags appended to those of kube-apiserver. */
  apiServerFlags?: readonly string[];
  clock?: Clock;
  signal?: AbortSignal;
}

/** How to reach a cluster as its administrator; plain data. */
export interface ClusterAccess {
  url: string;
  /** Bearer token of user `admin` in group `system:masters`. */
  token: string;
  caPem: string;
  kubeconfigPath: string;
  /** Path of the kubectl program. */
  kubectlPath: string;
  /** Directory with the logs of the components. */
  logDir: string;
}

/** A real Kubernetes API server with its etcd. Disposing it kills everything and removes all data. */
export interface Cluster extends ClusterAccess, AsyncDisposable {
  /** Runs kubectl as the administrator. @throws {E2eError} COMMAND_FAILED */
  kubectl(args: readonly string[], options?: CommandOptions): Promise<string>;
  /** Stops the API server; etcd keeps the objects. `kill` sends SIGKILL, as a crash would. */
  stopApiServer(options?: { kill?: boolean }): Promise<void>;
  /** Makes the API server silent without closing a socket, or wakes it: what a network partition looks like. */
  freezeApiServer(frozen: boolean): void;
  /** Starts it again on the same port with the same etcd and waits until it is ready. */
  startApiServer(): Promise<void>;
}

/**
 * Starts etcd, kube-apiserver and, if asked for, kube-controller-manager on free ports, in a scratch directory, and
 * waits until they are ready. Nothing of it outlives this process.
 * @throws {E2eError} EXITED or NOT_READY
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await startOnce(options);
    } catch (thrown) {
      if (attempt === TRIES || !lostItsPort(thrown)) throw thrown;
    }
  }
}

async function startOnce(options: ClusterOptions): Promise<Cluster> {
  const scratch = await scratchDir("sluice-cluster");
  let cluster: RealCluster | undefined;
  try {
    const [etcd = 0, etcdPeer = 0, apiServer = 0, controllerManager = 0] = await freePorts(4);
    const config = await writeClusterConfig(scratch.path, { etcd, etcdPeer, apiServer, controllerManager });
    cluster = new RealCluster({ config, options, scratch });
    await cluster.start();
    return cluster;
  } catch (thrown) {
    await (cluster ?? scratch)[Symbol.asyncDispose]();
    throw thrown;
  }
}

class RealCluster implements Cluster {
  caPem = "";
  readonly #config: ClusterConfig;
  readonly #options: ClusterOptions;
  readonly #clock: Clock;
  readonly #scratch: AsyncDisposable;
  readonly #programs: Program[] = [];
  #apiServer: Program | undefined;

  constructor({
    config,
    options,
    scratch,
  }: { config: ClusterConfig; options: ClusterOptions; scratch: AsyncDisposable }) {
    this.#config = config;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#scratch = scratch;
  }

  get url(): string {
    return this.#config.url;
  }
  get token(): string {
    return this.#config.token;
  }
  get kubeconfigPath(): string {
    return this.#config.kubeconfigPath;
  }
  get kubectlPath(): string {
    return this.#options.assets.path.kubectl;
  }
  get logDir(): string {
    return this.#config.dir;
  }

  async start(): Promise<void> {
    const { assets, controllerManager, controllers = defaultControllers } = this.#options;
    const etcd = await this.#launch(assets.path.etcd, etcdArgs(this.#config));
    await this.#ready(etcd, async () => (await etcd.output(1000)).includes("ready to serve client requests"));
    await this.startApiServer();
    if (controllerManager === undefined) return;
    const manager = await this.#launch(controllerManager, controllerManagerArgs(this.#config, controllers));
    await this.#ready(manager, () => this.#isManagerReady());
  }

  async startApiServer(): Promise<void> {
    this.#refuseIf(this.#apiServer !== undefined, "running");
    const { assets, apiServerFlags = [] } = this.#options;
    const args = [...apiServerArgs(this.#config), ...apiServerFlags];
    this.#apiServer = await this.#launch(assets.path["kube-apiserver"], args);
    await this.#ready(this.#apiServer, () => this.#isApiReady());
  }

  async stopApiServer({ kill = false }: { kill?: boolean } = {}): Promise<void> {
    const program = this.#apiServer;
    this.#refuseIf(program === undefined, "stopped");
    this.#apiServer = undefined;
    await (kill ? program?.kill() : program?.stop({ clock: this.#clock }));
  }

  freezeApiServer(frozen: boolean): void {
    this.#refuseIf(this.#apiServer === undefined, "stopped");
    this.#apiServer?.freeze(frozen);
  }

  kubectl(args: readonly string[], options?: CommandOptions): Promise<string> {
    return kubectl(this, args, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()));
    await this.#scratch[Symbol.asyncDispose]();
  }

  async #launch(command: string, args: readonly string[]): Promise<Program> {
    const { dir } = this.#config;
    const logPath = join(dir, `${basename(command)}.log`);
    const program = await startProgram({ command, args, logPath, scratch: dir });
    this.#programs.push(program);
    return program;
  }

  #ready(program: Program, probe: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#options;
    return untilReady(program, probe, { clock: this.#clock, timeoutMs: READY_TIMEOUT_MS, ...(signal && { signal }) });
  }

  /** The certificate appears while kube-apiserver starts for the first time, and stays. */
  async #isApiReady(): Promise<boolean> {
    const ca = await textIfThere(this.#config.certPath);
    if (ca === undefined) return false;
    const headers = { authorization: `Bearer ${this.token}` };
    if (!(await answers(`${this.url}/readyz`, { ca, headers }))) return false;
    if (this.caPem !== ca) await writeKubeconfig(this.#config, ca);
    this.caPem = ca;
    return true;
  }

  async #isManagerReady(): Promise<boolean> {
    const ca = await textIfThere(join(this.#config.dir, "kcm", "kube-controller-manager.crt"));
    return ca !== undefined && answers(`https://127.0.0.1:${this.#config.ports.controllerManager}/healthz`, { ca });
  }

  #refuseIf(wrong: boolean, state: string): void {
    if (wrong) throw new E2eError("WRONG_STATE", `Cannot control "kube-apiserver": it is ${state}`, { state });
  }
}

/**
 * Runs kubectl against a cluster as its administrator.
 * @throws {E2eError} COMMAND_FAILED
 */
export async function kubectl(
  access: ClusterAccess,
  args: readonly string[],
  options?: CommandOptions,
): Promise<string> {
  const common = [`--kubeconfig=${access.kubeconfigPath}`, `--cache-dir=${join(access.logDir, "kubectl-cache")}`];
  return (await run(access.kubectlPath, [...common, ...args], options)).stdout;
}
