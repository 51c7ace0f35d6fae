import { inBatches, isObject, type Json, parsePlainScalar, parseYaml, YamlError, type Steps } from "@sluice/base";
import { ExprError } from "@sluice/expr";
import { type CopyBudget } from "./copy-budget.ts";
import { listOf, record } from "./decode.ts";
import { failure, KustomizeError, type Place } from "./errors.ts";
import { FieldPathError, findFields, lookUp, splitFieldPath } from "./field-path.ts";
import { type FieldSlot } from "./field-spec.ts";
import { describeId, effectiveNamespace, type ResourceId, selectsGvk } from "./identity.ts";
import { isEmptyNode, nodeKind, textOf } from "./node.ts";
import { type Replacement, type ReplacementTarget, replacementFields } from "./replacement-fields.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { retyped } from "./retype.ts";
import { writtenText } from "./scalar-texts.ts";
import { selectorOfIds, selectsLabels } from "./selector.ts";
import { setStructured } from "./structured-text.ts";

const NAME_PATH = "metadata.name";

/** Reads the file of an entry that has a path: one replacement or a list of them. @throws {KustomizeError} */
export function parseReplacements(content: string, file: string): Replacement[] {
  try {
    const value = parseYaml(content, { dialect: "sigs" });
    const one = record(replacementFields);
    return Array.isArray(value) ? listOf(one)(value, "") : [one(value, "")];
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof KustomizeError)) throw thrown;
    throw failure("KUSTOMIZATION_INVALID", thrown.message, { place: { file }, cause: thrown });
  }
}

/** What replacements work on. */
interface ReplacementScene {
  set: ResourceSet;
  budget: CopyBudget;
}

/**
 * Copies a value from one field to others.
 * @throws {KustomizeError} TRANSFORM_FAILED if the source is not unique, or a field is missing.
 * @source kustomize api/filters/replacement
 */
export function* replace(scene: ReplacementScene, replacement: Replacement, place: Place): Steps<void> {
  const { source, sourceValue, targets } = replacement;
  if ((source === undefined && sourceValue === undefined) || targets.length === 0) {
    throw refused("a replacement needs a source and at least one target", place);
  }
  if (source !== undefined && sourceValue !== undefined) {
    throw refused('a replacement has both "source" and "sourceValue"', place);
  }
  const copied = sourceValue === undefined ? valueOfSource(scene.set, replacement, place) : plainScalar(sourceValue);
  for (const target of targets) yield* replaceTarget(scene, { target, ...copied, place });
}

/** What is copied: a value and, of a scalar, how it is written. */
interface Copied {
  value: Json;
  text: string;
}

function plainScalar(text: string): Copied {
  return { value: parsePlainScalar(text), text };
}

function refused(fact: string, place: Place): KustomizeError {
  return failure("TRANSFORM_FAILED", fact, { place });
}

/** Present and past ids with the namespace as it stands: an absent one is "". */
function idsOf(resource: Resource): ResourceId[] {
  return [{ ...resource.id, namespace: resource.namespace }, ...resource.pastIds];
}

function valueOfSource(set: ResourceSet, { source }: Replacement, place: Place): Copied {
  if (source === undefined) return { value: null, text: "" };
  const wanted = effectiveNamespace(source.namespace, false);
  const found = set.resources.filter((resource) =>
    idsOf(resource).some(
      (id) =>
        (source.name === "" || source.name === id.name) &&
        (source.namespace === "" || wanted === effectiveNamespace(id.namespace, false)) &&
        selectsGvk(source, id),
    ),
  );
  const [resource] = found;
  if (resource === undefined) throw refused("no resource matches the source", place);
  if (found.length > 1) throw refused(`${found.length} resources match the source`, place);
  const path = source.fieldPath || NAME_PATH;
  const value = guarded(() => lookUp(resource.value, splitFieldPath(path)), { path, resource, place });
  if (value === undefined || isEmptyNode(value)) {
    throw refused(`field "${path}" is missing in ${describeId(resource.id)}`, place);
  }
  const copied = { value, text: textAt(resource, splitFieldPath(path)) ?? textOf(value) };
  const { delimiter = "", index = 0 } = source.options ?? {};
  return delimiter === "" ? copied : partOf(copied, { delimiter, index: Number(index), place });
}

/** How the scalar at a path was written, if its value does not tell. */
function textAt(resource: Resource, path: readonly string[]): string | undefined {
  if (resource.texts === undefined) return undefined;
  const mapping = lookUp(resource.value, path.slice(0, -1));
  return isObject(mapping) ? writtenText(mapping, path.at(-1) ?? "", resource.texts) : undefined;
}

