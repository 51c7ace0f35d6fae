import { type KubeObject, type Kustomization } from "@sluice/api";
import { type BuildCache, type BuildInputs, type FileTree } from "@sluice/kustomize";

export interface RenderRequest {
  /** The artifact's files. */
  tree: FileTree;
  /** The Kustomization whose labels the objects get. */
  owner: { namespace: string; name: string };
  /** What to build and how; `spec.path` is resolved inside the tree. */
  spec: Kustomization["spec"];
  /** Parsed files of earlier builds; shared by all builds of a process. */
  cache?: BuildCache;
}

export interface RenderResult {
  /** In the order of the build, with owner labels and common metadata. None is possible: whether that may prune is the caller's decision. */
  objects: KubeObject[];
  /** What was read: if none of it changed (`renderInputsChanged`) and the spec neither, the objects are the same. */
  inputs: RenderInputs;
  /** `sha256:<hex>` of the build's YAML, before owner labels and common metadata: the digest of `status.history`. */
  digest: string;
  /** For each object, where it was declared. */
  origins: readonly Origin[];
  warnings: readonly string[];
}

/** What a render looked at. */
export interface RenderInputs {
  readonly build: BuildInputs;
  /** Digest of the names in each directory that was searched for manifests. */
  readonly listings: ReadonlyMap<string, string>;
}

/** A place in the source. */
export interface Origin {
  /** Path inside the artifact. */
  file: string;
  /** From 1; absent if it is not known. */
  line?: number;
}
