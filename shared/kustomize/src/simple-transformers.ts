import { inBatches, type Steps } from "@sluice/base";
import { failure } from "./errors.ts";
import { fieldSpec, setEntries, visitFields, type FieldSpec } from "./field-spec.ts";
import { selectsGvk, type Gvk } from "./identity.ts";
import { type LabelEntry, type ReplicaEntry } from "./kustomization.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { mergeSpecs, type TransformerConfig } from "./transformer-config.ts";

const METADATA_LABELS = fieldSpec({ group: "", version: "", kind: "", path: "metadata/labels", create: true });

/** Sets labels or annotations in the fields of `specs`. */
export function* setTexts(
  set: ResourceSet,
  texts: ReadonlyMap<string, string>,
  specs: readonly FieldSpec[],
): Steps<void> {
  if (texts.size === 0) return;
  yield* inBatches(set.resources, (resource) => setEntries(resource, specs, texts));
}

/**
 * The fields that an entry of `labels` sets: the metadata; with `includeTemplates` those of pod templates; with
 * `includeSelectors` those of `commonLabels`; and its own.
 * @source kustomize api/internal/target `LabelTransformer`
 */
export function labelSpecs(entry: LabelEntry, config: TransformerConfig): FieldSpec[] {
  const own = mergeSpecs(entry.fields.map(fieldSpec), config.labels);
  if (entry.includeSelectors) return mergeSpecs(own, config.commonLabels);
  const templates = entry.includeTemplates ? config.templateLabels : [];
  return mergeSpecs(mergeSpecs(own, templates), [METADATA_LABELS]);
}

/**
 * Sets the replica count of the resources that have or had the name of `entry`.
 * @throws {KustomizeError} TRANSFORM_FAILED if there is none of the kinds that have replicas.
 * @source kustomize api/internal/builtins `ReplicaCountTransformer`
 */
export function* setReplicas(set: ResourceSet, entry: ReplicaEntry, specs: readonly FieldSpec[]): Steps<void> {
  let found = false;
  for (const spec of specs) {
    yield;
    for (const resource of set.resources) {
      if (!isNamed(resource, entry.name, spec)) continue;
      found = true;
      visitFields(resource, [spec], { create: "text", visit: (slot) => slot.set(entry.count) });
    }
  }
  if (found) return;
  const kinds = specs.map((spec) => spec.kind).join(", ");
  throw failure("TRANSFORM_FAILED", `replicas: no ${kinds} is named "${entry.name}"`);
}

function isNamed(resource: Resource, name: string, gvk: Gvk): boolean {
  if (resource.name === name && selectsGvk(gvk, resource.gvk)) return true;
  return resource.past.length > 0 && resource.pastIds.some((id) => id.name === name && selectsGvk(gvk, id));
}
