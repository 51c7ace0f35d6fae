import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { build, type BuildResult } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { memoryTree, type FileTree } from "./file-tree.ts";
import { renderYaml } from "./render.ts";

/*
 * Each folder of testdata is a case: the tree in `input` (whose folder `overlay` is built, if there is one), and either
 * `expected.yaml`, which the Go tool printed, or `error.txt`, our message where the Go tool fails too.
 */
const CASES = fileURLToPath(new URL("../testdata", import.meta.url));

function treeOf(root: string): FileTree {
  const files: Record<string, Uint8Array> = {};
  const walk = (folder: string) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else files[relative(root, path)] = readFileSync(path);
    }
  };
  walk(root);
  return memoryTree(files);
}

function buildCase(name: string, cache: BuildCache): BuildResult {
  const input = join(CASES, name, "input");
  return build(treeOf(input), existsSync(join(input, "overlay")) ? "overlay" : "", { cache });
}

const cache = new BuildCache();
const names = readdirSync(CASES).sort();

for (const name of names.filter((each) => existsSync(join(CASES, each, "expected.yaml")))) {
  test(`build() prints the bytes of kustomize 5.8.1: ${name}`, () => {
    const expected = readFileSync(join(CASES, name, "expected.yaml"), "utf8");
    const { objects, origins } = buildCase(name, cache);
    expect(renderYaml(objects)).toBe(expected);
    expect(origins).toHaveLength(objects.length);
    expect(renderYaml(buildCase(name, cache).objects)).toBe(expected);
  });
}

for (const name of names.filter((each) => existsSync(join(CASES, each, "error.txt")))) {
  test(`build() says what is wrong and where: ${name}`, () => {
    const expected = readFileSync(join(CASES, name, "error.txt"), "utf8");
    expect(messageOf(() => buildCase(name, cache))).toBe(expected.trimEnd());
  });
}

test("every case has an expectation", () => {
  const bare = names.filter(
    (name) => !readdirSync(join(CASES, name)).some((file) => /^(expected\.yaml|error\.txt)$/.test(file)),
  );
  expect(bare).toEqual([]);
});

function messageOf(task: () => unknown): string {
  try {
    task();
  } catch (thrown) {
    if (thrown instanceof KustomizeError) return thrown.message;
    throw thrown;
  }
  throw new Error("expected a KustomizeError");
}
