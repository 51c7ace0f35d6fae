import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { TestRepository } from "@sluice/testkit";
import { expect, test, vi } from "vitest";
import { localRepository } from "./local-repository.ts";
import { nativeGit } from "./native-git.ts";
import { serveRepository } from "./serve-repository.ts";
import { watchRefs } from "./watch-refs.ts";

const { signal } = new AbortController();
const clock = systemClock;
const identity = ["-c", "user.name=me", "-c", "user.email=me@example.com"];

/** Waits for what the file system tells, whose time no clock of ours rules. */
const eventually = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 10_000, interval: 5 });

/** A repository with a work tree, made by a bare one of testkit's and a clone. */
async function lab() {
  const scratch = await scratchDir("sluice-local");
  const bare = await TestRepository.create(join(scratch.path, "bare.git"));
  await bare.commit({ files: { "a.yaml": "1" } });
  const work = join(scratch.path, "work");
  await bare.git("clone", "--quiet", bare.dir, work);
  const run = (...args: string[]) => bare.git("-C", work, ...identity, ...args);
  return { scratch, bare, work, run, [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

test("localRepository() finds a work tree from its root and from inside", async () => {
  await using cx = await lab();
  await mkdir(join(cx.work, "deep/er"), { recursive: true });
  const expected = {
    gitDir: join(cx.work, ".git"),
    commonDir: join(cx.work, ".git"),
    branch: "main",
    commit: await cx.bare.head(),
  };
  expect(await localRepository(cx.work, { clock, signal })).toEqual(expected);
  expect(await localRepository(join(cx.work, "deep/er"), { clock, signal })).toEqual(expected);
});

test("localRepository() knows bare repositories, linked work trees and detached heads", async () => {
  await using cx = await lab();
  const linked = join(cx.scratch.path, "linked");
  await cx.run("worktree", "add", "--quiet", "-b", "topic", linked);
  expect(await localRepository(cx.bare.dir, { clock, signal })).toMatchObject({
    gitDir: cx.bare.dir,
    commonDir: cx.bare.dir,
  });
  expect(await localRepository(linked, { clock, signal })).toMatchObject({
    gitDir: join(cx.work, ".git/worktrees/linked"),
    commonDir: join(cx.work, ".git"),
    branch: "topic",
  });
  await cx.run("checkout", "--quiet", "--detach");
  expect(await localRepository(cx.work, { clock, signal })).not.toHaveProperty("branch");
});

test("localRepository() knows a repository without commits", async () => {
  await using cx = await lab();
  const empty = await TestRepository.create(join(cx.scratch.path, "empty.git"));
  expect(await localRepository(empty.dir, { clock, signal })).toEqual({
    gitDir: empty.dir,
    commonDir: empty.dir,
    branch: "main",
  });
});

test.each(["", "none", "file"])("localRepository() fails with NOT_A_REPOSITORY for %j", async (name) => {
  await using scratch = await scratchDir("sluice-local");
  await writeFile(join(scratch.path, "file"), "");
  await expect(localRepository(join(scratch.path, name), { clock, signal })).rejects.toMatchObject({
    code: "NOT_A_REPOSITORY",
  });
});

test("serveRepository() serves what is committed, at each request anew", async () => {
  await using cx = await lab();
  await using served = await serveRepository({ path: cx.work, clock, signal });
  const git = nativeGit({ clock });
  const call = { signal, timeoutMs: 20_000 };
  const resolve = () => git.resolve({ url: served.url }, { branch: "main" }, call);
  expect((await resolve()).commit).toBe(await cx.bare.head());
  await writeFile(join(cx.work, "a.yaml"), "2");
  await cx.run("commit", "--quiet", "-am", "second");
  const resolved = await resolve();
  const info = await git.fetch(join(cx.scratch.path, "cache.git"), { url: served.url }, resolved, call);
  expect(info.subject).toBe("second");
});

test("serveRepository() serves a linked work tree's branch", async () => {
  await using cx = await lab();
  const linked = join(cx.scratch.path, "linked");
  await cx.run("worktree", "add", "--quiet", "-b", "topic", linked);
  await using served = await serveRepository({ path: linked, clock, signal, name: "demo" });
  expect(served.url).toMatch(/\/demo$/);
  const found = await nativeGit({ clock }).resolve(
    { url: served.url },
    { branch: "topic" },
    { signal, timeoutMs: 20_000 },
  );
  expect(found.commit).toBe(await cx.bare.head());
});

test.each([
  ["GET", "/repository/info/refs?service=git-receive-pack", 403],
  ["POST", "/repository/git-receive-pack", 403],
  ["GET", "/repository/info/refs", 403],
  ["GET", "/repository/HEAD", 404],
  ["GET", "/repository/config", 404],
  ["GET", "/repository/../../etc/passwd", 404],
  ["GET", "/other/info/refs?service=git-upload-pack", 404],
  ["POST", "/repository/info/refs?service=git-upload-pack", 405],
])("serveRepository() answers %s %s with %d", async (method, path, status) => {
  await using cx = await lab();
  await using served = await serveRepository({ path: cx.work, clock, signal });
  expect((await fetch(new URL(path, served.url), { method })).status).toBe(status);
});

async function watching(repository: { gitDir: string; commonDir: string }) {
  const controller = new AbortController();
  const seen = { changes: 0 };
  await watchRefs({ repository, clock, signal: controller.signal, onChange: () => seen.changes++ });
  return { seen, [Symbol.dispose]: () => controller.abort() };
}

test("watchRefs() notices a commit, a new branch in a new folder, packing with a change, and a deletion", async () => {
  await using cx = await lab();
  using watch = await watching(await localRepository(cx.work, { clock, signal }));
  const steps = [
    ["commit", "--quiet", "--allow-empty", "-m", "x"],
    ["branch", "feature/new"],
    ["branch", "-D", "--quiet", "feature/new"],
    ["checkout", "--quiet", "--detach"],
  ];
  for (const step of steps) {
    const before = watch.seen.changes;
    await cx.run(...step);
    await eventually(() => watch.seen.changes > before);
  }
  expect(watch.seen.changes).toBeGreaterThanOrEqual(steps.length);
});

test("watchRefs() notices a commit in a bare repository and in a linked work tree", async () => {
  await using cx = await lab();
  const linked = join(cx.scratch.path, "linked");
  await cx.run("worktree", "add", "--quiet", "-b", "topic", linked);
  using bare = await watching(await localRepository(cx.bare.dir, { clock, signal }));
  using tree = await watching(await localRepository(linked, { clock, signal }));
  await cx.bare.commit({ files: { b: "1" } });
  await eventually(() => bare.seen.changes > 0);
  await cx.bare.git("-C", linked, ...identity, "commit", "--quiet", "--allow-empty", "-m", "y");
  await eventually(() => tree.seen.changes > 0);
  expect(tree.seen.changes).toBeGreaterThan(0);
});

test("watchRefs() says nothing when no ref moves, and nothing after its signal aborted", async () => {
  await using cx = await lab();
  const controller = new AbortController();
  let changes = 0;
  const repository = await localRepository(cx.work, { clock, signal });
  await watchRefs({ repository, clock, signal: controller.signal, onChange: () => changes++ });
  using witness = await watching(repository);
  await writeFile(join(cx.work, "b.yaml"), "1");
  await cx.run("add", "b.yaml");
  await rm(join(cx.work, ".git/COMMIT_EDITMSG"), { force: true });
  controller.abort();
  await cx.run("commit", "--quiet", "-m", "z");
  await eventually(() => witness.seen.changes > 0);
  expect(changes).toBe(0);
});
