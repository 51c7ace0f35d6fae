import {
  inBatches,
  isObject,
  type Json,
  type JsonObject,
  ownKey,
  type ScalarTexts,
  setKey,
  YamlError,
  type Steps,
} from "@sluice/base";
import { type CopyBudget } from "./copy-budget.ts";
import { failure, KustomizeError, type Place } from "./errors.ts";
import { describeId } from "./identity.ts";
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation, parseJsonPatch } from "./json-patch.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { MergeError } from "./list-merge.ts";
import { parseManifests } from "./manifests.ts";
import { isEmptyNode, textOf } from "./node.ts";
import { type Selector } from "./replacement-fields.ts";
import { type PatchRights, Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { carryTexts, copyWithTexts } from "./scalar-texts.ts";
import { selectResources } from "./selector.ts";
import { SharedEntries } from "./shared-entries.ts";
import { strategicMerge } from "./strategic-merge.ts";

/** A strategic merge patch. */
export interface MergePatch {
  value: JsonObject;
  texts: ScalarTexts;
  place: Place;
}

/** What the text of a patch turned out to be. */
export type ParsedPatch =
  | { type: "merge"; patches: readonly MergePatch[] }
  | { type: "json"; operations: readonly JsonPatchOperation[] }
  | { type: "none" };

/** Where patches are applied. */
export interface PatchScene {
  set: ResourceSet;
  schema: KubernetesSchema;
  budget: CopyBudget;
  place: Place;
}

const NO_RIGHTS: PatchRights = { name: false, kind: false };

/**
 * Tells a strategic merge patch from a JSON 6902 patch by trying both.
 * @throws {KustomizeError} PATCH_FAILED if it is neither, or both.
 * @source kustomize api/internal/builtins `PatchTransformer`
 */
export function parsePatch(text: string, place: Place): ParsedPatch {
  const merge = attempt(() => parseMergePatches(text, place));
  const json = attempt(() => parseJsonPatch(text));
  if (merge.failed !== undefined && json.failed !== undefined) throw neither(merge.failed, json.failed, place);
  const patches = merge.value ?? [];
  const operations = json.value ?? [];
  if (patches.length > 0 && operations.length > 0) {
    throw failure("PATCH_FAILED", "the patch is both a strategic merge patch and a JSON patch", { place });
  }
  if (merge.failed !== undefined) return { type: "json", operations };
  return patches.length > 0 ? { type: "merge", patches } : { type: "none" };
}

/** The objects of a text as strategic merge patches. @throws {KustomizeError} MANIFEST_INVALID */
export function parseMergePatches(text: string, place: Place): MergePatch[] {
  return parseManifests(text, place.file, "patches").map(({ value, texts, line }) => ({
    value,
    texts,
    place: place.field === undefined ? { file: place.file, line } : place,
  }));
}

function attempt<T>(run: () => T): { value?: T; failed?: Error } {
  try {
    return { value: run() };
  } catch (thrown) {
    const expected =
      thrown instanceof KustomizeError || thrown instanceof YamlError || thrown instanceof JsonPatchError;
    if (!expected) throw thrown;
    return { failed: thrown };
  }
}

function neither(merge: Error, json: Error, place: Place): KustomizeError {
  if (merge.message === json.message) return failure("PATCH_FAILED", merge.message, { place, cause: merge });
  const fact = `the patch is neither a strategic merge patch (${merge.message}) nor a JSON patch (${json.message})`;
  return failure("PATCH_FAILED", fact, { place, cause: merge });
}

/**
 * Applies a patch to the one resource that has its id.
 * @throws {KustomizeError} PATCH_FAILED
 */
export function patchById(patch: MergePatch, scene: PatchScene, rights: PatchRights = NO_RIGHTS): void {
  const target = targetOf(patch, scene);
  // Kustomize notes the rights among the annotations of the patch, which makes these texts.
  const value = rights.name || rights.kind ? withTexts(patch, scene, ["annotations"]) : copyOf(patch, scene);
  merge(target, { ...patch, value }, { scene, rights });
}

/** As `patchById`, but for an entry of `patchesStrategicMerge`: see `withTexts`. @throws {KustomizeError} PATCH_FAILED */
export function patchByIdWithTexts(patch: MergePatch, scene: PatchScene): void {
  const target = targetOf(patch, scene);
  merge(target, { ...patch, value: withTexts(patch, scene) }, { scene, rights: NO_RIGHTS });
}

function targetOf(patch: MergePatch, scene: PatchScene): Resource {
  const probe = new Resource(patch.value, { origin: patch.place, schema: scene.schema });
  const { originalId: id } = probe;
  const found = scene.set.withAnyId(id);
  const [target] = found;
  if (target === undefined || found.length > 1) {
    const fact = found.length > 1 ? `${found.length} resources match` : "no resource matches";
    throw failure("PATCH_FAILED", `${fact} the patch for ${describeId(id)}`, { place: patch.place });
  }
  return target;
}

/**
 * A copy of the patch whose labels and annotations are all texts, as kustomize makes it of patches with a target. So a
 * null there does not delete: it sets the text "null", and a null in the place of all of them does nothing.
 */
function withTexts(
  patch: MergePatch,
  scene: PatchScene,
  fields: readonly string[] = ["labels", "annotations"],
): JsonObject {
  const copy = copyOf(patch, scene);
  const [metadata, original] = [ownKey(copy, "metadata"), ownKey(patch.value, "metadata")];
  if (!isObject(metadata) || !isObject(original)) return copy;
  for (const field of fields) {
    const entries = ownKey(metadata, field);
    const source = ownKey(original, field);
    if (!isObject(entries) || !isObject(source)) {
      delete metadata[field];
      continue;
    }
    const written = patch.texts.get(source);
    for (const key of Object.keys(entries)) {
      const value = entries[key] ?? null;
      setKey(entries, key, written?.get(key) ?? (value === null ? "null" : textOf(value)));
    }
    if (Object.keys(entries).length === 0) delete metadata[field];
  }
  return copy;
}

/** A copy of the patch that the build can afford. @throws {KustomizeError} TOO_LARGE */
function copyOf({ value, texts }: MergePatch, { budget }: PatchScene): JsonObject {
  budget.spend(value);
  return copyWithTexts(value, texts);
}

/** Applies a patch to every resource that `target` selects; none is no error. @throws {KustomizeError} PATCH_FAILED */
export function* patchSelected(
  patch: MergePatch,
  target: Selector,
  options: { scene: PatchScene; rights: PatchRights },
): Steps<void> {
  const { set } = options.scene;
  const resources = selected(target, options.scene);
  options.scene.budget.spendChanges(resources.length);
  yield* inBatches(resources, (resource) => {
    const copy = withTexts(patch, options.scene);
    copy["apiVersion"] = resource.apiVersion;
    merge(resource, { ...patch, value: copy }, options);
  });
  set.demandDistinct();
}

/** The resources that a patch is for. @throws {KustomizeError} TOO_LARGE */
function selected(target: Selector, { set, budget }: PatchScene): Resource[] {
  budget.spendLooks(set.resources.length);
  return selectResources(set.resources, target);
}

function merge(
  target: Resource,
  patch: MergePatch,
  { scene, rights }: { scene: PatchScene; rights: PatchRights },
): void {
  const { name, namespace, kind } = target;
  const forgets = dropsAnnotations(patch.value);
  if (rights.name || rights.kind) target.rememberId();
  try {
    target.texts ??= new WeakMap();
    carryTexts(patch.value, patch.value, { from: patch.texts, to: target.texts });
    // What replaces an object as a whole is not put in its place: the object stays as it was.
    const replaces = ownKey(patch.value, "$patch") === "replace";
    const merged = strategicMerge(target.value, patch.value, {
      schema: scene.schema,
      texts: target.texts,
      shared: target.shared,
      budget: scene.budget,
    });
    if (replaces) return;
    target.value = isEmptyNode(merged) ? {} : (merged as JsonObject);
  } catch (thrown) {
    if (!(thrown instanceof MergeError)) throw thrown;
    const fact = `cannot merge the patch into ${describeId(target.id)}: ${thrown.message}`;
    throw failure("PATCH_FAILED", fact, { place: patch.place });
  }
  if (isEmptyNode(target.value)) {
    scene.set.remove(target);
    return;
  }
  if (forgets) target.forgetHistory();
  if (!rights.kind) target.value["kind"] = kind;
  if (!rights.name) target.setName(name);
  target.setNamespace(namespace);
  scene.set.changed(target);
}

function dropsAnnotations(patch: JsonObject): boolean {
  const metadata = ownKey(patch, "metadata");
  const annotations = isObject(metadata) ? ownKey(metadata, "annotations") : undefined;
  return [metadata, annotations].some((value) => value === null || replacesOrDeletes(value));
}

function replacesOrDeletes(value: Json | undefined): boolean {
  const directive = isObject(value) ? ownKey(value, "$patch") : undefined;
  return directive === "replace" || directive === "delete";
}

/** Applies a JSON patch to every resource that `target` selects. @throws {KustomizeError} PATCH_FAILED */
export function applyOperations(
  operations: readonly JsonPatchOperation[],
  target: Selector,
  { scene, remember }: { scene: PatchScene; remember: boolean },
): Steps<void> {
  return inBatches(selected(target, scene), (resource) => {
    if (remember) resource.rememberId();
    patchJson(resource, operations, scene);
    scene.set.changed(resource);
  });
}

function patchJson(resource: Resource, operations: readonly JsonPatchOperation[], { place, budget }: PatchScene): void {
  const label = describeId(resource.id);
  // Kustomize keeps the history of a resource in annotations, so that a patch always finds the mapping there.
  if (resource.past.length > 0 || resource.behavior !== "unspecified" || resource.needsHash)
    ensureAnnotations(resource);
  try {
    // A JSON patch makes the object anew, even one that only tests: a validator counts that as a change, and what a merge
    // put in two places is two from then on.
    resource.value = applyJsonPatch(budget.copy(resource.value), operations, (value) => budget.copy(value));
    resource.shared = new SharedEntries();
    resource.texts = undefined;
  } catch (thrown) {
    if (!(thrown instanceof JsonPatchError)) throw thrown;
    throw failure("PATCH_FAILED", `cannot apply the JSON patch to ${label}: ${thrown.message}`, { place });
  }
}

function ensureAnnotations(resource: Resource): void {
  const metadata = resource.metadata();
  metadata["annotations"] ??= {};
}
