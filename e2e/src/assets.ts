import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf, systemClock } from "@sluice/base";
import { type BuildOptions, builtAssets, type RecipeName } from "./asset-build.ts";
import { E2eError } from "./errors.ts";

/** The real components that tests may ask for. */
export const tools = [
  "kube-apiserver",
  "etcd",
  "kubectl",
  "kube-controller-manager",
  "nats-server",
  "kustomize",
  "kustomize-oracle",
] as const;
export type Tool = (typeof tools)[number];

/** The programs as absolute paths, or why they are not to be had. */
export type Assets<T extends Tool = Tool> =
  | { readonly path: Readonly<Record<T, string>> }
  | { readonly missing: string };

/** What `KUBEBUILDER_ASSETS` is known to hold. */
const kubebuilderTools: readonly Tool[] = ["kube-apiserver", "etcd", "kubectl"];

export interface AssetOptions {
  /** Environment: `KUBEBUILDER_ASSETS`, `SLUICE_E2E`, `XDG_CACHE_HOME`, `HOME`, and what Go reads. This process's by default. */
  env?: NodeJS.ProcessEnv;
  /** Told what goes on while something is built; standard error by default. */
  progress?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * The real components named in `needs`, or why they are missing. Programs in the directory `KUBEBUILDER_ASSETS` win; the
 * others are built from `e2e/kube` with the Go toolchain, once, into a cache outside the tree.
 * With `SLUICE_E2E=off` everything is missing and nothing is built.
 * @throws {E2eError} ASSETS_MISSING instead of telling a reason if `SLUICE_E2E=required`.
 */
export async function kubeAssets<T extends Tool>(needs: readonly T[], options: AssetOptions = {}): Promise<Assets<T>> {
  const { env = process.env } = options;
  const found = await findAssets(needs, { ...options, env });
  if (!("missing" in found) || env["SLUICE_E2E"] !== "required") return found;
  const message = `Cannot run what SLUICE_E2E=required asks for: ${found.missing}`;
  throw new E2eError("ASSETS_MISSING", message, { tools: needs });
}

async function findAssets<T extends Tool>(
  needs: readonly T[],
  options: AssetOptions & { env: NodeJS.ProcessEnv },
): Promise<Assets<T>> {
  const { env } = options;
  if (env["SLUICE_E2E"] === "off") return { missing: "SLUICE_E2E=off" };
  if (process.platform === "win32") return { missing: "Windows is not supported" };
  const installed = kubebuilderPaths(env["KUBEBUILDER_ASSETS"]);
  if (needs.every((tool) => installed.has(tool))) return { path: pick(needs, (tool) => installed.get(tool) ?? "") };
  try {
    const dirs = new Map<RecipeName, string>();
    for (const recipe of new Set(needs.map(recipeOf)))
      dirs.set(recipe, await builtAssets(recipe, buildOptions(options)));
    const built = (tool: T) => join(dirs.get(recipeOf(tool)) ?? "", tool);
    return { path: pick(needs, (tool) => installed.get(tool) ?? built(tool)) };
  } catch (thrown) {
    if (thrown instanceof E2eError && thrown.code === "COMMAND_FAILED")
      return { missing: "no Go toolchain to build it with" };
    return { missing: messageOf(thrown) };
  }
}

/** Which build makes a program: the oracle has its own, so that a change of it rebuilds nothing large. */
function recipeOf(tool: Tool): RecipeName {
  return tool === "kustomize-oracle" ? "oracle" : "kube";
}

function kubebuilderPaths(dir: string | undefined): ReadonlyMap<Tool, string> {
  if (dir === undefined || dir === "") return new Map();
  const paths = kubebuilderTools.map((tool) => [tool, join(dir, tool)] as const);
  return new Map(paths.filter(([, path]) => existsSync(path)));
}

function pick<T extends Tool>(needs: readonly T[], path: (tool: T) => string): Readonly<Record<T, string>> {
  return Object.fromEntries(needs.map((tool) => [tool, path(tool)])) as Record<T, string>;
}

function buildOptions({ env, progress, signal }: AssetOptions & { env: NodeJS.ProcessEnv }): BuildOptions {
  const toStderr = (line: string) => process.stderr.write(`sluice e2e: ${line}\n`);
  return { env, clock: systemClock, progress: progress ?? toStderr, ...(signal && { signal }) };
}
