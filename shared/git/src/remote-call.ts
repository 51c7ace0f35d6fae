import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir, timeoutSignal } from "@sluice/base";
import { type GitEngine } from "./engine.ts";
import { type GitSettings, remoteSettings } from "./environment.ts";
import { GitError } from "./errors.ts";
import { type CallOptions } from "./git.ts";
import { type GitOutcome } from "./process.ts";
import { sameHostRedirect } from "./redirect.ts";
import { certificateBundle, type CheckedRemote } from "./remote.ts";

/** One command that talks to a remote. `args` gets the URL to use. */
interface RemoteCommand {
  args: (url: string) => readonly string[];
  settings?: GitSettings;
  maxFileBytes?: number;
  limitBytes?: number;
}

/** A way to talk to one remote within one call's limit of time. */
export interface RemoteSession {
  readonly remote: CheckedRemote;
  readonly signal: AbortSignal;
  run(command: RemoteCommand): Promise<GitOutcome>;
}

/**
 * Runs `work` with a session; everything it started has ended when this returns.
 * @throws {GitError} TIMEOUT after `options.timeoutMs`, or what `work` throws.
 */
export async function withRemote<T>(
  cx: { engine: GitEngine; remote: CheckedRemote; options: CallOptions },
  work: (session: RemoteSession) => Promise<T>,
): Promise<T> {
  const { engine, remote, options } = cx;
  using deadline = timeoutSignal(engine.clock, options.timeoutMs, options.signal);
  const { signal } = deadline;
  try {
    await using files = remote.caPem === undefined ? undefined : await certificateFile(remote.caPem);
    const settings = remoteSettings(remote, files === undefined ? {} : { caFile: files.path });
    return await work({ remote, signal, run: (command) => followed({ engine, remote, settings, signal }, command) });
  } catch (thrown) {
    if (!deadline.timedOut() || options.signal.aborted) throw thrown;
    const { timeoutMs } = options;
    const message = `Cannot read repository "${remote.url}": no answer within ${timeoutMs} ms`;
    throw new GitError("TIMEOUT", message, { url: remote.url, timeoutMs }, { cause: thrown });
  }
}

interface CommandCx {
  engine: GitEngine;
  remote: CheckedRemote;
  settings: GitSettings;
  signal: AbortSignal;
}

/** Runs a command; if the server redirects although credentials are in use, once more where it points to on the same host. */
async function followed(cx: CommandCx, command: RemoteCommand): Promise<GitOutcome> {
  const run = (url: string) =>
    cx.engine.run(command.args(url), {
      signal: cx.signal,
      settings: [...cx.settings, ...(command.settings ?? [])],
      ...(command.maxFileBytes !== undefined && { maxFileBytes: command.maxFileBytes }),
      ...(command.limitBytes !== undefined && { limitBytes: command.limitBytes }),
    });
  const outcome = await run(cx.remote.url);
  if (outcome.exitCode === 0 || cx.remote.auth === undefined) return outcome;
  if (!/returned error: 30[12378]/.test(outcome.stderr)) return outcome;
  const target = await sameHostRedirect(cx.remote, cx.signal);
  return target === undefined ? outcome : run(target);
}

async function certificateFile(caPem: string): Promise<{ path: string } & AsyncDisposable> {
  const dir = await scratchDir("sluice-git-ca");
  const path = join(dir.path, "ca.pem");
  await writeFile(path, certificateBundle(caPem), { mode: 0o600 });
  return { path, [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose]() };
}
