import { compareText, gvkOrder, KINDS_FIRST, KINDS_LAST, type Gvk } from "./identity.ts";
import { type SortOptions } from "./kustomization.ts";
import { type Resource } from "./resource.ts";
import { failure } from "./errors.ts";
import { type ResourceSet } from "./resource-set.ts";

/**
 * Orders the output as the kustomization's `sortOptions` say.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID for an unknown order or options that do not go with it.
 * @source kustomize api/internal/builtins `SortOrderTransformer`
 */
export function sortResources(set: ResourceSet, options: SortOptions): void {
  if (options.order !== "fifo" && options.order !== "legacy") {
    throw failure("KUSTOMIZATION_INVALID", `sortOptions.order must be "fifo" or "legacy", not "${options.order}"`);
  }
  const lists = options.legacySortOptions;
  if (options.order === "legacy") sortLegacy(set, lists?.orderFirst ?? KINDS_FIRST, lists?.orderLast ?? KINDS_LAST);
  else if (lists !== undefined) {
    throw failure("KUSTOMIZATION_INVALID", 'sortOptions.legacySortOptions needs sortOptions.order "legacy"');
  }
}

function sortLegacy(set: ResourceSet, first: readonly string[], last: readonly string[]): void {
  const byKind = gvkOrder(first, last);
  const keys = new Map(set.resources.map((resource) => [resource, keyOf(resource)]));
  set.sort((a, b) => {
    const [left, right] = [keys.get(a), keys.get(b)];
    if (left === undefined || right === undefined) return 0;
    const order = byKind(left.gvk, right.gvk);
    return (isForeignNamespacePair(left.gvk, right.gvk) ? -order : order) || compareText(left.text, right.text);
  });
}

/** Namespaces of the core group come before those of any other. */
function isForeignNamespacePair(a: Gvk, b: Gvk): boolean {
  return a.kind === "Namespace" && b.kind === "Namespace" && (a.group === "" || b.group === "");
}

function keyOf(resource: Resource) {
  const { gvk, name, namespace } = resource;
  return { gvk, text: `${namespace || "~X"}|${name || "~N"}` };
}