function partOf({ value, text }: Copied, how: { delimiter: string; index: number; place: Place }): Copied {
  if (nodeKind(value) !== "scalar") throw refused("a delimiter needs a scalar", how.place);
  const part = text.split(how.delimiter)[how.index];
  if (part === undefined) throw refused(`options.index ${how.index} is out of bounds`, how.place);
  return typeof value === "string" ? { value: part, text: part } : plainScalar(part);
}

interface TargetJob extends Copied {
  target: ReplacementTarget;
  budget: CopyBudget;
  place: Place;
}

function* replaceTarget({ set, budget }: ReplacementScene, given: Omit<TargetJob, "budget">): Steps<void> {
  const job = { ...given, budget };
  const { target, place } = job;
  const { select } = target;
  if (select === undefined) throw refused('a target needs "select"', place);
  const selects = selectorOfIds(select);
  const rejects = target.reject.map((selector) => ({ selector, byId: selectorOfIds(selector) }));
  budget.spendChanges(set.resources.length);
  yield* inBatches(set.resources, (resource) => {
    const ids = idsOf(resource);
    if (!selectsLabels(select, resource) || !ids.some(selects)) return;
    const isRejected = rejects.some(({ selector, byId }) => {
      const byLabel = selector.labelSelector !== "" || selector.annotationSelector !== "";
      const hasId = [selector.group, selector.version, selector.kind, selector.name, selector.namespace].some(Boolean);
      return (byLabel && selectsLabels(selector, resource)) || (hasId && ids.some(byId));
    });
    if (isRejected) return;
    for (const path of target.fieldPaths.length > 0 ? target.fieldPaths : [NAME_PATH]) setPath(resource, path, job);
    set.changed(resource);
  });
}

function setPath(resource: Resource, path: string, job: TargetJob): void {
  const { target, value, text, budget, place } = job;
  const parts = splitFieldPath(path);
  const create = target.options?.create === true ? (nodeKind(value) ?? "scalar") : undefined;
  guarded(
    () => {
      if (setStructured(resource.value, parts, { value, text, create, budget })) return;
      const fields = findFields(resource.value, parts, create);
      if (fields.length === 0) throw new FieldPathError(create === undefined ? "not found" : "neither found nor made");
      for (const slot of fields) setSlot(sharing(slot, resource), job, textOfSlot(slot, resource));
    },
    { path, resource, place },
  );
}

/** The slot of a member that is set with all that are one with it. */
function sharing(slot: FieldSlot, { shared }: Resource): FieldSlot {
  const { member } = slot;
  return member === undefined ? slot : { ...slot, set: (next) => shared.set(member.mapping, member.key, next) };
}

function textOfSlot({ member }: FieldSlot, { texts }: Resource): string | undefined {
  return member === undefined ? undefined : writtenText(member.mapping, member.key, texts);
}

/** A scalar keeps its type, and takes an empty text from a mapping or list; anything else is replaced whole. */
function setSlot(slot: FieldSlot, { value, text, target, budget }: TargetJob, written: string | undefined): void {
  const { delimiter = "", index = 0 } = target.options ?? {};
  const isScalar = nodeKind(value) !== "list" && nodeKind(value) !== "mapping";
  if (nodeKind(slot.value) === "list" || nodeKind(slot.value) === "mapping") {
    if (delimiter !== "") throw new FieldPathError("a delimiter needs a scalar");
    slot.set(budget.copy(value));
    return;
  }
  const copied = isScalar ? text : "";
  const next = delimiter === "" ? copied : joined(textOf(slot.value), copied, { delimiter, index: Number(index) });
  budget.spend(next);
  slot.set(slot.isMade === true ? parsePlainScalar(next) : retyped({ value: slot.value, written }, next));
}

function joined(old: string, value: string, { delimiter, index }: { delimiter: string; index: number }): string {
  const parts = old.split(delimiter);
  if (index < 0) parts.unshift(value);
  else if (index >= parts.length) parts.push(value);
  else parts[index] = value;
  return parts.join(delimiter);
}

function guarded<T>(task: () => T, about: { path: string; resource: Resource; place: Place }): T {
  try {
    return task();
  } catch (thrown) {
    if (!(thrown instanceof FieldPathError) && !(thrown instanceof ExprError)) throw thrown;
    throw refused(`cannot follow "${about.path}" in ${describeId(about.resource.id)}: ${thrown.message}`, about.place);
  }
}
