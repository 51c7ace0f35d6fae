import { inBatches, isObject, type Json, type JsonObject, setKey, type Steps } from "@sluice/base";
import { type CopyBudget } from "./copy-budget.ts";
import { type Decoded, optional, record, text } from "./decode.ts";
import { failure, type Place } from "./errors.ts";
import { FieldPathError, lookUp, splitFieldPath } from "./field-path.ts";
import { type FieldSlot, type FieldSpec, PathError, visitFields } from "./field-spec.ts";
import { describeId, effectiveNamespace, splitApiVersion } from "./identity.ts";
import { isMissing } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { writtenText } from "./scalar-texts.ts";

const target = { apiVersion: text, group: text, version: text, kind: text, name: text, namespace: text };

/** The fields of an entry of `vars`. */
export const varFields = {
  name: text,
  objref: optional(record(target)),
  fieldref: optional(record({ fieldPath: text })),
};

export type VarEntry = Decoded<typeof varFields>;

/** A variable, and the resource whose field it stands for once one is known. */
interface BoundVar {
  entry: VarEntry;
  place: Place;
  resource: Resource | undefined;
}

/** The variables of a build by name. */
export type Vars = ReadonlyMap<string, BoundVar>;

/**
 * Adds a variable and binds it to the resource that has or had its id.
 * @throws {KustomizeError} TRANSFORM_FAILED if the name is taken, or several resources match.
 * @source kustomize api/internal/accumulator `MergeVars`
 */
export function bindVar(set: ResourceSet, entry: VarEntry, { vars, place }: { vars: Vars; place: Place }): Vars {
  const found = resourcesOf(set, entry);
  if (found.length > 1) throw failure("TRANSFORM_FAILED", `${found.length} resources match the variable`, { place });
  return joinVars(vars, new Map([[entry.name, { entry, place, resource: found[0] }]]));
}

/** The variables of both. @throws {KustomizeError} TRANSFORM_FAILED if they share a name */
export function joinVars(a: Vars, b: Vars): Vars {
  for (const [name, { place }] of b) {
    if (a.has(name)) throw failure("TRANSFORM_FAILED", `variable "${name}" is defined twice`, { place });
  }
  return b.size === 0 ? a : new Map([...a, ...b]);
}

/** The same variables, bound to the copies of their resources. */
export function copyVars(vars: Vars, copies: ReadonlyMap<Resource, Resource>): Vars {
  if (vars.size === 0) return vars;
  return new Map(
    [...vars].map(([name, { resource, ...rest }]) => {
      const present = lastSuccessor(resource);
      return [name, { ...rest, resource: present === undefined ? undefined : copies.get(present) }];
    }),
  );
}

function lastSuccessor(resource: Resource | undefined): Resource | undefined {
  let last = resource;
  while (last?.successor !== undefined) last = last.successor;
  return last;
}

function resourcesOf(set: ResourceSet, { objref }: VarEntry): Resource[] {
  if (objref === undefined) return [];
  const { group, version } = objref.apiVersion === "" ? objref : splitApiVersion(objref.apiVersion);
  const wanted = effectiveNamespace(objref.namespace, false);
  return set.resources.filter((resource) =>
    [...resource.pastIds, resource.id].some(
      (id) =>
        id.name === objref.name &&
        id.kind === objref.kind &&
        id.group === group &&
        id.version === version &&
        (objref.namespace === "" || id.namespace === wanted),
    ),
  );
}

/**
 * Puts the values of variables where `$(NAME)` stands in the fields of `specs`. `$$` stands for one dollar.
 * @returns the names of variables that stand nowhere.
 * @throws {KustomizeError} TRANSFORM_FAILED if a variable has no resource or its resource lacks the field.
 * @source kustomize api/filters/refvar
 */
