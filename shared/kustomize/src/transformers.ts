import { located, type Place } from "./errors.ts";
import { imageChange, type ImageChange, setImages } from "./images.ts";
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
  /** Called after each built-in transformer that ran, with its kind. */
  ran: (kind: string) => void;
}

/**
 * Runs the transformers of a kustomization in kustomize's order.
 * @throws {KustomizeError} with the field in its place.
 * @source kustomize api/internal/target `configureBuiltinTransformers`
 */
export function runTransformers(scene: TransformScene): void {
  const { set, kustomization: k } = scene;
  each(scene, "patchesStrategicMerge", (entry, place) => runMergePatch(scene, entry, place));
  if (k.patchesStrategicMerge.length > 0) scene.ran("PatchStrategicMergeTransformer");
  each(scene, "patches", (entry, place) => {
    runPatch(scene, entry, place);
    scene.ran("PatchTransformer");
  });
  runNaming(scene);
  runLabels(scene);
  each(scene, "patchesJson6902", (entry, place) => {
    runJsonPatch(scene, entry, place);
    scene.ran("PatchJson6902Transformer");
  });
  each(scene, "replicas", (entry) => {
    scene.budget.spendLooks(set.resources.length);
    setReplicas(set, entry, scene.config.replicas);
    scene.ran("ReplicaCountTransformer");
  });
  runImages(scene);
  each(scene, "replacements", (entry, place) => runReplacement(scene, entry, place));
  if (k.replacements.length > 0) scene.ran("ReplacementTransformer");
}

function runNaming({ set, config, kustomization: k, budget, ran }: TransformScene): void {
  budget.spendText((k.namePrefix.length + k.nameSuffix.length) * set.resources.length);
  if (k.namespace !== "") {
    setNamespace(set, { namespace: k.namespace, specs: config.namespace });
    ran("NamespaceTransformer");
  }
  if (k.namePrefix !== "") {
    affixNames(set, { side: "prefix", text: k.namePrefix, specs: config.namePrefix });
    ran("PrefixTransformer");
  }
  if (k.nameSuffix !== "") {
    affixNames(set, { side: "suffix", text: k.nameSuffix, specs: config.nameSuffix });
    ran("SuffixTransformer");
  }
}

function runLabels(scene: TransformScene): void {
  const { set, config, kustomization: k, budget } = scene;
  budget.spendText((lengthOf(k.commonLabels) + lengthOf(k.commonAnnotations)) * set.resources.length);
  each(scene, "labels", (entry) => {
    budget.spendText(lengthOf(entry.pairs) * set.resources.length);
    budget.spendChanges(set.resources.length);
    setTexts(set, entry.pairs, labelSpecs(entry, config));
    scene.ran("LabelTransformer");
  });
  setTexts(set, k.commonLabels, config.commonLabels);
  // The reference runs the transformer of `commonLabels` if there are any labels at all.
  if (k.labels.length > 0 || k.commonLabels.size > 0) scene.ran("LabelTransformer");
  setTexts(set, k.commonAnnotations, config.commonAnnotations);
  if (k.commonAnnotations.size > 0) scene.ran("AnnotationsTransformer");
}

/** All entries in one pass: a long list of images costs little more than a short one. */
function runImages(scene: TransformScene): void {
  const changes: ImageChange[] = [];
  each(scene, "images", (entry) => {
    scene.budget.spendLooks(scene.set.resources.length);
    changes.push(imageChange(entry));
  });
  setImages(scene.set, changes, scene.config.images);
  for (const _ of changes) scene.ran("ImageTagTransformer");
}

function lengthOf(texts: ReadonlyMap<string, string>): number {
  let length = 0;
  for (const [key, value] of texts) length += key.length + value.length;
  return length;
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
    located(place, () => task(entry, place));
  }
}
