import { readFile, rm, writeFile } from "node:fs/promises";
import { type Clock, sleep } from "@sluice/base";

const POLL_MS = 250;

/**
 * Runs `task` while no other process on this machine runs one under the same lock file. A lock whose owner died is
 * taken over. In the instant of such a take-over two processes may both believe that they own it, so `task` must be
 * correct, if wasteful, when it runs twice.
 */
export async function withFileLock<T>(
  path: string,
  options: { clock: Clock; signal?: AbortSignal },
  task: () => Promise<T>,
): Promise<T> {
  while (!(await tryLock(path))) {
    if (await ownerIsGone(path)) await rm(path, { force: true });
    else await sleep(options.clock, POLL_MS, options.signal);
  }
  try {
    return await task();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, `${process.pid}\n`, { flag: "wx" });
    return true;
  } catch (thrown) {
    if (hasCode(thrown, "EEXIST")) return false;
    throw thrown;
  }
}

async function ownerIsGone(path: string): Promise<boolean> {
  let owner: number;
  try {
    owner = Number.parseInt(await readFile(path, "utf8"), 10);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return false; // released just now: the next try decides
    throw thrown;
  }
  return Number.isSafeInteger(owner) && owner > 0 && !isAlive(owner);
}

/** True if a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return !hasCode(thrown, "ESRCH");
  }
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === code;
}
