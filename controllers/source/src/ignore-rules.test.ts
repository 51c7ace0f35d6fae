import { sourceLab, type SourceLabOptions } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

const lab = (options: Omit<SourceLabOptions, "run"> = {}) =>
  sourceLab({ ...options, run: (flags, deps, signal) => runSource(parseConfig(flags, {}), deps, signal) });

const tree = {
  "app.yaml": "a",
  "notes.md": "n",
  "logo.png": "p",
  ".github/ci.yml": "c",
  ".gitignore": "i",
  "docs/x.md": "x",
};

test("without rules, media and CI files are left out", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  await remote.commit({ files: tree });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  const ready = await cx.ready("app");
  expect(Object.keys(await cx.files(ready))).toEqual(["app.yaml", "docs/x.md", "notes.md"]);
  expect(ready.status?.observedIgnore).toBeUndefined();
});

test("rules in any folder and in spec.ignore replace the defaults, but never for Git's own files", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  await remote.commit({ files: { ...tree, "docs/.sourceignore": "*.md\n" } });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" }, ignore: "/logo.png" });
  const files = await cx.files(await cx.ready("app"));
  expect(Object.keys(files)).toEqual([".github/ci.yml", "app.yaml", "docs/.sourceignore", "notes.md"]);
});

test("changed rules make a new artifact of the same revision, and taking them back restores the digest", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  await remote.commit({ files: tree });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  const { artifact } = (await cx.ready("app")).status ?? {};
  await cx.change("app", { spec: { ignore: "*.md" } });
  const narrowed = await cx.ready("app");
  expect(Object.keys(await cx.files(narrowed))).toEqual([".github/ci.yml", "app.yaml", "logo.png"]);
  expect(narrowed.status).toMatchObject({ observedIgnore: "*.md", artifact: { revision: artifact?.revision } });
  expect(narrowed.status?.artifact?.digest).not.toBe(artifact?.digest);
  await cx.change("app", { spec: { ignore: null } });
  const restored = await cx.ready("app");
  expect(restored.status?.observedIgnore).toBeUndefined();
  expect(restored.status?.artifact?.digest).toBe(artifact?.digest);
});

test("a .sourceignore that is a symbolic link is not followed", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  await remote.commit({ files: { "app.yaml": "a", ".sourceignore": { symlink: "/proc/self/environ" } } });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  expect(await cx.files(await cx.ready("app"))).toEqual({ "app.yaml": "a" });
});
