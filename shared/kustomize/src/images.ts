import { inBatches, isObject, type Json, ownKey, type Steps } from "@sluice/base";
import { compileRegex, ExprError } from "@sluice/expr";
import { failure } from "./errors.ts";
import { type FieldSlot, type FieldSpec, MemberSlot, visitFields } from "./field-spec.ts";
import { describeId } from "./identity.ts";
import { type ImageEntry } from "./kustomization.ts";
import { isMissing, nodeKind } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { simplePattern } from "./simple-pattern.ts";

/** Changes one image reference; the same reference if the entry is not for it. */
export type ImageChange = (reference: string) => string;

const CONTAINER_LISTS: readonly string[] = ["containers", "initContainers"];

/**
 * Changes names, tags and digests of images: in every list named `containers` or `initContainers`, at any depth and of any
 * kind but CustomResourceDefinition, and in the fields of `specs`. A field that is both is changed twice.
 * @throws {KustomizeError} TRANSFORM_FAILED for an image that is no text.
 * @source kustomize api/filters/imagetag
 */
export function* setImages(
  { resources }: ResourceSet,
  changes: readonly ImageChange[],
  specs: readonly FieldSpec[],
): Steps<void> {
  if (changes.length === 0) return;
  yield* inBatches(resources, (resource) => {
    if (resource.kind === "CustomResourceDefinition") return;
    const fields = imageFields(resource, specs);
    for (const change of changes) for (const field of fields) changeField(field, change, resource);
  });
}

function imageFields(resource: Resource, specs: readonly FieldSpec[]): FieldSlot[] {
  const fields: FieldSlot[] = [];
  visitContainers(resource.value, (container) => {
    const field = imageOf(container, resource);
    if (field !== undefined) fields.push(field);
  });
  visitFields(resource, specs, { visit: (field) => fields.push(field) });
  return fields;
}

function changeField(field: FieldSlot, change: ImageChange, resource: Resource): void {
  const { value } = field;
  if (isMissing(value)) return;
  const text = reference(value, resource);
  const changed = change(text);
  if (changed !== text) field.set(changed); // a number stays one
}

function reference(value: Json, resource: Resource): string {
  if (nodeKind(value) === "scalar") return String(value);
  throw failure("TRANSFORM_FAILED", `an image of ${describeId(resource.id)} is not a text`, { place: resource.origin });
}

function visitContainers(value: Json, visit: (container: Json) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) visitContainers(item, visit);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const member = value[key] ?? null;
    visitContainers(member, visit);
    if (CONTAINER_LISTS.includes(key) && Array.isArray(member)) member.forEach(visit);
  }
}

function imageOf(container: Json, resource: Resource): FieldSlot | undefined {
  if (isMissing(container)) return undefined;
  if (!isObject(container)) {
    const fact = `a container of ${describeId(resource.id)} is not a mapping`;
    throw failure("TRANSFORM_FAILED", fact, { place: resource.origin });
  }
  return isMissing(ownKey(container, "image")) ? undefined : new MemberSlot(container, "image");
}

/** @throws {KustomizeError} TRANSFORM_FAILED for a name that is no regular expression. */
export function imageChange(entry: ImageEntry): ImageChange {
  const matches = imageTest(entry.name);
  const known = new Map<string, string>();
  return (image) => {
    const before = known.get(image);
    if (before !== undefined) return before;
    const after = matches(image) ? changed(image, entry) : image;
    known.set(image, after);
    return after;
  };
}

function imageTest(name: string): (image: string) => boolean {
  const simple = simplePattern(name);
  const whole = (namePattern: string) => `^${namePattern}(:[a-zA-Z0-9_.{}-]*)?(@sha256:[a-zA-Z0-9_.{}-]*)?$`;
  try {
    const regex = simple === undefined ? compileRegex(whole(name)) : new RegExp(whole(simple), "u");
    return (image) => regex.test(image);
  } catch (thrown) {
    if (!(thrown instanceof ExprError)) throw thrown;
    throw failure("TRANSFORM_FAILED", `images: name "${name}" is not a regular expression: ${thrown.message}`);
  }
}

function changed(image: string, entry: ImageEntry): string {
  const old = splitImage(image);
  const name = entry.newName || old.name;
  let { tag, digest } = old;
  if (entry.newTag !== "" || entry.digest !== "") [tag, digest] = [entry.newTag, entry.digest];
  else if (entry.tagSuffix !== "") [tag, digest] = [tag + entry.tagSuffix, ""];
  return name + (tag === "" ? "" : `:${tag}`) + (digest === "" ? "" : `@${digest}`);
}

/** The parts of an image reference; a tag starts at the first colon after the first slash. */
export function splitImage(image: string): { name: string; tag: string; digest: string } {
  const slash = Math.max(image.indexOf("/"), 0);
  const at = image.indexOf("@", slash);
  const colon = image.indexOf(":", slash);
  if (colon >= 0 && (at < 0 || colon < at)) {
    const end = at < 0 ? image.length : at;
    return { name: image.slice(0, colon), tag: image.slice(colon + 1, end), digest: image.slice(end + 1) };
  }
  if (at >= 0) return { name: image.slice(0, at), tag: "", digest: image.slice(at + 1) };
  return { name: image, tag: "", digest: "" };
}
