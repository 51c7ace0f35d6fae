import { type Kustomization } from "@sluice/api";
import { cloneJson, insideRoot, isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { type FileTree } from "@sluice/kustomize";
import { RenderError } from "./errors.ts";
import { join } from "./kustomization-file.ts";

type Spec = Kustomization["spec"];
type ImageSpec = NonNullable<Spec["images"]>[number];

export interface AdjustRequest {
  tree: FileTree;
  folder: string;
  content: JsonObject;
  spec: Spec;
}

/**
 * The kustomization with what the spec adds to it: namespace, prefix and suffix replaced, patches and components appended, images merged by name.
 * @returns undefined if the spec adds nothing.
 * @source spec/flux-api.md 2.4
 */
export function adjusted(request: AdjustRequest): JsonObject | undefined {
  const { spec } = request;
  const additions = additionsOf(request);
  if (additions.length === 0 && spec.images === undefined) return undefined;
  const content = cloneJson(request.content);
  for (const add of additions) add(content);
  if (spec.images !== undefined) setField(content, "images", mergedImages(listField(content, "images"), spec.images));
  return content;
}

function additionsOf(request: AdjustRequest): ((content: JsonObject) => void)[] {
  const { targetNamespace, namePrefix, nameSuffix, patches = [], buildMetadata } = request.spec;
  const components = includedComponents(request);
  const additions: ((content: JsonObject) => void)[] = [];
  const set = (field: string, value: Json | undefined) => {
    if (value !== undefined) additions.push((content) => setField(content, field, value));
  };
  const append = (field: string, items: readonly Json[]) => {
    if (items.length > 0)
      additions.push((content) => setField(content, field, [...listField(content, field), ...items]));
  };
  set("namespace", targetNamespace);
  set("namePrefix", namePrefix);
  set("nameSuffix", nameSuffix);
  append(
    "patches",
    patches.map((patch) => cloneJson(patch)),
  );
  append("components", components);
  set("buildMetadata", buildMetadata === undefined || buildMetadata.length === 0 ? undefined : [...buildMetadata]);
  return additions;
}

/** Components of the spec; those that are missing are left out if the spec allows it. */
function includedComponents({ tree, folder, spec }: AdjustRequest): string[] {
  return (spec.components ?? []).filter((component, index) => {
    const path =
      component.startsWith("/") || component.includes("://") ? undefined : insideRoot(join(folder, component));
    if (path === undefined) {
      const field = `spec.components[${index}]`;
      throw new RenderError(
        "INVALID_SPEC",
        `Cannot include component "${component}": not a relative path inside the artifact`,
        { field },
      );
    }
    return spec.ignoreMissingComponents !== true || tree.list(path) !== undefined;
  });
}

/** An image of the spec wins over one of the file by the same name; tag and digest count as one, the new name by itself. */
function mergedImages(existing: readonly Json[], images: readonly ImageSpec[]): Json[] {
  const merged = [...existing];
  for (const image of images) {
    const index = merged.findIndex((entry) => isObject(entry) && entry["name"] === image.name);
    const before = merged[index];
    if (isObject(before)) merged[index] = mergedImage(before, image);
    else merged.push({ ...image });
  }
  return merged;
}

function mergedImage(before: JsonObject, { name, newName, newTag, digest }: ImageSpec): JsonObject {
  const { newTag: _tag, digest: _digest, tagSuffix: _suffix, ...rest } = before;
  const kept = newTag === undefined && digest === undefined ? before : rest;
  return {
    ...kept,
    name,
    ...(newName === undefined ? {} : { newName }),
    ...(newTag === undefined ? {} : { newTag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** kustomize reads field names in any case; an addition goes to the field that is there. */
function setField(content: JsonObject, field: string, value: Json): void {
  setKey(content, fieldName(content, field), value);
}

/** The items of a list; what is no list is left for kustomize to refuse. */
function listField(content: JsonObject, field: string): Json[] {
  const name = fieldName(content, field);
  const value = content[name];
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw new RenderError("BUILD_FAILED", `Cannot extend field "${name}" of the kustomization: not a list`, {});
}

function fieldName(content: JsonObject, field: string): string {
  return Object.keys(content).find((key) => key.toLowerCase() === field.toLowerCase()) ?? field;
}
