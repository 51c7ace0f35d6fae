import { isObject, type Json, ownKey, setKey } from "@sluice/base";
import { compileRegex, ExprError } from "@sluice/expr";
import { failure } from "./errors.ts";
import { type FieldSpec, visitFields } from "./field-spec.ts";
import { describeId } from "./identity.ts";
import { type ImageEntry } from "./kustomization.ts";
import { isMissing, nodeKind } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { simplePattern } from "./simple-pattern.ts";

/** Changes one image reference; the same reference if the entry is not for it. */
type ImageChange = (reference: string) => string;

const CONTAINER_LISTS: readonly string[] = ["containers", "initContainers"];

/**
 * Changes names, tags and digests of images: in every list named `containers` or `initContainers`, at any depth and of any
 * kind but CustomResourceDefinition, and in the fields of `specs`.
 * @throws {KustomizeError} TRANSFORM_FAILED for a name that is no regular expression, or an image that is no text.
 * @source kustomize api/filters/imagetag
 */
export function setImages(set: ResourceSet, entry: ImageEntry, specs: readonly FieldSpec[]): void {
  const change = imageChange(entry);
  for (const resource of set.resources) {
    if (resource.kind === "CustomResourceDefinition") continue;
    const apply = (value: Json) => {
      if (isMissing(value)) return value;
      const text = reference(value, resource);
      const changed = change(text);
      return changed === text ? value : changed; // a number stays one
    };
    changeContainers(resource.value, (container) => changeImage(container, apply, resource));
    visitFields(resource, specs, { visit: (slot) => slot.set(apply(slot.value)) });
  }
}

function reference(value: Json, resource: Resource): string {
  if (nodeKind(value) === "scalar") return String(value);
  throw failure("TRANSFORM_FAILED", `an image of ${describeId(resource.id)} is not a text`, { place: resource.origin });
}

function changeContainers(value: Json, change: (container: Json) => void): void {
  if (Array.isArray(value)) {
    for (const item of value) changeContainers(item, change);
    return;
  }
  if (!isObject(value)) return;
  for (const key of Object.keys(value)) {
    const member = value[key] ?? null;
    changeContainers(member, change);
    if (CONTAINER_LISTS.includes(key) && Array.isArray(member)) member.forEach(change);
  }
}

function changeImage(container: Json, apply: (image: Json) => Json, resource: Resource): void {
  if (isMissing(container)) return;
  if (!isObject(container)) {
    const fact = `a container of ${describeId(resource.id)} is not a mapping`;
    throw failure("TRANSFORM_FAILED", fact, { place: resource.origin });
  }
  const image = ownKey(container, "image");
  if (!isMissing(image)) setKey(container, "image", apply(image));
}

function imageChange(entry: ImageEntry): ImageChange {
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
