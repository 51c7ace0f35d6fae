import { isObject, ownKey, parseYaml, setKey, YamlError, type Json } from "@sluice/base";
import { integer, listOf, optional, record, text, type Decoded } from "./decode.ts";
import { failure, KustomizeError } from "./errors.ts";
import { elementMatch, FieldPathError } from "./field-path.ts";
import { splitPath } from "./field-spec.ts";
import { describeId } from "./identity.ts";
import { moveIntoNamespace } from "./names.ts";
import { nodeKind, textOf } from "./node.ts";
import { selectorFields } from "./replacement-fields.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { selectResources } from "./selector.ts";

const loose = { ignoreUnknown: true } as const;
const target = record(
  { selector: optional(record(selectorFields, loose)), fieldPath: text, filePathPosition: integer },
  loose,
);

/** The fields of a ValueAddTransformer, and of the file that its `targetFilePath` names. */
export const valueAddFields = { value: text, targets: listOf(target), targetFilePath: text };
const targetsFile = record({ targets: listOf(target) }, loose);

type Target = Decoded<typeof valueAddFields>["targets"][number];

/** The targets of a file that `targetFilePath` names. @throws {KustomizeError} KUSTOMIZATION_INVALID with the file */
export function parseTargets(content: string, file: string): Target[] {
  try {
    return targetsFile(parseYaml(content, { dialect: "sigs" }), "").targets;
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof KustomizeError)) throw thrown;
    throw failure("KUSTOMIZATION_INVALID", thrown.message, { place: { file }, cause: thrown });
  }
}

/**
 * Puts a text into fields of the selected resources: in the place of what is there, or as one name of the path there.
 * @param given the text, and at least one target.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID for bad targets, TRANSFORM_FAILED where a path does not fit a resource.
 * @source kustomize api/internal/builtins `ValueAddTransformer`, api/filters/valueadd
 */
export function addValue(set: ResourceSet, given: { value: string; targets: readonly Target[] }): void {
  if (given.targets.length === 0) throw failure("KUSTOMIZATION_INVALID", "at least one target is due");
  for (const [index, each] of given.targets.entries()) demandValid(each, index);
  for (const each of given.targets) {
    const chosen = each.selector === undefined ? set.resources : selectResources(set.resources, each.selector);
    for (const resource of chosen) {
      addTo(resource, given.value, each);
      set.changed(resource);
    }
  }
}

function demandValid({ fieldPath, filePathPosition }: Target, index: number): void {
  if (fieldPath === "") throw failure("KUSTOMIZATION_INVALID", `field "targets[${index}].fieldPath" is empty`);
  if (filePathPosition >= 0) return;
  throw failure("KUSTOMIZATION_INVALID", `field "targets[${index}].filePathPosition" is negative`);
}

function addTo(resource: Resource, value: string, { fieldPath, filePathPosition }: Target): void {
  if (fieldPath === "metadata/namespace") {
    moveIntoNamespace(resource, value);
    return;
  }
  try {
    const steps = splitPath(`/${fieldPath}`).filter((step) => step !== "");
    setAt({ value: resource.value, set: () => undefined }, steps, (old) => {
      if (filePathPosition === 0) return typed(value, old);
      return typed(insertedName(textOf(old), Number(filePathPosition) - 1, value), old);
    });
  } catch (thrown) {
    if (!(thrown instanceof FieldPathError)) throw thrown;
    const fact = `cannot follow "${fieldPath}" in ${describeId(resource.id)}: ${thrown.message}`;
    throw failure("TRANSFORM_FAILED", fact, { place: resource.origin });
  }
}

interface Slot {
  value: Json;
  set(value: Json): void;
}

/** Walks to the field and makes what is missing on the way, except elements of lists by number. */
function setAt(slot: Slot, steps: readonly string[], change: (old: Json) => Json): void {
  const [step, ...rest] = steps;
  const { value } = slot;
  if (step === undefined) {
    if (nodeKind(value) === "mapping" || nodeKind(value) === "list") {
      throw new FieldPathError(`a ${nodeKind(value)} where a text is due`);
    }
    slot.set(change(value));
    return;
  }
  if (value === null) return;
  const next = isListStep(step) ? elementSlot(demandList(value, step), step) : fieldSlot(value, step, rest[0]);
  if (next !== undefined) setAt(next, rest, change);
}

function isListStep(step: string): boolean {
  return /^[0-9]+$/.test(step) || step === "-" || step === "*" || isMatch(step);
}

function isMatch(step: string): boolean {
  return step.startsWith("[") && step.endsWith("]");
}

function demandList(value: Json, step: string): Json[] {
  if (Array.isArray(value)) return value;
  throw new FieldPathError(`"${step}" needs a list`);
}

function fieldSlot(value: Json, name: string, next: string | undefined): Slot {
  if (!isObject(value)) throw new FieldPathError(`"${name}" needs a mapping`);
  const set = (given: Json) => setKey(value, name, given);
  if (ownKey(value, name) === undefined) set(next === undefined ? null : isListStep(next) ? [] : {});
  return { value: ownKey(value, name) ?? null, set };
}

function elementSlot(list: Json[], step: string): Slot | undefined {
  if (step === "*") throw new FieldPathError('"*" cannot lead to a single value');
  const index = isMatch(step) ? matchingIndex(list, step) : step === "-" ? list.length - 1 : Number(step);
  const value = list[index];
  if (value === undefined) return undefined;
  return { value, set: (given) => (list[index] = given) };
}

function matchingIndex(list: Json[], step: string): number {
  const { key = "", value = "" } = elementMatch(step) ?? {};
  const partOf = (element: Json) => (key === "" ? element : isObject(element) ? ownKey(element, key) : undefined);
  const index = list.findIndex((element) => textOf(partOf(element)) === value);
  if (index >= 0) return index;
  const made = {};
  setKey(made, key, value);
  return list.push(key === "" ? value : made) - 1;
}

/**
 * The text as YAML would read it, because kustomize writes it without quotes: a number stays one. What was quoted stays
 * quoted, which is certain only of texts that would not be texts without quotes.
 */
function typed(value: string, old: Json): Json {
  if (typeof old === "string" && plainValue(old) !== old) return value;
  const plain = plainValue(value);
  return plain === null || typeof plain === "object" ? old : plain;
}

function plainValue(value: string): Json {
  try {
    const plain = parseYaml(value);
    return typeof plain === "object" && plain !== null ? value : plain;
  } catch (thrown) {
    if (thrown instanceof YamlError) return value;
    throw thrown;
  }
}

/** Inserts a name into a slash-separated path; a leading slash stays in front, and a large index means the end. */
function insertedName(path: string, index: number, name: string): string {
  const names = path === "" ? [] : path === "/" ? [""] : path.split("/");
  const absolute = names.length > 0 && names[0] === "" && index < names.length;
  names.splice(Math.min(index, names.length) + (absolute ? 1 : 0), 0, name);
  const joined = names.filter((each) => each !== "").join("/");
  return names[0] === "" ? `/${joined}` : joined;
}
