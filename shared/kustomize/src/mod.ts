/**
 * `kustomize build` as a pure function from a file tree to objects, to the letter of kustomize 5.8.1. It reads nothing but
 * the tree it is given: no disk, no network, no process.
 *
 * Imports `@sluice/base` and `@sluice/expr` and nothing else. Fails with `KustomizeError`, whose message names file, line,
 * field and the chain of kustomizations that led there. Fields it does not build are refused, never ignored.
 */
export { build, type BuildLimits, type BuildOptions, type BuildResult } from "./build.ts";
export { BuildCache } from "./cache.ts";
export { KustomizeError, type BuildFacts, type KustomizeErrors, type Place } from "./errors.ts";
export { inputsChanged, memoryTree, type BuildInputs, type FileTree } from "./file-tree.ts";
export { type LoadRestriction } from "./loader.ts";
export { renderYaml } from "./render.ts";
export { type Origin } from "./resource.ts";
