import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { type Clock, messageOf } from "@sluice/base";
import { type Environment } from "./environment.ts";
import { GitError } from "./errors.ts";

/** A git command to run. */
export interface GitCommand {
  args: readonly string[];
  env: Environment;
  /** Default: the root directory, so that no repository is found by accident. */
  cwd?: string;
  /** Largest file the command may write, in bytes. */
  maxFileBytes?: number;
}

/** What a finished git command left. */
export interface GitOutcome {
  exitCode: number;
  stdout: Buffer;
  /** The last 16 KiB of the error output. */
  stderr: string;
}

const KILL_AFTER_MS = 2000;
const STDERR_BYTES = 16 * 1024;

/** A git process that is running in a process group of its own. */
export interface RunningGit {
  readonly child: ChildProcessWithoutNullStreams;
  /** Resolves when the process has ended and its pipes are closed. */
  readonly ended: Promise<{ exitCode: number; stderr: string }>;
  /** Ends the whole group: SIGTERM, so that lock files go, and SIGKILL 2 s later. */
  stop(): void;
}

/**
 * Starts git. When `signal` aborts, the process group is stopped.
 * @throws {GitError} GIT_MISSING, at once or from `ended`, if it cannot be started.
 */
export function startGit(command: GitCommand, cx: { clock: Clock; signal: AbortSignal }): RunningGit {
  cx.signal.throwIfAborted();
  const [program, args] = commandLine(command);
  const child = spawnGroup(program, args, command);
  child.stdin.on("error", () => undefined); // a process that ended early; its exit code tells more
  const stderr = lastBytes(child);
  let killTimer: Disposable | undefined;
  const stop = () => {
    signalGroup(child, "SIGTERM");
    killTimer ??= cx.clock.after(KILL_AFTER_MS, () => signalGroup(child, "SIGKILL"));
  };
  cx.signal.addEventListener("abort", stop, { once: true });
  const ended = waitForEnd(child, stderr).finally(() => {
    killTimer?.[Symbol.dispose]();
    cx.signal.removeEventListener("abort", stop);
  });
  ended.catch(() => undefined);
  return { child, ended, stop };
}

function spawnGroup(program: string, args: string[], { cwd = "/", env }: GitCommand): ChildProcessWithoutNullStreams {
  try {
    return spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: "pipe" });
  } catch (thrown) {
    throw cannotStart(thrown); // some reasons, such as a working directory that is a file, are told at once
  }
}

function cannotStart(thrown: unknown): GitError<"GIT_MISSING"> {
  const detail = messageOf(thrown);
  return new GitError("GIT_MISSING", `Cannot start git: ${detail}`, { detail }, { cause: thrown });
}

/** A file size limit is set by the shell that becomes git, because Node cannot set one. */
function commandLine(command: GitCommand): [string, string[]] {
  if (command.maxFileBytes === undefined) return ["git", [...command.args]];
  const blocks = Math.ceil(command.maxFileBytes / 512);
  return ["sh", ["-c", `ulimit -f ${blocks} && exec git "$@"`, "git", ...command.args]];
}

function lastBytes(child: ChildProcessWithoutNullStreams): () => string {
  let kept = "";
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (chunk: string) => {
    kept = (kept + chunk).slice(-STDERR_BYTES);
  });
  return () => kept;
}

async function waitForEnd(
  child: ChildProcessWithoutNullStreams,
  stderr: () => string,
): Promise<{ exitCode: number; stderr: string }> {
  try {
    const [code, signal] = (await once(child, "close")) as [number | null, string | null];
    return { exitCode: code ?? 128, stderr: signal === null ? stderr() : `${stderr()}\ngit died of ${signal}` };
  } catch (thrown) {
    throw cannotStart(thrown);
  }
}

function signalGroup(child: ChildProcessWithoutNullStreams, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // the group has already ended
  }
}

/**
 * Runs git to its end and gives what it printed. A non-zero exit is not an error here.
 * @throws {GitError} TOO_LARGE over `limitBytes` of output; GIT_MISSING.
 * @throws the signal's reason when it aborted, after the process group has ended.
 */
export async function runGit(
  command: GitCommand,
  cx: { clock: Clock; signal: AbortSignal; limitBytes: number; input?: Uint8Array },
): Promise<GitOutcome> {
  const git = startGit(command, cx);
  git.child.stdin.end(cx.input ?? "");
  const chunks: Buffer[] = [];
  let total = 0;
  git.child.stdout.on("data", (chunk: Buffer) => {
    total += chunk.length;
    if (total <= cx.limitBytes) chunks.push(chunk);
    else git.stop();
  });
  const { exitCode, stderr } = await git.ended;
  cx.signal.throwIfAborted();
  if (total > cx.limitBytes) {
    throw new GitError("TOO_LARGE", `Cannot read the output of git: it exceeds limit ${cx.limitBytes} bytes`, {
      what: "output",
      limit: cx.limitBytes,
    });
  }
  return { exitCode, stdout: Buffer.concat(chunks), stderr };
}
