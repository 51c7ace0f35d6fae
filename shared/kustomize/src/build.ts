import { atOnce, isObject, ownKey, type JsonObject, type Steps } from "@sluice/base";
import { ORIGIN_ANNOTATION, TRANSFORMATIONS_ANNOTATION } from "./build-metadata.ts";
import { Builder } from "./builder.ts";
import { type BuildCache } from "./cache.ts";
import { asFailure, withChain } from "./errors.ts";
import { type BuildInputs } from "./build-inputs.ts";
import { type FileTree } from "./file-tree.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { type LoadRestriction } from "./loader.ts";
import { textOf } from "./node.ts";
import { RecordingTree } from "./recording-tree.ts";
import { notFetched, RemoteReader, type RemoteSource } from "./remotes.ts";
import { type Origin, type Resource } from "./resource.ts";

/** Bounds of one build. */
export interface BuildLimits {
  /** Most resources, 25,000 by default. */
  resources?: number;
  /** Most kustomizations, each counted as often as it is included; 10,000 by default. */
  kustomizations?: number;
  /** Deepest chain of kustomizations, 100 by default. */
  depth?: number;
  /**
   * Most values that are taken from files and copied by patches, replacements and variables, 10,000,000 by default: a patch
   * of 50 values for a target of 1,000 resources copies 50,000. 64 characters of a text count as a value more, and so do 4
   * pairs of list elements that a patch must compare because they lack some of the keys of their list. An entry that looks
   * for its resources counts one for each that it passes, and 20 for each that it changes.
   */
  copies?: number;
  /** Most remote repositories and files, 100 by default. */
  remotes?: number;
}

export interface BuildOptions {
  /** Parsed files and built bases are kept here; share one among builds. Without one, nothing is kept. */
  cache?: BuildCache;
  limits?: BuildLimits;
  /** Order of the output unless the kustomization says one: as it comes (`none`, the default), or kustomize's fixed order. */
  sort?: "none" | "legacy";
  /** What files may be read: any of the tree (`none`, the default), or those in and below each kustomization's folder. */
  loadRestriction?: LoadRestriction;
  /** Labels every object as managed by kustomize, as `buildMetadata: [managedByLabel]` does; false by default. */
  managedByLabel?: boolean;
  /**
   * Merge keys and scopes to go by in the place of Kubernetes 1.21.2's, which kustomize has compiled in: see `openApiSchema`.
   * A schema that a kustomization names by `openapi.path` wins.
   */
  schema?: KubernetesSchema;
  /** What was fetched of remote bases, components and files; without it they are refused. See `buildWithRemotes`. */
  remotes?: RemoteSource;
}

export interface BuildResult {
  /** The objects in output order. They are the caller's to change. */
  objects: JsonObject[];
  /** For each of `objects`, the file it came from and the line of its document. */
  origins: readonly Origin[];
  /** What was read and looked for; see `inputsChanged`. */
  inputs: BuildInputs;
  /** What a user may want to know, such as deprecated fields, each said once. */
  warnings: string[];
}

/**
 * Builds the kustomization in the folder `path` of `tree`, as `kustomize build` 5.8.1 does with Flux's settings.
 * Reads nothing but `tree` and changes nothing.
 * @throws {KustomizeError} naming the file and the chain of kustomizations that led to it.
 */
export function build(tree: FileTree, path: string, options: BuildOptions = {}): BuildResult {
  return atOnce(buildInSteps(tree, path, options));
}

/**
 * As `build`, in steps: each takes milliseconds, even of a large build, so that whoever takes them can do other work in between.
 * Builds that share a cache may be under way at the same time. Meanwhile the tree must not change.
 * @throws {KustomizeError} as `build`
 */
export function* buildInSteps(tree: FileTree, path: string, options: BuildOptions = {}): Steps<BuildResult> {
  const recording = new RecordingTree(tree);
  const remotes = new RemoteReader({ source: options.remotes, limit: options.limits?.remotes ?? 100 });
  const builder = new Builder({
    tree: recording,
    remotes,
    cache: options.cache,
    limits: { resources: 25_000, kustomizations: 10_000, depth: 100, copies: 10_000_000, ...options.limits },
    restriction: options.loadRestriction ?? "none",
    sort: options.sort ?? "none",
    schema: options.schema,
    managedByLabel: options.managedByLabel ?? false,
  });
  try {
    const resources = yield* builder.build(path);
    if (remotes.missing.length > 0) throw notFetched(remotes.missing, builder.chain);
    return {
      objects: resources.map((resource) => finished(resource, builder.keptAnnotations)),
      origins: resources.map((resource) => ({ ...resource.origin })),
      inputs: remotes.inputs.size === 0 ? recording.inputs : { ...recording.inputs, remotes: remotes.inputs },
      warnings: builder.warnings,
    };
  } catch (thrown) {
    // Without what is missing, any other failure proves nothing.
    if (remotes.missing.length > 0) throw notFetched(remotes.missing, builder.chain);
    throw withChain(asFailure(thrown), builder.chain);
  }
}

/** Annotations that kustomize keeps for itself; whoever sets one does not see it again. */
const INTERNAL_ANNOTATIONS: ReadonlySet<string> = new Set([
  ...["previousKinds", "previousNames", "previousNamespaces", "prefixes", "suffixes", "refBy", "generatorBehavior"].map(
    internal,
  ),
  ...["needsHashSuffix", "allowNameChange", "allowKindChange", "path", "index", "seqindent", "id"].map(internal),
  ...["annotations-migration-resource-id", "helm-generated"].map(internal),
  "config.kubernetes.io/path",
  "config.kubernetes.io/index",
  "config.k8s.io/id",
  ORIGIN_ANNOTATION,
  TRANSFORMATIONS_ANNOTATION,
]);

function internal(name: string): string {
  return `internal.config.kubernetes.io/${name}`;
}

function finished(resource: Resource, kept: ReadonlySet<string>): JsonObject {
  const metadata = resource.metadata();
  const annotations = ownKey(metadata, "annotations");
  if (!isObject(annotations)) {
    delete metadata["annotations"];
    return resource.value;
  }
  for (const key of Object.keys(annotations)) {
    if (INTERNAL_ANNOTATIONS.has(key) && !kept.has(key)) delete annotations[key];
    else if (typeof annotations[key] !== "string") annotations[key] = textOf(annotations[key]);
  }
  if (Object.keys(annotations).length === 0) delete metadata["annotations"];
  return resource.value;
}
