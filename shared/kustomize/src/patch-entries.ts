import { YamlError, type Steps } from "@sluice/base";
import { type CopyBudget } from "./copy-budget.ts";
import { failure, type Place, unlessNoManifest } from "./errors.ts";
import { JsonPatchError, parseJsonPatch } from "./json-patch.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { type Kustomization, type PatchEntry } from "./kustomization.ts";
import { type LoadedText } from "./loader.ts";
import {
  applyOperations,
  parseMergePatches,
  parsePatch,
  patchById,
  patchByIdWithTexts,
  patchSelected,
  type PatchScene,
} from "./patches.ts";
import { parseReplacements, replace } from "./replacements.ts";
import { type ResourceSet } from "./resource-set.ts";

/** What patches and replacements of one kustomization work on. */
export interface PatchContext {
  set: ResourceSet;
  schema: KubernetesSchema;
  budget: CopyBudget;
  /** Path of the kustomization's folder, "" for the top of the tree. */
  folder: string;
  /** Reads a file that the kustomization names. */
  readText(path: string): LoadedText;
}

function patchScene(scene: PatchContext, place: Place): PatchScene {
  return { set: scene.set, schema: scene.schema, budget: scene.budget, place };
}

/** Runs an entry of `patchesStrategicMerge`: the text of a patch, or else a path. @throws {KustomizeError} */
export function* runMergePatch(scene: PatchContext, entry: string, place: Place): Steps<void> {
  for (const patch of unlessNoManifest(() => parseMergePatches(entry, place)) ?? patchesOfFile(scene, entry)) {
    yield;
    patchByIdWithTexts(patch, patchScene(scene, place));
  }
}

function patchesOfFile(scene: PatchContext, path: string) {
  const { path: file, text } = scene.readText(path);
  return parseMergePatches(text, { file });
}

/** Runs an entry of `replacements`. @throws {KustomizeError} */
export function* runReplacement(
  scene: PatchContext,
  entry: Kustomization["replacements"][number],
  place: Place,
): Steps<void> {
  if (entry.path === "") {
    yield* replace(scene, entry, place);
    return;
  }
  if (entry.source !== undefined || entry.targets.length > 0) {
    throw failure("KUSTOMIZATION_INVALID", 'a replacement has both "path" and a source or targets');
  }
  const { path: file, text } = scene.readText(entry.path);
  for (const replacement of parseReplacements(text, file)) yield* replace(scene, replacement, { file });
}

interface PatchText {
  text: string;
  place: Place;
}

function patchText(scene: PatchContext, entry: PatchEntry, place: Place): PatchText {
  const inline = entry.patch;
  if (inline === "" && entry.path === "") throw failure("KUSTOMIZATION_INVALID", 'a patch needs "patch" or "path"');
  if (inline !== "" && entry.path !== "") {
    throw failure("KUSTOMIZATION_INVALID", 'a patch has both "patch" and "path"');
  }
  if (inline !== "") return { text: inline, place };
  const { path: file, text } = scene.readText(entry.path);
  return { text, place: { file } };
}

/** Runs an entry of `patches`. @throws {KustomizeError} */
export function* runPatch(scene: PatchContext, entry: PatchEntry, place: Place): Steps<void> {
  const source = patchText(scene, { ...entry, patch: entry.patch.trim() }, place);
  const parsed = parsePatch(source.text, source.place);
  const inner = patchScene(scene, source.place);
  const rights = { name: entry.options?.allowNameChange === true, kind: entry.options?.allowKindChange === true };
  if (parsed.type === "none") return;
  if (parsed.type === "json") {
    if (entry.target === undefined)
      throw failure("PATCH_FAILED", "a JSON patch needs a target", { place: source.place });
    yield* applyOperations(parsed.operations, entry.target, { scene: inner, remember: true });
    return;
  }
  if (entry.target === undefined) {
    for (const patch of parsed.patches) {
      yield;
      patchById(patch, inner, rights);
    }
    return;
  }
  const [patch, second] = parsed.patches;
  if (second !== undefined) {
    throw failure("PATCH_FAILED", "a patch with a target must be a single document", { place: source.place });
  }
  if (patch !== undefined) yield* patchSelected(patch, entry.target, { scene: inner, rights });
}

/** Runs an entry of `patchesJson6902`. @throws {KustomizeError} */
export function* runJsonPatch(scene: PatchContext, entry: PatchEntry, place: Place): Steps<void> {
  if (entry.target === undefined || entry.target.name === "") {
    throw failure("KUSTOMIZATION_INVALID", "a JSON patch needs a target with a name");
  }
  const source = patchText(scene, entry, place);
  const operations = parseOperations(source);
  if (operations.length === 0) throw failure("PATCH_FAILED", "the patch is empty", { place: source.place });
  yield* applyOperations(operations, entry.target, { scene: patchScene(scene, source.place), remember: false });
}

function parseOperations({ text, place }: PatchText) {
  try {
    return parseJsonPatch(text) ?? [];
  } catch (thrown) {
    if (!(thrown instanceof JsonPatchError) && !(thrown instanceof YamlError)) throw thrown;
    throw failure("PATCH_FAILED", `not a JSON patch: ${thrown.message}`, { place, cause: thrown });
  }
}
