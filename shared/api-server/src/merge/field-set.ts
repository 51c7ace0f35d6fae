import { isObject, type JsonObject, setKey } from "@sluice/base";
import { comparePathElements, displayPath, type PathElement, parsePathElement } from "./path-element.ts";

/**
 * A set of field paths, as a tree: `members` are the paths that end here, `children` the ones that go on. A path may end
 * and go on at once. Sets are values: no function changes one that it was given, only `insert` changes its own.
 */
export class FieldSet {
  readonly members: Set<PathElement>;
  readonly children: Map<PathElement, FieldSet>;

  constructor(members: Iterable<PathElement> = [], children: Iterable<readonly [PathElement, FieldSet]> = []) {
    this.members = new Set(members);
    this.children = new Map(children);
  }

  static of(...paths: readonly (readonly PathElement[])[]): FieldSet {
    const set = new FieldSet();
    for (const path of paths) set.insert(path);
    return set;
  }

  get isEmpty(): boolean {
    if (this.members.size > 0) return false;
    for (const child of this.children.values()) if (!child.isEmpty) return false;
    return true;
  }

  /** Adds one path. The root (an empty path) is in no set. */
  insert(path: readonly PathElement[]): void {
    const [first, ...rest] = path;
    if (first === undefined) return;
    if (rest.length === 0) this.members.add(first);
    else this.#descend(first).insert(rest);
  }

  has(path: readonly PathElement[]): boolean {
    const [first, ...rest] = path;
    if (first === undefined) return false;
    return rest.length === 0 ? this.members.has(first) : this.children.get(first)?.has(rest) === true;
  }

  union(other: FieldSet): FieldSet {
    if (this.isEmpty) return other;
    if (other.isEmpty) return this;
    const result = new FieldSet(this.members, this.children);
    for (const member of other.members) result.members.add(member);
    for (const [element, child] of other.children) {
      const own = result.children.get(element);
      result.children.set(element, own ? own.union(child) : child);
    }
    return result;
  }

  intersection(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const member of this.members) if (other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      if (theirs) result.#keep(element, child.intersection(theirs));
    }
    return result;
  }

  /** The paths that are not in `other`. What lies below a path in `other` stays. */
  difference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      const theirs = other.children.get(element);
      result.#keep(element, theirs ? child.difference(theirs) : child);
    }
    return result;
  }

  /** The paths that are neither in `other` nor below a path of it. */
  recursiveDifference(other: FieldSet): FieldSet {
    const result = new FieldSet();
    for (const member of this.members) if (!other.members.has(member)) result.members.add(member);
    for (const [element, child] of this.children) {
      if (other.members.has(element)) continue;
      const theirs = other.children.get(element);
      result.#keep(element, theirs ? child.recursiveDifference(theirs) : child);
    }
    return result;
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty;
  }

  /** Every path, parents before what lies below them. */
  *paths(prefix: readonly PathElement[] = []): Generator<PathElement[]> {
    for (const member of this.members) yield [...prefix, member];
    for (const [element, child] of this.children) yield* child.paths([...prefix, element]);
  }

  /** The paths as users read them, sorted. */
  toString(): string {
    return [...this.paths()].map(displayPath).sort().join("\n");
  }

  #descend(element: PathElement): FieldSet {
    const known = this.children.get(element);
    if (known) return known;
    const child = new FieldSet();
    this.children.set(element, child);
    return child;
  }

  #keep(element: PathElement, child: FieldSet): void {
    if (!child.isEmpty) this.children.set(element, child);
  }
}

/**
 * The set that a `fieldsV1` object means. Steps of an unknown kind are ignored.
 * @throws {SyntaxError} if a step is malformed.
 */
export function parseFieldsV1(fields: JsonObject): FieldSet {
  const set = new FieldSet();
  for (const key of Object.keys(fields)) {
    if (key === ".") continue;
    const element = parsePathElement(key);
    if (element === undefined) continue;
    const below = fields[key];
    const child = isObject(below) ? below : {};
    const keys = Object.keys(child);
    if (keys.length === 0 || Object.hasOwn(child, ".")) set.members.add(element);
    if (keys.some((name) => name !== ".")) set.children.set(element, parseFieldsV1(child));
  }
  return set;
}

/** `set` as a `fieldsV1` object, fields first, each kind of step sorted. */
export function toFieldsV1(set: FieldSet): JsonObject {
  const elements = [...set.members];
  for (const element of set.children.keys()) if (!set.members.has(element)) elements.push(element);
  const result: JsonObject = {};
  for (const element of elements.sort(comparePathElements)) {
    const child = set.children.get(element);
    const isMember = set.members.has(element);
    if (child === undefined || child.isEmpty) {
      if (isMember) setKey(result, element, {});
    } else setKey(result, element, isMember ? { ".": {}, ...toFieldsV1(child) } : toFieldsV1(child));
  }
  return result;
}
