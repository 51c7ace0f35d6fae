import { inBatches, isObject, ownKey, setKey, type Json, type JsonObject, type Steps } from "@sluice/base";
import { failure } from "./errors.ts";
import { PathError, visitPath, type FieldSlot, type FieldSpec } from "./field-spec.ts";
import { CLUSTER_SCOPE, describeId, selectsGvk, type Gvk, type ResourceId } from "./identity.ts";
import { textOf } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { type NameReference } from "./transformer-config.ts";

/**
 * Follows renamed resources in every field that may hold their name.
 * @throws {KustomizeError} TRANSFORM_FAILED if a name could mean several resources.
 * @source kustomize api/filters/nameref, api/internal/accumulator `nameReferenceTransformer`
 */
export function* fixNameReferences(set: ResourceSet, references: readonly NameReference[]): Steps<void> {
  const renamed = new RenamedResources(set.resources);
  if (renamed.isEmpty) return;
  const fieldsOf = fieldsByKind(references);
  yield* inBatches(set.resources, (resource) => {
    const referrer = new Referrer(resource, renamed);
    for (const field of fieldsOf(resource.originalId)) referrer.fix(field);
  });
}

/** A field that may hold the name of a resource of the kind `target`. */
interface ReferenceField {
  spec: FieldSpec;
  target: Gvk;
}

function fieldsByKind(references: readonly NameReference[]): (gvk: Gvk) => readonly ReferenceField[] {
  const known = new Map<string, ReferenceField[]>();
  const all = references.flatMap((target) => target.fieldSpecs.map((spec) => ({ spec, target })));
  return (gvk) => {
    const key = `${gvk.group}|${gvk.version}|${gvk.kind}`;
    const found = known.get(key) ?? all.filter(({ spec }) => selectsGvk(spec, gvk));
    known.set(key, found);
    return found;
  };
}

/** The resources that had another name, namespace or kind, by each name they had. */
class RenamedResources {
  readonly #byName = new Map<string, Resource[]>();
  readonly #byOriginalNamespace = new Map<string, Resource[]>();

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) {
      add(this.#byOriginalNamespace, resource.originalId.namespace, resource);
      for (const name of new Set(resource.past.map((past) => past.name))) add(this.#byName, name, resource);
    }
  }

  get isEmpty(): boolean {
    return this.#byName.size === 0;
  }

  once(name: string): readonly Resource[] {
    return this.#byName.get(name) ?? [];
  }

  /** Resources, renamed or not, that were in `namespace` at first. */
  originallyIn(namespace: string): readonly Resource[] {
    return namespace === CLUSTER_SCOPE ? [] : (this.#byOriginalNamespace.get(namespace) ?? []);
  }
}

function add(map: Map<string, Resource[]>, key: string, resource: Resource): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [resource]);
  else list.push(resource);
}

/** What a name in a field is looked up by. */
interface Lookup {
  name: string;
  field: ReferenceField;
  candidates: readonly Resource[];
  same: (a: Resource, b: Resource) => boolean;
}

/** One resource whose fields refer to others. */
class Referrer {
  readonly #resource: Resource;
  readonly #renamed: RenamedResources;
  readonly #id: ResourceId;
  readonly #isClusterScoped: boolean;
  readonly #accountNamespaces: ReadonlySet<string>;

  constructor(resource: Resource, renamed: RenamedResources) {
    this.#resource = resource;
    this.#renamed = renamed;
    this.#id = resource.id;
    this.#isClusterScoped = resource.isClusterScoped;
    this.#accountNamespaces = resource.kind === "RoleBinding" ? accountNamespaces(resource) : new Set();
  }

  fix(field: ReferenceField): void {
    visitPath(this.#resource, field.spec, { visit: (slot) => this.#fixSlot(slot, field) });
  }

  #fixSlot(slot: FieldSlot, field: ReferenceField): void {
    const { value } = slot;
    if (value === null) return;
    if (Array.isArray(value)) this.#fixList(value, field);
    else if (isObject(value)) this.#fixMapping(value, field);
    else this.#fixText(textOf(value), field, (name) => slot.set(name));
  }

