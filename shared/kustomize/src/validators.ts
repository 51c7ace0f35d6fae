import { canonicalJson, isObject, ownKey, type JsonObject, type Steps } from "@sluice/base";
import { failure, type KustomizeError } from "./errors.ts";
import { describeId, idKey } from "./identity.ts";
import { type PatchContext } from "./patch-entries.ts";
import { runTransformer } from "./plugins.ts";
import { type Resource } from "./resource.ts";

/** A label that a validator may leave behind. */
const VALIDATED_BY = "validated-by";

/** A resource as it was before a validator ran. */
interface Snapshot {
  label: string;
  value: JsonObject;
  content: string;
  identity: string;
}

/**
 * Runs a transformer that may read resources but not change them, except for the label `validated-by`. What validates is
 * that the transformer fails.
 * @throws {KustomizeError} TRANSFORM_FAILED if it changes a resource, and what the transformer throws.
 * @source kustomize api/internal/target `runValidators`
 */
export function* runValidator(config: Resource, context: PatchContext): Steps<void> {
  for (const { value } of context.set.resources) context.budget.spend(value);
  const before = context.set.resources.map(snapshot);
  yield* runTransformer(config, context);
  const { resources } = context.set;
  if (resources.length !== before.length) throw changed(config, "the number of resources");
  const after = new Map(resources.map((resource) => [idKey(resource.id), resource]));
  for (const old of before) {
    const now = after.get(old.identity);
    if (now === undefined || !isSame(old, now)) throw changed(config, old.label);
  }
}

function snapshot(resource: Resource): Snapshot {
  const { value } = resource;
  return {
    label: describeId(resource.id),
    value,
    content: contentOf(value) + historyOf(resource),
    identity: idKey(resource.id),
  };
}

/** The reference takes an object that was written anew, as by a patch, for a changed one whatever its content. */
function isSame(old: Snapshot, now: Resource): boolean {
  return old.value === now.value && contentOf(withoutLabel(now.value)) + historyOf(now) === old.content;
}

function contentOf(value: JsonObject): string {
  return canonicalJson(value);
}

function historyOf({ past, prefixes, suffixes, needsHash, behavior }: Resource): string {
  const names = past.map(({ name, namespace, kind }) => [name, namespace, kind]);
  return canonicalJson([names, [...prefixes], [...suffixes], needsHash, behavior]);
}

function withoutLabel(value: JsonObject): JsonObject {
  const metadata = ownKey(value, "metadata");
  const labels = isObject(metadata) ? ownKey(metadata, "labels") : undefined;
  if (!isObject(metadata) || !isObject(labels) || ownKey(labels, VALIDATED_BY) === undefined) return value;
  const { [VALIDATED_BY]: _, ...others } = labels;
  const rest: JsonObject = { ...metadata, labels: others };
  if (Object.keys(others).length === 0) delete rest["labels"];
  return { ...value, metadata: rest };
}

function changed(config: Resource, what: string): KustomizeError {
  const fact = `validator ${describeId(config.id)} must not change resources, but changed ${what}`;
  return failure("TRANSFORM_FAILED", fact, { place: config.origin });
}
