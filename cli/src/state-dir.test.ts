import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { scratchDir } from "@sluice/base";
import { expect, test } from "vitest";
import { takeStateDir } from "./state-dir.ts";

test("takeStateDir() refuses a directory that a living process has taken, and takes that of a dead one", async () => {
  await using dir = await scratchDir("state-dir");
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await writeFile(join(dir.path, "lock"), String(other.pid));
  await expect(takeStateDir(dir.path)).rejects.toThrow(
    `another "sluice up" uses it (process ${other.pid}); --dir names another one`,
  );
  other.kill();
  await once(other, "exit");
  await using _taken = await takeStateDir(dir.path);
});

test("takeStateDir() names a directory that cannot be created", async () => {
  await using dir = await scratchDir("state-dir");
  await writeFile(join(dir.path, "file"), "");
  await chmod(join(dir.path, "file"), 0o400);
  await expect(takeStateDir(join(dir.path, "file/below"))).rejects.toThrow(
    /Cannot use directory ".*below": .*; --dir names another one/,
  );
});
