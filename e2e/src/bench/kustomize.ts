import { readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { scratchDir } from "@sluice/base";
import { build, type FileTree, memoryTree, renderYaml } from "@sluice/kustomize";
import { kubeAssets } from "../assets.ts";
import { E2eError } from "../errors.ts";
import { overlayRepository, writeFiles } from "./kustomize-inputs.ts";
import { benchMonorepo, type MonorepoResult } from "./kustomize-monorepo.ts";
import { elapsed, peakBytes, runMs } from "./measure.ts";
import { median } from "./median.ts";

/** The builder beside the Go tool on generated inputs, in one run. */
export interface KustomizeReport {
  /** Time of an empty Node program, which is part of every run of ours. */
  nodeStartMs: number;
  overlays: readonly OverlayResult[];
  monorepo: MonorepoResult;
}

/** One overlay of so many resources, as a command from start to end, and again in a process that is warm. */
export interface OverlayResult {
  resources: number;
  ours: Run;
  warmMs: number;
  /** Undefined where the Go tool was left out. */
  theirs: Run | undefined;
  /** Whether both printed the same bytes; undefined where the Go tool was left out. */
  isSame: boolean | undefined;
}

interface Run {
  ms: number;
  /** Largest resident set; undefined where the system does not tell. */
  peakBytes: number | undefined;
}

export interface KustomizeBenchOptions {
  rounds: number;
  /** Largest overlay that the Go tool builds, too: its time grows with the square. */
  goLimit: number;
  progress: (line: string) => void;
}

const SIZES = [10, 100, 1000, 5000, 10_000] as const;
const sluice = join(import.meta.dirname, "../../../dist/sluice.mjs");

/** @throws {E2eError} ASSETS_MISSING, COMMAND_FAILED */
export async function benchKustomize(options: KustomizeBenchOptions): Promise<KustomizeReport> {
  const assets = await kubeAssets(["kustomize"]);
  if ("missing" in assets)
    throw new E2eError("ASSETS_MISSING", `Cannot bench: ${assets.missing}`, { tools: ["kustomize"] });
  const { kustomize } = assets.path;
  await using dir = await scratchDir("sluice-bench");
  const starts: number[] = [];
  for (let round = 0; round < 9; round += 1) starts.push(await runMs(process.execPath, ["-e", "0"]));
  const overlays: OverlayResult[] = [];
  for (const resources of SIZES) {
    options.progress(`overlay of ${resources} resources`);
    overlays.push(await benchOverlay({ resources, kustomize, parent: dir.path, ...options }));
  }
  options.progress("monorepo");
  return {
    nodeStartMs: median(starts),
    overlays,
    monorepo: await benchMonorepo(kustomize, join(dir.path, "monorepo")),
  };
}

interface Overlay extends KustomizeBenchOptions {
  resources: number;
  kustomize: string;
  parent: string;
}

async function benchOverlay(options: Overlay): Promise<OverlayResult> {
  const { resources, kustomize, parent, rounds, goLimit } = options;
  const root = join(parent, String(resources));
  const files = overlayRepository(resources);
  await writeFiles(root, files);
  const [folder, ours, theirs] = [join(root, "overlays/prod"), join(root, "ours.yaml"), join(root, "theirs.yaml")];
  const ourArgs = [sluice, "build", folder, "-o", ours];
  const theirArgs = ["build", folder, "-o", theirs];
  const withGo = resources <= goLimit;
  // One run of the Go tool is enough where it takes minutes.
  const goRounds = withGo ? (resources > 1000 ? 1 : rounds) : 0;
  const times: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let round = 0; round < rounds; round += 1) {
    times.ours.push(await runMs(process.execPath, ourArgs));
    if (round < goRounds) times.theirs.push(await runMs(kustomize, theirArgs));
  }
  return {
    resources,
    ours: { ms: median(times.ours), peakBytes: await peakBytes(process.execPath, ourArgs) },
    warmMs: warmBuildMs(memoryTree(files), rounds),
    theirs: withGo ? { ms: median(times.theirs), peakBytes: await goPeak(resources, kustomize, theirArgs) } : undefined,
    isSame: withGo ? (await readFile(ours)).equals(await readFile(theirs)) : undefined,
  };
}

/** A run more than is timed: not where one takes minutes. */
async function goPeak(resources: number, kustomize: string, args: readonly string[]): Promise<number | undefined> {
  return resources > 1000 ? undefined : await peakBytes(kustomize, args);
}

/** A whole build with its text, without any cache, once the code is compiled. */
function warmBuildMs(tree: FileTree, rounds: number): number {
  const times = Array.from({ length: rounds + 3 }, () =>
    elapsed(() => renderYaml(build(tree, "overlays/prod", { sort: "legacy" }).objects)),
  );
  return median(times.slice(3));
}
