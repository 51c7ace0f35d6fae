import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { expect, test } from "vitest";
import { withFileLock } from "./file-lock.ts";

const options = { clock: systemClock };

test("withFileLock() runs one task at a time", async () => {
  await using dir = await scratchDir("lock");
  let running = 0;
  let most = 0;
  const task = async () => {
    most = Math.max(most, ++running);
    await writeFile(join(dir.path, "work"), "done");
    running--;
  };
  await Promise.all([1, 2, 3].map(() => withFileLock(join(dir.path, "lock"), options, task)));
  expect({ most, running }).toEqual({ most: 1, running: 0 });
});

test("withFileLock() releases the lock when the task fails", async () => {
  await using dir = await scratchDir("lock");
  const path = join(dir.path, "lock");
  await expect(withFileLock(path, options, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
  expect(existsSync(path)).toBe(false);
});

test("withFileLock() takes over the lock of a process that died", async () => {
  await using dir = await scratchDir("lock");
  const path = join(dir.path, "lock");
  const dead = spawnSync("/bin/sh", ["-c", "exit 0"]).pid;
  await writeFile(path, `${dead}\n`);
  expect(await withFileLock(path, options, () => Promise.resolve("ran"))).toBe("ran");
});

test("withFileLock() stops waiting when its signal aborts", async () => {
  await using dir = await scratchDir("lock");
  const path = join(dir.path, "lock");
  await writeFile(path, `${process.pid}\n`);
  const waiting = withFileLock(path, { ...options, signal: AbortSignal.abort(new Error("enough")) }, () =>
    Promise.resolve(),
  );
  await expect(waiting).rejects.toThrow("enough");
});
