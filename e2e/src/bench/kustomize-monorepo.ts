import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "@sluice/base";
import { build, BuildCache, type FileTree, inputsChanged, memoryTree, renderYaml } from "@sluice/kustomize";
import { type Files, monorepo, overlaysOf, writeFiles } from "./kustomize-inputs.ts";
import { elapsed, runMs } from "./measure.ts";
import { median } from "./median.ts";

/** Small overlays of one repository; times in milliseconds. */
export interface MonorepoResult {
  overlays: number;
  /** One overlay by a process of the Go tool. */
  theirsMs: number;
  /** One overlay in our process: at first, and again with whatever is cached. */
  coldMs: number;
  warmMs: number;
  /** Everything that follows from one changed file: finding out whom it concerns, and building those. */
  changes: readonly Change[];
  /** Of the overlays that the Go tool built, those that differ. */
  differing: number;
}

interface Change {
  what: string;
  ms: number;
  /** Overlays that were built. */
  rebuilt: number;
}

const OVERLAYS = 300;
/** Overlays that the Go tool builds, evenly spread. */
const COMPARED = 30;
const ROUNDS = 9;

const CHANGES: readonly (readonly [what: string, path: string])[] = [
  ["a patch of one overlay", "apps/app-42/overlays/prod/resources.yaml"],
  ["a manifest of a base of three overlays", "apps/app-42/base/deployment.yaml"],
  ["a component of a hundred overlays", "components/telemetry/sidecar.yaml"],
];

/** @throws {E2eError} COMMAND_FAILED */
export async function benchMonorepo(kustomize: string, root: string): Promise<MonorepoResult> {
  const files = monorepo(OVERLAYS);
  const paths = overlaysOf(files);
  await writeFiles(root, files);
  const repository = new Monorepo(paths);
  const tree = digestedTree(files);
  const coldMs = elapsed(() => repository.update(tree)) / paths.length;
  const warmMs = elapsed(() => repository.buildAll(tree)) / paths.length;
  const compared = paths.filter((_, index) => index % (OVERLAYS / COMPARED) === 0);
  const theirs = { ms: [] as number[], differing: 0 };
  for (const path of compared) {
    const output = join(root, "output.yaml");
    theirs.ms.push(await runMs(kustomize, ["build", join(root, path), "-o", output]));
    const ours = renderYaml(build(tree, path, { sort: "legacy" }).objects);
    if ((await readFile(output, "utf8")) !== ours) theirs.differing += 1;
  }
  const changes = CHANGES.map(([what, path]) => benchChange(repository, { what, path, files }));
  return { overlays: paths.length, theirsMs: median(theirs.ms), coldMs, warmMs, changes, differing: theirs.differing };
}

function benchChange(repository: Monorepo, change: { what: string; path: string; files: Files }): Change {
  const { what, path, files } = change;
  const rounds = Array.from({ length: ROUNDS }, (_, round) => {
    const tree = digestedTree({ ...files, [path]: `${files[path] ?? ""}# ${round}\n` });
    let rebuilt = 0;
    const ms = elapsed(() => {
      rebuilt = repository.update(tree);
    });
    repository.update(digestedTree(files));
    return { ms, rebuilt };
  });
  return { what, ms: median(rounds.map(({ ms }) => ms)), rebuilt: median(rounds.map(({ rebuilt }) => rebuilt)) };
}

/** Overlays that share a cache, and what the last build of each read. */
class Monorepo {
  readonly #cache = new BuildCache();
  readonly #paths: readonly string[];
  readonly #built = new Map<string, ReturnType<typeof build>>();

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Builds the overlays that a change could concern. @returns how many that is */
  update(tree: FileTree): number {
    const concerned = this.#paths.filter((path) => {
      const last = this.#built.get(path);
      return last === undefined || inputsChanged(last.inputs, tree);
    });
    for (const path of concerned) this.#built.set(path, build(tree, path, { cache: this.#cache }));
    return concerned.length;
  }

  buildAll(tree: FileTree): void {
    for (const path of this.#paths) build(tree, path, { cache: this.#cache });
  }
}

/** A tree that knows its digests, as one that comes from Git or from an artifact does. */
function digestedTree(files: Files): FileTree {
  const digests = new Map(Object.entries(files).map(([path, text]) => [path, sha256Hex(text)]));
  return { ...memoryTree(files), digest: (path) => digests.get(path) };
}
