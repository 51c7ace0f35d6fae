import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { build, type BuildResult } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { memoryTree, type FileTree } from "./file-tree.ts";
import { type RemoteSource } from "./remotes.ts";
import { renderYaml } from "./render.ts";

/*
 * Each folder of testdata is a case: the tree in `input` (whose folder `overlay` is built, if there is one), and either
 * `expected.yaml`, which the Go tool printed, or `error.txt`, our message where the Go tool fails too. `remotes.json` says
 * which folder of `remotes` a repository has at each ref ("" for none), and which file of it a URL. `skip.json` beside the
 * cases names those that are known to fail, each with its reason.
 */
const CASES = fileURLToPath(new URL("../testdata", import.meta.url));
const skipped = readJson<Record<string, string>>(join(CASES, "skip.json"));
const names = readdirSync(CASES)
  .filter((name) => statSync(join(CASES, name)).isDirectory())
  .sort();
const cache = new BuildCache();

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, "utf8")) as T;
}

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

interface RemotesFile {
  repositories?: Record<string, Record<string, string>>;
  files?: Record<string, string>;
}

function remotesOf(name: string): RemoteSource | undefined {
  const path = join(CASES, name, "remotes.json");
  if (!existsSync(path)) return undefined;
  const { repositories = {}, files = {} } = readJson<RemotesFile>(path);
  const at = (entry: string) => join(CASES, name, "remotes", entry);
  return {
    file: (url) => {
      const entry = files[url.replace(/^HTTP:/, "http:")];
      return entry === undefined ? null : readFileSync(at(entry));
    },
    repository: ({ url, ref }) => {
      const folder = repositories[url]?.[ref];
      return folder === undefined ? null : treeOf(at(folder));
    },
  };
}

function buildCase(name: string): BuildResult {
  const input = join(CASES, name, "input");
  const remotes = remotesOf(name);
  const path = existsSync(join(input, "overlay")) ? "overlay" : "";
  return build(treeOf(input), path, remotes === undefined ? { cache } : { cache, remotes });
}

/** Throws unless the case is as it should be. */
function check(name: string): void {
  const [output, message] = ["expected.yaml", "error.txt"].map((file) => join(CASES, name, file));
  if (output !== undefined && existsSync(output)) {
    const expected = readFileSync(output, "utf8");
    const { objects, origins } = buildCase(name);
    expect(renderYaml(objects)).toBe(expected);
    expect(origins).toHaveLength(objects.length);
    expect(renderYaml(buildCase(name).objects)).toBe(expected);
    return;
  }
  expect(messageOf(() => buildCase(name))).toBe(readFileSync(message ?? "", "utf8").trimEnd());
}

for (const name of names) {
  const what = existsSync(join(CASES, name, "error.txt"))
    ? "says what is wrong and where"
    : "prints the bytes of kustomize 5.8.1";
  if (skipped[name] === undefined) test(`build() ${what}: ${name}`, () => check(name));
  else test(`a skipped case fails still: ${name}`, () => expect(() => check(name)).toThrow());
}

test("every case has one expectation", () => {
  const bad = names.filter(
    (name) => readdirSync(join(CASES, name)).filter((file) => /^(expected\.yaml|error\.txt)$/.test(file)).length !== 1,
  );
  expect(bad).toEqual([]);
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
