import { failure, KustomizeError, type Place } from "./errors.ts";
import { setImages } from "./images.ts";
import { type Kustomization } from "./kustomization.ts";
import { affixNames, setNamespace } from "./names.ts";
import { runJsonPatch, runMergePatch, runPatch, runReplacement, type PatchContext } from "./patch-entries.ts";
import { labelSpecs, setReplicas, setTexts } from "./simple-transformers.ts";
import { type TransformerConfig } from "./transformer-config.ts";

/** What the transformers of one kustomization work on. */
export interface TransformScene extends PatchContext {
  config: TransformerConfig;
  kustomization: Kustomization;
  /** Path of the kustomization file. */
  file: string;
}

/**
 * Runs the transformers of a kustomization in kustomize's order.
 * @throws {KustomizeError} with the field in its place.
 * @source kustomize api/internal/target `configureBuiltinTransformers`
 */
export function runTransformers(scene: TransformScene): void {
  const { set, config, kustomization: k } = scene;
  each(scene, "patchesStrategicMerge", (entry, place) => runMergePatch(scene, entry, place));
  each(scene, "patches", (entry, place) => runPatch(scene, entry, place));
  if (k.namespace !== "") setNamespace(set, { namespace: k.namespace, specs: config.namespace });
  if (k.namePrefix !== "") affixNames(set, { side: "prefix", text: k.namePrefix, specs: config.namePrefix });
  if (k.nameSuffix !== "") affixNames(set, { side: "suffix", text: k.nameSuffix, specs: config.nameSuffix });
  each(scene, "labels", (entry) => setTexts(set, entry.pairs, labelSpecs(entry, config)));
  setTexts(set, k.commonLabels, config.commonLabels);
  setTexts(set, k.commonAnnotations, config.commonAnnotations);
  each(scene, "patchesJson6902", (entry, place) => runJsonPatch(scene, entry, place));
  each(scene, "replicas", (entry) => setReplicas(set, entry, config.replicas));
  each(scene, "images", (entry) => setImages(set, entry, config.images));
  each(scene, "replacements", (entry, place) => runReplacement(scene, entry, place));
}

type ListField =
  | "patchesStrategicMerge"
  | "patches"
  | "labels"
  | "patchesJson6902"
  | "replicas"
  | "images"
  | "replacements";

/** Runs `task` for each entry of a field; errors that do not know their place get the entry's. */
function each<F extends ListField>(
  scene: TransformScene,
  field: F,
  task: (entry: Kustomization[F][number], place: Place) => void,
): void {
  const entries: Kustomization[F][number][] = scene.kustomization[field];
  for (const [index, entry] of entries.entries()) {
    const place = { file: scene.file, field: `${field}[${index}]` };
    try {
      task(entry, place);
    } catch (thrown) {
      if (!(thrown instanceof KustomizeError) || thrown.data.place !== undefined) throw thrown;
      throw failure(thrown.code, thrown.message, { place, cause: thrown.cause });
    }
  }
}
