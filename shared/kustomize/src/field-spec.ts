import { isObject, ownKey, setKey, type Json, type JsonObject } from "@sluice/base";
import { failure } from "./errors.ts";
import { describeId, selectsGvk, type Gvk } from "./identity.ts";
import { isMissing } from "./node.ts";
import { type Resource } from "./resource.ts";

/** A path into the resources of certain kinds. An empty group, version or kind stands for any. */
export interface FieldSpec extends Gvk {
  /** Names joined by slashes; a name that ends in `[]` must be a list, other lists are walked through. */
  path: string;
  /** Whether missing fields on the way are made. */
  create: boolean;
  /** The names of `path`. */
  steps: readonly string[];
}

/** A field spec from what a file says. */
export function fieldSpec(given: Omit<FieldSpec, "steps">): FieldSpec {
  return { ...given, steps: splitPath(given.path) };
}

/** The field that a spec leads to. */
export interface FieldSlot {
  /** What it holds now. */
  readonly value: Json;
  /** The member of a mapping that it is, where that is known. */
  readonly member?: { mapping: JsonObject; key: string };
  /** True for a field that was made on the way; it is null, but has no type yet. */
  readonly isMade?: boolean;
  set(value: Json): void;
}

/** What to do at the end of a path. */
export interface FieldVisit {
  /** What to make of a missing or null last field, if the spec allows it; without it nothing is made. */
  create?: "text" | "mapping";
  visit(slot: FieldSlot): void;
}

/**
 * Visits every field of `resource` that `spec` leads to, whatever the kind that the spec is for.
 * @throws {KustomizeError} TRANSFORM_FAILED where the path leads through a scalar.
 * @source kustomize api/filters/fieldspec
 */
export function visitPath(resource: Resource, spec: FieldSpec, visit: FieldVisit): void {
  const root: FieldSlot = { value: resource.value, set: () => undefined };
  try {
    walk(root, 0, { spec, visit });
  } catch (thrown) {
    if (!(thrown instanceof PathError)) throw thrown;
    const fact = `cannot follow "${spec.path}" in ${describeId(resource.id)}: ${thrown.message}`;
    throw failure("TRANSFORM_FAILED", fact, { place: resource.origin });
  }
}

/** As `visitPath`, for each of `specs` that is for the resource's kind. */
export function visitFields(resource: Resource, specs: readonly FieldSpec[], visit: FieldVisit): void {
  const { gvk } = resource;
  for (const spec of specs) if (selectsGvk(spec, gvk)) visitPath(resource, spec, visit);
}

/** What went wrong on the way; the caller adds the resource and the path. */
export class PathError extends Error {}

interface Walk {
  spec: FieldSpec;
  visit: FieldVisit;
}

function walk(slot: FieldSlot, step: number, how: Walk): void {
  const { value } = slot;
  if (step === how.spec.steps.length) how.visit.visit(slot);
  else if (isMissing(value)) return;
  else if (Array.isArray(value)) for (const index of value.keys()) walk(new ElementSlot(value, index), step, how);
  else if (isObject(value)) walkField(value, step, how);
  else throw new PathError("a scalar where a list or mapping is due");
}

function walkField(parent: JsonObject, step: number, how: Walk): void {
  const given = how.spec.steps[step] ?? "";
  const isList = given.endsWith("[]");
  const name = isList ? given.slice(0, -2) : given;
  if (name === "") throw new PathError("the path has an empty name");
  const creates = how.spec.create && how.visit.create !== undefined && !isList;
  const found = ownKey(parent, name);
  if (found === undefined && !creates) return;
  const isLast = step === how.spec.steps.length - 1;
  if (isMissing(found) && (creates || isList)) setKey(parent, name, made(isLast, isList, how.visit));
  walk(new MemberSlot(parent, name), step + 1, how);
}

function made(isLast: boolean, isList: boolean, visit: FieldVisit): Json {
  if (isList) return [];
  return isLast && visit.create === "text" ? "" : {};
}

/** The member of a mapping with this name. */
export class MemberSlot implements FieldSlot {
  readonly #parent: JsonObject;
  readonly #name: string;

  constructor(parent: JsonObject, name: string) {
    this.#parent = parent;
    this.#name = name;
  }

  get value(): Json {
    return ownKey(this.#parent, this.#name) ?? null;
  }

  set(value: Json): void {
    setKey(this.#parent, this.#name, value);
  }
}

class ElementSlot implements FieldSlot {
  readonly #list: Json[];
  readonly #index: number;

  constructor(list: Json[], index: number) {
    this.#list = list;
    this.#index = index;
  }

  get value(): Json {
    return this.#list[this.#index] ?? null;
  }

  set(value: Json): void {
    this.#list[this.#index] = value;
  }
}

/** Splits at slashes; a slash after a backslash belongs to the name. A leading slash counts for nothing. */
export function splitPath(path: string, delimiter = "/"): string[] {
  const parts = path.split(delimiter);
  if (parts.length > 1 && parts[0] === "") parts.shift();
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.endsWith("\\")) joined[joined.length - 1] = `${last.slice(0, -1)}${delimiter}${part}`;
    else joined.push(part);
  }
  return joined;
}

/** Sets entries in the mapping at the end of each path; for labels and annotations. */
export function setEntries(
  resource: Resource,
  specs: readonly FieldSpec[],
  entries: ReadonlyMap<string, string>,
): void {
  const made = new Map<string, { mapping: JsonObject; key: string }[]>([...entries.keys()].map((key) => [key, []]));
  visitFields(resource, specs, {
    create: "mapping",
    visit: ({ value }) => {
      if (isMissing(value)) return;
      if (!isObject(value)) throw new PathError("not a mapping");
      for (const [key, text] of entries) {
        if (ownKey(value, key) === undefined) made.get(key)?.push({ mapping: value, key });
        resource.shared.set(value, key, text);
      }
    },
  });
  for (const group of made.values()) resource.shared.share(group);
}
