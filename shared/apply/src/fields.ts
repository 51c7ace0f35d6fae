import { type ManagedFieldsEntry } from "@sluice/api";
import { isObject, type Json, type JsonObject, setKey } from "@sluice/base";

/** A set of fields as `managedFields` writes it. @source structured-merge-diff, FieldsV1 */
export type FieldSet = JsonObject;

/** Both sets in one. */
export function unionFields(a: FieldSet, b: FieldSet): FieldSet {
  const union: FieldSet = {};
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const [left, right] = [a[key], b[key]];
    setKey(union, key, isObject(left) && isObject(right) ? unionFields(left, right) : (left ?? right));
  }
  return union;
}

/** Paths of the leaves of `before` that `after` lacks, such as `.spec.replicas`; at most `limit`. */
export function lostFields(before: FieldSet, after: FieldSet, limit: number): string[][] {
  const lost: string[][] = [];
  collectLost({ before, after, path: [], lost, limit });
  return lost;
}

interface Walk {
  before: FieldSet;
  after: FieldSet | undefined;
  path: string[];
  lost: string[][];
  limit: number;
}

function collectLost({ before, after, path, lost, limit }: Walk): void {
  for (const [key, child] of Object.entries(before)) {
    if (lost.length >= limit) return;
    const kept = after !== undefined && Object.hasOwn(after, key) ? after[key] : undefined;
    const below = isObject(child) ? Object.keys(child).filter((name) => name !== ".") : [];
    const here = [...path, key];
    if (key === "." || (below.length === 0 && kept !== undefined)) continue;
    if (below.length === 0) lost.push(here);
    else collectLost({ before: child as FieldSet, after: isObject(kept) ? kept : undefined, path: here, lost, limit });
  }
}

/** Managers, other than `self`, that own one of `paths` in `entries`; sorted. */
export function ownersOf(paths: readonly string[][], entries: readonly ManagedFieldsEntry[], self: string): string[] {
  const owners = new Set<string>();
  for (const { manager, fieldsV1, operation } of entries) {
    if (manager === undefined || (manager === self && operation === "Apply")) continue;
    if (paths.some((path) => holds(fieldsV1, path))) owners.add(manager);
  }
  return [...owners].sort();
}

function holds(fields: Json | undefined, path: readonly string[]): boolean {
  let at = fields;
  for (const key of path) {
    if (!isObject(at) || !Object.hasOwn(at, key)) return false;
    at = at[key];
  }
  return true;
}

/** How a user reads a path: `f:spec`, `k:{"name":"app"}`, `f:image` becomes `.spec[name="app"].image`. */
export function displayPath(path: readonly string[]): string {
  return path.map(displayElement).join("");
}

function displayElement(element: string): string {
  const [kind, rest] = [element.slice(0, 2), element.slice(2)];
  if (kind === "f:") return `.${rest}`;
  if (kind !== "k:") return `[${rest}]`;
  return `[${rest.slice(1, -1).replace(/"([^"]*)":/g, "$1=")}]`;
}
