import { compileRegex, ExprError } from "@sluice/expr";
import { failure } from "./errors.ts";
import { parseLabelSelector } from "./label-selector.ts";
import { type ResourceId } from "./identity.ts";
import { type Selector } from "./replacement-fields.ts";
import { type Resource } from "./resource.ts";
import { simplePattern } from "./simple-pattern.ts";

type TextTest = (text: string) => boolean;

/**
 * The resources that a patch target selects: anchored RE2 patterns on group, version, kind, name and namespace (name and
 * namespace also as they were at first), and selectors on labels and annotations. An empty part selects all.
 * @throws {KustomizeError} PATCH_FAILED for a bad pattern or selector.
 * @source kustomize api/types `SelectorRegex`, api/resmap `Select`
 */
export function selectResources(resources: readonly Resource[], selector: Selector): Resource[] {
  const test = testOf(selector);
  return resources.filter(test);
}

function testOf(selector: Selector): (resource: Resource) => boolean {
  const [group, version, kind] = [pattern(selector.group), pattern(selector.version), pattern(selector.kind)];
  const [name, namespace] = [pattern(selector.name), pattern(selector.namespace)];
  const [labels, annotations] = [bySelector(selector.labelSelector), bySelector(selector.annotationSelector)];
  return (resource) => {
    if (kind !== undefined && !kind(resource.kind)) return false;
    const { id, originalId: original } = resource;
    return (
      (name === undefined || name(original.name) || name(id.name)) &&
      (namespace === undefined || namespace(original.namespace) || namespace(id.namespace)) &&
      (group === undefined || group(id.group)) &&
      (version === undefined || version(id.version)) &&
      (labels === undefined || labels(resource.labels)) &&
      (annotations === undefined || annotations(resource.annotations))
    );
  };
}

/** The test of an id against the patterns of a selector; the namespace is compared as it stands. @throws {KustomizeError} */
export function selectorOfIds(selector: Selector): (id: ResourceId) => boolean {
  const tests = (["group", "version", "kind", "name", "namespace"] as const).map((part) => ({
    part,
    test: pattern(selector[part]),
  }));
  return (id) => tests.every(({ part, test }) => test === undefined || test(id[part]));
}

/** True if the selector's label and annotation parts select the resource. @throws {KustomizeError} */
export function selectsLabels(selector: Selector, resource: Resource): boolean {
  const [labels, annotations] = [bySelector(selector.labelSelector), bySelector(selector.annotationSelector)];
  return (labels?.(resource.labels) ?? true) && (annotations?.(resource.annotations) ?? true);
}

function pattern(text: string): TextTest | undefined {
  if (text === "") return undefined;
  if (/^[A-Za-z0-9_/-]+$/.test(text)) return (value) => value === text;
  const simple = simplePattern(text);
  try {
    const regex = simple === undefined ? compileRegex(text, { anchored: true }) : new RegExp(`^${simple}$`, "u");
    return (value) => regex.test(value);
  } catch (thrown) {
    if (!(thrown instanceof ExprError)) throw thrown;
    throw failure("PATCH_FAILED", `target has a bad pattern: ${thrown.message}`, { cause: thrown });
  }
}

function bySelector(text: string): ((labels: ReadonlyMap<string, string>) => boolean) | undefined {
  return text === "" ? undefined : parseLabelSelector(text);
}
