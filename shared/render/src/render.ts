import { groupOf, type KubeObject, ownerNameLabel, ownerNamespaceLabel } from "@sluice/api";
import { createHash } from "node:crypto";
import { dumpYaml, inBatches, insideRoot, isObject, type JsonObject, setKey, type Steps } from "@sluice/base";
import {
  buildInSteps,
  type BuildInputs,
  type BuildResult,
  type FileTree,
  KustomizeError,
  yamlTexts,
} from "@sluice/kustomize";
import { adjusted } from "./adjust.ts";
import { RenderError } from "./errors.ts";
import { KUSTOMIZATION_NAMES, type KustomizationFile, kustomizationOf, join } from "./kustomization-file.ts";
import { fileDigest, overlayTree } from "./overlay-tree.ts";
import { type Origin, type RenderRequest, type RenderResult } from "./types.ts";
import { refuseUnsupported } from "./unsupported.ts";

/**
 * Turns an artifact's files into the objects that one Kustomization wants, in steps. Pure: reads nothing but the tree, and never
 * changes it.
 * @throws {RenderError} whose message names file and line, or the field of the spec
 * @source spec/flux-api.md 2.4
 */
export function* render(request: RenderRequest): Steps<RenderResult> {
  const { tree, spec } = request;
  refuseUnsupported(spec);
  const folder = folderOf(tree, spec.path ?? "");
  const file = kustomizationOf(tree, folder);
  const changed = adjusted({ tree, folder, content: file.content, spec });
  const content = changed ?? file.content;
  const shadow = changed !== undefined || file.generated;
  const built = isEmpty(content)
    ? emptyBuild()
    : yield* buildAt(shadow ? overlayTree(tree, file.path, dumpYaml(content)) : tree, folder, request.cache);
  const inputs = { build: trueInputs(built.inputs, { tree, folder, file, shadow, spec }), listings: file.listings };
  const digest = yield* digestOf(built.objects);
  const { objects, origins } = kubeObjects(built);
  for (const object of objects) label(object, request);
  return { objects, origins, inputs, digest, warnings: built.warnings };
}

function folderOf(tree: FileTree, path: string): string {
  const folder = insideRoot(path);
  if (folder === undefined) {
    throw new RenderError("INVALID_PATH", `Cannot build "${path}": the path leads out of the artifact`, { path });
  }
  if (tree.list(folder) === undefined) {
    throw new RenderError("PATH_NOT_FOUND", `Cannot build "${path}": no such directory in the artifact`, { path });
  }
  return folder;
}

/** Whether a kustomization says nothing at all; kustomize itself would refuse it. */
function isEmpty(content: JsonObject): boolean {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...rest } = content;
  return Object.values(rest).every((value) => value === null || (Array.isArray(value) && value.length === 0));
}

function emptyBuild(): BuildResult {
  return { objects: [], origins: [], inputs: { files: new Map(), directories: new Map() }, warnings: [] };
}

function* buildAt(tree: FileTree, folder: string, cache: RenderRequest["cache"]): Steps<BuildResult> {
  try {
    return yield* buildInSteps(tree, folder, cache === undefined ? {} : { cache });
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error;
    const { place } = error.data;
    const line = place?.line === undefined ? {} : { line: place.line };
    const origin = place === undefined ? {} : { origin: { file: place.file, ...line } };
    throw new RenderError("BUILD_FAILED", error.message, origin, { cause: error });
  }
}

function* digestOf(objects: readonly JsonObject[]): Steps<string> {
  const hash = createHash("sha256");
  yield* inBatches(yamlTexts(objects), (text) => hash.update(text));
  return `sha256:${hash.digest("hex")}`;
}

interface InputSource {
  tree: FileTree;
  folder: string;
  file: KustomizationFile;
  shadow: boolean;
  spec: RenderRequest["spec"];
}

/** The inputs of a build as they are in the artifact: not the kustomization that was put in front of it, but what it was made from. */
function trueInputs(inputs: BuildInputs, { tree, folder, file, shadow, spec }: InputSource): BuildInputs {
  const directories = new Map([...inputs.directories, [folder, true]]);
  for (const component of spec.components ?? []) {
    const path = insideRoot(join(folder, component));
    if (path !== undefined) directories.set(path, tree.list(path) !== undefined); // a missing one was skipped
  }
  const files = new Map(inputs.files);
  const names = file.generated ? KUSTOMIZATION_NAMES.map((name) => join(folder, name)) : [file.path];
  if (shadow || files.size === 0) for (const path of names) files.set(path, fileDigest(tree, path));
  return { files, directories };
}

/** What Kubernetes understands; kustomize's own documents and others are left out. */
function kubeObjects(built: BuildResult): { objects: KubeObject[]; origins: Origin[] } {
  const objects: KubeObject[] = [];
  const origins: Origin[] = [];
  built.objects.forEach((candidate, index) => {
    if (!isKubeObject(candidate)) return;
    const origin = built.origins[index] ?? { file: "" };
    refuseEncrypted(candidate, origin);
    objects.push(candidate);
    origins.push(origin);
  });
  return { objects, origins };
}

function isKubeObject(value: JsonObject): value is KubeObject {
  const { apiVersion, kind, metadata } = value;
  if (typeof apiVersion !== "string" || typeof kind !== "string" || !isObject(metadata)) return false;
  return typeof metadata["name"] === "string" && groupOf(apiVersion) !== "kustomize.config.k8s.io";
}

function refuseEncrypted(object: KubeObject, origin: Origin): void {
  if (object.kind !== "Secret" || !isObject(object["sops"])) return;
  const { name, namespace } = object.metadata;
  const shown = namespace === undefined ? `Secret/${name}` : `Secret/${namespace}/${name}`;
  throw new RenderError(
    "ENCRYPTED",
    `Cannot apply ${shown} of "${origin.file}": it is SOPS encrypted and spec.decryption is not set`,
    { origin },
  );
}

/** Owner labels first, then common metadata, which may overwrite them. @source spec/flux-api.md 2.4, traps */
function label({ metadata }: KubeObject, { owner, spec }: RenderRequest): void {
  const labels = { [ownerNameLabel]: owner.name, [ownerNamespaceLabel]: owner.namespace };
  metadata.labels = extended(metadata.labels, { ...labels, ...spec.commonMetadata?.labels });
  const annotations = spec.commonMetadata?.annotations;
  if (annotations !== undefined) metadata.annotations = extended(metadata.annotations, annotations);
}

function extended(map: unknown, more: { [key: string]: string | undefined }): { [key: string]: string } {
  const all: JsonObject = isObject(map) ? map : {};
  for (const [key, value] of Object.entries(more)) if (value !== undefined) setKey(all, key, value);
  return all as { [key: string]: string };
}
