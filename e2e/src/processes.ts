/** Starts real programs so that nothing of them outlives the process that started them, however that ends. */
import { type ChildProcess, spawn } from "node:child_process";
import { open, readFile } from "node:fs/promises";
import { Socket } from "node:net";
import { basename } from "node:path";
import { type Clock, sleep } from "@sluice/base";
import { E2eError } from "./errors.ts";

export interface ProgramOptions {
  command: string;
  args: readonly string[];
  /** Everything it prints is appended here. */
  logPath: string;
  /** Directory that is removed if the starting process dies without stopping the program. */
  scratch: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
}

export interface Exit {
  code: number | null;
  signal: string | null;
}

/** A program that runs in a process group of its own. */
export interface Program extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  /** Undefined while it runs. */
  readonly exit: Exit | undefined;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<Exit>;
  /** Asks it to end (SIGTERM), and kills the group after `graceMs` (10 s by default). */
  stop(options: { clock: Clock; graceMs?: number }): Promise<Exit>;
  /** Stops (SIGSTOP) or continues (SIGCONT) it: its sockets stay open and nobody answers, as in a network partition. */
  freeze(frozen: boolean): void;
  /** Sends SIGKILL to it and to everything it started. */
  kill(): Promise<Exit>;
  /** The last `lines` lines of its log, 15 by default. */
  output(lines?: number): Promise<string>;
}

/**
 * Runs the program beside a watcher. The watcher reads a pipe whose other end only the starting process holds: end of
 * file without a farewell line means that this process died, so the watcher kills the program and removes its scratch
 * directory; in any case it ends what is left of the group.
 */
const launcher = `
command=$0 scratch=$1; shift
(
  trap "" TERM INT HUP
  read -r _ <&3 || { kill -KILL $$; rm -rf "$scratch"; }
  kill -KILL 0
) &
exec 3<&-
exec "$command" "$@"
`;

/**
 * Starts a program; it inherits nothing to read from, and its output goes to the log.
 * @throws {E2eError} EXITED if the shell that launches it cannot be started.
 */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const { command, args, logPath, scratch, env, cwd } = options;
  await using log = await open(logPath, "a");
  const child = spawn("/bin/sh", ["-c", launcher, command, scratch, ...args], {
    stdio: ["ignore", log.fd, log.fd, "pipe"],
    detached: true,
    ...(env && { env }),
    ...(cwd !== undefined && { cwd }),
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", reject);
  });
  return new WatchedProgram(basename(command), child, logPath);
}

class WatchedProgram implements Program {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<Exit>;
  #exit: Exit | undefined;
  readonly #logPath: string;

  constructor(name: string, child: ChildProcess, logPath: string) {
    this.name = name;
    this.pid = child.pid ?? 0;
    this.#logPath = logPath;
    const pipe = child.stdio[3];
    if (pipe instanceof Socket) pipe.on("error", () => {}); // the watcher may be gone already
    this.ended = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#exit = { code, signal };
        if (pipe instanceof Socket) pipe.end("bye\n");
        resolve(this.#exit);
      });
    });
  }

  get exit(): Exit | undefined {
    return this.#exit;
  }

  async stop({ clock, graceMs = 10_000 }: { clock: Clock; graceMs?: number }): Promise<Exit> {
    if (this.#exit !== undefined) return this.#exit;
    using _killer = clock.after(graceMs, () => this.#signalGroup("SIGKILL"));
    process.kill(this.pid, "SIGTERM");
    return await this.ended;
  }

  freeze(frozen: boolean): void {
    process.kill(this.pid, frozen ? "SIGSTOP" : "SIGCONT");
  }

  async kill(): Promise<Exit> {
    if (this.#exit === undefined) this.#signalGroup("SIGKILL");
    return await this.ended;
  }

  async output(lines = 15): Promise<string> {
    return (await readFile(this.#logPath, "utf8")).trimEnd().split("\n").slice(-lines).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #signalGroup(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (thrown) {
      if (!(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH")) throw thrown;
    }
  }
}

/**
 * Waits until `probe` says true, asking again after `everyMs` (25 by default).
 * @throws {E2eError} EXITED as soon as the program ends; NOT_READY after `timeoutMs`.
 */
export async function untilReady(
  program: Program,
  probe: () => Promise<boolean>,
  options: { clock: Clock; timeoutMs: number; everyMs?: number; signal?: AbortSignal },
): Promise<void> {
  const { clock, timeoutMs, everyMs = 25, signal } = options;
  const startMs = clock.monotonicMs();
  while (!(await probe())) {
    if (program.exit !== undefined) throw await exited(program, program.exit);
    const waitedMs = clock.monotonicMs() - startMs;
    if (waitedMs > timeoutMs) {
      const output = await program.output();
      const fact = `not ready after ${timeoutMs} ms: ${output}`;
      throw new E2eError("NOT_READY", `Cannot start "${program.name}": ${fact}`, {
        program: program.name,
        waitedMs,
        output,
      });
    }
    await sleep(clock, everyMs, signal);
  }
}

async function exited(program: Program, exit: Exit): Promise<E2eError> {
  const output = await program.output();
  const fact = `ended with ${exit.signal ?? `exit code ${exit.code}`}: ${output}`;
  return new E2eError("EXITED", `Cannot start "${program.name}": ${fact}`, { program: program.name, ...exit, output });
}

/** True if the program ended because another process had its port. */
export function lostItsPort(thrown: unknown): boolean {
  return thrown instanceof E2eError && thrown.code === "EXITED" && /address already in use/i.test(thrown.message);
}
