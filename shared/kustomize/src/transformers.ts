import { type Steps } from "@sluice/base";
import { locatedSteps, type Place } from "./errors.ts";
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
export function* runTransformers(scene: TransformScene): Steps<void> {
  const { set, kustomization: k } = scene;
  yield* each(scene, "patchesStrategicMerge", (entry, place) => runMergePatch(scene, entry, place));
  if (k.patchesStrategicMerge.length > 0) scene.ran("PatchStrategicMergeTransformer");
  yield* each(scene, "patches", function* (entry, place) {
    yield* runPatch(scene, entry, place);
    scene.ran("PatchTransformer");
  });
  yield* runNaming(scene);
  yield* runLabels(scene);
  yield* each(scene, "patchesJson6902", function* (entry, place) {
    yield* runJsonPatch(scene, entry, place);
    scene.ran("PatchJson6902Transformer");
  });
  yield* each(scene, "replicas", function* (entry) {
    scene.budget.spendLooks(set.resources.length);
    yield* setReplicas(set, entry, scene.config.replicas);
    scene.ran("ReplicaCountTransformer");
  });
  yield* runImages(scene);
  yield* each(scene, "replacements", (entry, place) => runReplacement(scene, entry, place));
  if (k.replacements.length > 0) scene.ran("ReplacementTransformer");
}

function* runNaming({ set, config, kustomization: k, budget, ran }: TransformScene): Steps<void> {
  budget.spendText((k.namePrefix.length + k.nameSuffix.length) * set.resources.length);
  if (k.namespace !== "") {
    yield* setNamespace(set, { namespace: k.namespace, specs: config.namespace });
    ran("NamespaceTransformer");
  }
  if (k.namePrefix !== "") {
    yield* affixNames(set, { side: "prefix", text: k.namePrefix, specs: config.namePrefix });
    ran("PrefixTransformer");
  }
  if (k.nameSuffix !== "") {
    yield* affixNames(set, { side: "suffix", text: k.nameSuffix, specs: config.nameSuffix });
    ran("SuffixTransformer");
  }
}

function* runLabels(scene: TransformScene): Steps<void> {
  const { set, config, kustomization: k, budget } = scene;
  budget.spendText((lengthOf(k.commonLabels) + lengthOf(k.commonAnnotations)) * set.resources.length);
  yield* each(scene, "labels", function* (entry) {
    budget.spendText(lengthOf(entry.pairs) * set.resources.length);
    budget.spendChanges(set.resources.length);
    yield* setTexts(set, entry.pairs, labelSpecs(entry, config));
    scene.ran("LabelTransformer");
  });
  yield* setTexts(set, k.commonLabels, config.commonLabels);
  // The reference runs the transformer of `commonLabels` if there are any labels at all.
  if (k.labels.length > 0 || k.commonLabels.size > 0) scene.ran("LabelTransformer");
  yield* setTexts(set, k.commonAnnotations, config.commonAnnotations);
  if (k.commonAnnotations.size > 0) scene.ran("AnnotationsTransformer");
}

/** All entries in one pass: a long list of images costs little more than a short one. */
function* runImages(scene: TransformScene): Steps<void> {
  const changes: ImageChange[] = [];
  yield* each(scene, "images", function* (entry) {
    yield;
    scene.budget.spendLooks(scene.set.resources.length);
    changes.push(imageChange(entry));
  });
  yield* setImages(scene.set, changes, scene.config.images);
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
function* each<F extends ListField>(
  scene: TransformScene,
  field: F,
  task: (entry: Kustomization[F][number], place: Place) => Steps<void>,
): Steps<void> {
  const entries: Kustomization[F][number][] = scene.kustomization[field];
  for (const [index, entry] of entries.entries()) {
    const place = { file: scene.file, field: `${field}[${index}]` };
    yield* locatedSteps(place, () => task(entry, place));
  }
}
