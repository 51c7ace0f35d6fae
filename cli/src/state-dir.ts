import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { messageOf } from "@sluice/base";
import { CliError } from "./errors.ts";

/**
 * Takes a directory for one `sluice up`, creating it if absent; disposing gives it back. What a process that died has taken is free again.
 * @throws {CliError} DIRECTORY if it cannot be used or another process uses it
 */
export async function takeStateDir(dir: string): Promise<AsyncDisposable> {
  const lock = join(dir, "lock");
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const holder = Number(await readFile(lock, "utf8").catch(() => "0"));
    if (isAlive(holder)) throw new Error(`another "sluice up" uses it (process ${holder})`);
    await rm(lock, { force: true });
    await writeFile(lock, String(process.pid), { flag: "wx" });
  } catch (thrown) {
    throw new CliError(
      "DIRECTORY",
      `Cannot use directory "${dir}": ${messageOf(thrown)}; --dir names another one`,
      { dir },
      { cause: thrown },
    );
  }
  return { [Symbol.asyncDispose]: () => rm(lock, { force: true }) };
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