export function* resolveVars(
  { set, vars, budget }: { set: ResourceSet; vars: Vars; budget: CopyBudget },
  specs: readonly FieldSpec[],
): Steps<string[]> {
  if (vars.size === 0) return [];
  const values = new Map([...vars].map(([name, bound]) => [name, valueOf(name, bound, set)]));
  const unused = new Set(values.keys());
  const expand = (input: string) => expanded(input, { values, unused, budget });
  yield* inBatches(set.resources, (resource) =>
    visitFields(resource, specs, { visit: (slot) => expandSlot(slot, expand) }),
  );
  return [...unused].sort();
}

function valueOf(name: string, { entry, place, resource: bound }: BoundVar, set: ResourceSet): Json {
  const resource = lastSuccessor(bound);
  if (resource === undefined || !set.resources.includes(resource)) {
    throw failure("TRANSFORM_FAILED", `no resource matches the variable "${name}"`, { place });
  }
  const path = entry.fieldref?.fieldPath || "metadata.name";
  const value = quietLookUp(resource.value, path);
  if (typeof value === "string" || value === null) return textAsWritten(resource, path) ?? value ?? "null";
  if (value !== undefined) return value;
  const fact = `variable "${name}": ${describeId(resource.id)} has no field "${path}"`;
  throw failure("TRANSFORM_FAILED", fact, { place });
}

/** A date and a null are put in as they were written. */
function textAsWritten({ value, texts }: Resource, path: string): string | undefined {
  const parent = quietLookUp(value, path, 1);
  return isObject(parent) ? writtenText(parent, partsOf(path).at(-1) ?? "", texts) : undefined;
}

function partsOf(path: string): string[] {
  // `ports[0]` is `ports.0`; `[name=web]` stays.
  return splitFieldPath(path).flatMap((part) =>
    part
      .replace(/\[([0-9]+)\]$/, "\0$1")
      .split("\0")
      .filter(Boolean),
  );
}

/** @param up how many steps before the end of the path to stop */
function quietLookUp(value: JsonObject, path: string, up = 0): Json | undefined {
  const parts = partsOf(path);
  try {
    return lookUp(value, parts.slice(0, parts.length - up));
  } catch (thrown) {
    if (thrown instanceof FieldPathError) return undefined;
    throw thrown;
  }
}

function expandSlot(slot: FieldSlot, expand: (input: string) => Json): void {
  const { value } = slot;
  if (typeof value === "string") slot.set(expand(value));
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (typeof item !== "string") throw new PathError("a list element that is not a text");
      value[index] = expand(item);
    }
  } else if (isObject(value)) {
    for (const key of Object.keys(value)) {
      const item = value[key];
      if (typeof item === "string") setKey(value, key, expand(item));
    }
  }
}

interface Expansion {
  values: ReadonlyMap<string, Json>;
  unused: Set<string>;
  budget: CopyBudget;
}

/** A text that is one reference and nothing else keeps the type of its value. */
function expanded(input: string, { values, unused, budget }: Expansion): Json {
  const whole = /^\$\(([^)]*)\)$/.exec(input);
  const mapped = (name: string): Json => {
    const value = values.get(name);
    if (isMissing(value) || typeof value === "object") return `$(${name})`;
    unused.delete(name);
    budget.spend(value);
    return value;
  };
  if (whole !== null) return mapped(whole[1] ?? "");
  return replaceReferences(input, (name) => String(mapped(name)));
}

/**
 * Replaces each `$(NAME)`, and `$$` by one dollar. What follows the last `)` cannot hold a reference and is not searched
 * for one, so that no `$(` looks for its end in vain.
 */
export function replaceReferences(input: string, valueOfName: (name: string) => string): string {
  const end = input.lastIndexOf(")") + 1;
  const head = input.slice(0, end).replace(/\$(?:\$|\(([^)]*)\))/g, (_, name: string | undefined) => {
    return name === undefined ? "$" : valueOfName(name);
  });
  return head + input.slice(end).replaceAll("$$", () => "$");
}