  #fixList(list: Json[], field: ReferenceField): void {
    for (const [index, item] of list.entries()) {
      if (Array.isArray(item)) throw new PathError("a list where a text or mapping is due");
      const set = (value: Json) => {
        list[index] = value;
      };
      this.#fixSlot({ value: item, set }, field);
    }
  }

  #fixText(name: string, field: ReferenceField, set: (name: string) => void): void {
    const candidates = this.#renamed.once(name);
    const found = this.#select({ name, field, candidates, same: (a, b) => a.name === b.name });
    if (found !== undefined && found.name !== name) set(found.name);
  }

  /** A mapping with `name` and perhaps `namespace`, such as a subject: both follow. */
  #fixMapping(mapping: JsonObject, field: ReferenceField): void {
    const given = ownKey(mapping, "name");
    if (given === undefined) throw new PathError('the mapping has no "name"');
    const name = textOf(given);
    const candidates = this.#inNamespace(this.#renamed.once(name), ownKey(mapping, "namespace"));
    const same = (a: Resource, b: Resource) => a.name === b.name && a.namespace === b.namespace;
    const found = this.#select({ name, field, candidates, same });
    if (found === undefined) return;
    setKey(mapping, "name", found.name);
    if (found.namespace !== "") setKey(mapping, "namespace", found.namespace);
  }

  #inNamespace(candidates: readonly Resource[], namespace: Json | undefined): readonly Resource[] {
    if (namespace === undefined) return candidates;
    const wanted = textOf(namespace);
    const wasThere = this.#renamed.originallyIn(wanted).some((each) => this.#reaches(each));
    if (wasThere) return candidates.filter((each) => each.originalId.namespace === wanted);
    return candidates.filter((each) => each.id.namespace === wanted && wanted !== CLUSTER_SCOPE);
  }

  /** True if this resource can refer to `other` at all. */
  #reaches(other: Resource): boolean {
    if (this.#isClusterScoped || other.isClusterScoped) return true;
    return other.id.namespace === this.#id.namespace || this.#accountNamespaces.has(other.namespace);
  }

  #select({ name, field, candidates, same }: Lookup): Resource | undefined {
    const role = roleOf(this.#resource, field.spec);
    const fitting = candidates.filter(
      (each) =>
        each.pastIds.some((id) => selectsGvk(field.target, id)) &&
        (role === undefined || each.pastIds.some((id) => selectsGvk(role, id))) &&
        this.#reaches(each) &&
        this.#sharesNamespace(each),
    );
    if (fitting.length <= 1) return fitting[0];
    const loose = fitting.filter((each) => affixesAgree(this.#resource, each, { allowEmpty: true }));
    const close = loose.length > 1 ? loose.filter((each) => affixesAgree(this.#resource, each)) : loose;
    const [first] = close;
    if (first === undefined || close.every((each) => same(first, each))) return first;
    const found = close.map((each) => describeId(each.id)).join(", ");
    const fact = `"${name}" in field "${field.spec.path}" of ${describeId(this.#id)} could be any of ${found}`;
    throw failure("TRANSFORM_FAILED", fact, { place: this.#resource.origin });
  }

  #sharesNamespace(other: Resource): boolean {
    if (this.#isClusterScoped || other.isClusterScoped || other.kind === "ServiceAccount") return true;
    return other.id.namespace === this.#id.namespace;
  }
}

/** Namespaces of the service accounts that a RoleBinding names. @throws {KustomizeError} for one that is no text */
function accountNamespaces(binding: Resource): ReadonlySet<string> {
  const subjects = ownKey(binding.value, "subjects");
  const found = new Set<string>();
  for (const subject of Array.isArray(subjects) ? subjects : []) {
    if (!isObject(subject) || ownKey(subject, "kind") !== "ServiceAccount") continue;
    const namespace = ownKey(subject, "namespace");
    if (typeof namespace === "string") found.add(namespace);
    else if (namespace !== undefined) {
      const fact = `a subject of ${describeId(binding.id)} has a namespace that is not a text`;
      throw failure("TRANSFORM_FAILED", fact, { place: binding.origin });
    }
  }
  return found;
}

/** What `roleRef` says about the kind of its role. */
function roleOf(resource: Resource, spec: FieldSpec): Partial<Gvk> | undefined {
  if (!spec.path.endsWith("roleRef/name")) return undefined;
  const role = ownKey(resource.value, "roleRef");
  if (!isObject(role)) return undefined;
  const [group, kind] = [ownKey(role, "apiGroup"), ownKey(role, "kind")];
  return typeof group === "string" && typeof kind === "string" ? { group, kind } : undefined;
}

function affixesAgree(a: Resource, b: Resource, { allowEmpty = false } = {}): boolean {
  const agree = (left: readonly string[], right: readonly string[]) =>
    (allowEmpty && (left.length === 0 || right.length === 0)) || endAlike(left, right);
  return agree(a.prefixes, b.prefixes) && agree(a.suffixes, b.suffixes);
}

/** True if the shorter list is the end of the longer; an empty one only of an empty one. */
function endAlike(a: readonly string[], b: readonly string[]): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length === 0) return long.length === 0;
  return short.every((item, index) => item === long[long.length - short.length + index]);
}
