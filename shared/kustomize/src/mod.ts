/**
 * `kustomize build` as a pure function from a file tree to objects, to the letter of kustomize 5.8.1. It reads nothing but
 * the tree it is given: no disk, no network, no process. What kustomizations name beyond it, a caller may fetch and hand in.
 *
 * Imports `@sluice/base` and `@sluice/expr` and nothing else. Fails with `KustomizeError`, whose message names file, line,
 * field and the chain of kustomizations that led there. Fields it does not build are refused, never ignored.
 */
export { build, buildInSteps, type BuildLimits, type BuildOptions, type BuildResult } from "./build.ts";
export { BuildCache, type CacheCounts } from "./cache.ts";
export { KustomizeError, type BuildFacts, type KustomizeErrors, type Place } from "./errors.ts";
export {
  allowHosts,
  buildWithRemotes,
  missingRemotes,
  type RemoteBuildOptions,
  type RemoteFetcher,
  type RemotePolicy,
} from "./fetch-remotes.ts";
export { inputsChanged, type BuildInputs } from "./build-inputs.ts";
export { memoryTree, type FileTree } from "./file-tree.ts";
export { type KubernetesSchema, type MergeKeys, type TypeSchema } from "./kubernetes-schema.ts";
export { type LoadRestriction } from "./loader.ts";
export { openApiSchema } from "./open-api-schema.ts";
export { outputFiles, type OutputFile } from "./output-files.ts";
export { renderYaml, yamlTexts } from "./render.ts";
export { type RemoteRequest } from "./remote-request.ts";
export { type RemoteInput, type RemoteSource } from "./remotes.ts";
export { type RepositoryUrl } from "./repository-url.ts";
export { type Origin } from "./resource.ts";
