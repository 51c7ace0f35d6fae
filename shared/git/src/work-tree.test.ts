import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { expect, test } from "vitest";
import { localRepository } from "./local-repository.ts";
import { createRepository, localRemotes } from "./work-tree.ts";

const options = { clock: systemClock, signal: AbortSignal.timeout(20_000) };

test("createRepository() commits a directory to main, and a user without a name can commit on", async () => {
  await using dir = await scratchDir("work-tree");
  await writeFile(join(dir.path, "a.yaml"), "a: 1\n");
  await createRepository(dir.path, { ...options, message: "first" });
  const { branch, commit } = await localRepository(dir.path, options);
  expect(branch).toBe("main");
  await writeFile(join(dir.path, "a.yaml"), "a: 2\n");
  execFileSync("git", ["-C", dir.path, "commit", "-qam", "second"], {
    env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
  });
  expect((await localRepository(dir.path, options)).commit).not.toBe(commit);
});

test("localRemotes() lists each remote's URL once, and none for a repository without remotes", async () => {
  await using dir = await scratchDir("work-tree");
  await writeFile(join(dir.path, "a.yaml"), "a: 1\n");
  await createRepository(dir.path, { ...options, message: "first" });
  expect(await localRemotes(dir.path, options)).toEqual([]);
  for (const [name, url] of [
    ["origin", "git@example.com:o/r.git"],
    ["mirror", "https://example.com/o/r"],
    ["again", "https://example.com/o/r"],
  ] as const) {
    execFileSync("git", ["-C", dir.path, "remote", "add", name, url]);
  }
  expect((await localRemotes(dir.path, options)).sort()).toEqual([
    "git@example.com:o/r.git",
    "https://example.com/o/r",
  ]);
});
