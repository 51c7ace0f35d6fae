import { inBatches, type Steps } from "@sluice/base";
import { failure } from "./errors.ts";
import { describeId, idKey, type ResourceId } from "./identity.ts";
import { type Resource } from "./resource.ts";

/**
 * The resources of a build in their order, indexed by present and by past ids, so that a lookup never walks the list.
 * Whoever changes a resource's identity says so with `changed`.
 */
export class ResourceSet {
  #list: Resource[] = [];
  readonly #present = new Index();
  readonly #any = new Index();

  get resources(): readonly Resource[] {
    return this.#list;
  }

  /** @throws {KustomizeError} CONFLICT if a resource with this id is there already. */
  append(resource: Resource): void {
    const id = resource.id;
    const [other] = this.#present.at(idKey(id));
    if (other !== undefined) {
      const fact = `${describeId(id)} is defined twice, first in "${other.origin.file}"`;
      throw failure("CONFLICT", fact, { place: resource.origin });
    }
    this.#list.push(resource);
    this.#index(resource);
  }

  /** @throws {KustomizeError} as `append` */
  appendAll(resources: Iterable<Resource>): Steps<void> {
    return inBatches(resources, (resource) => this.append(resource));
  }

  /** @throws {KustomizeError} CONFLICT if transformers gave two resources one id. */
  demandDistinct(): void {
    for (const resource of this.#list) {
      if (this.withId(resource.id).length <= 1) continue;
      throw failure("CONFLICT", `two resources are ${describeId(resource.id)}`, { place: resource.origin });
    }
  }

  /** Resources whose present id this is. */
  withId(id: ResourceId): readonly Resource[] {
    return this.#present.at(idKey(id));
  }

  /** Resources that have or had this id, in no particular order. */
  withAnyId(id: ResourceId): readonly Resource[] {
    return this.#any.at(idKey(id));
  }

  /** Puts `next` in the place of `old`. */
  replace(old: Resource, next: Resource): void {
    this.#list[this.#list.indexOf(old)] = next;
    this.#forget(old);
    this.#index(next);
  }

  /** Takes a resource out. */
  remove(resource: Resource): void {
    this.#list = this.#list.filter((each) => each !== resource);
    this.#forget(resource);
  }

  /** Keeps only the resources that `keep` accepts. */
  retain(keep: (resource: Resource) => boolean): void {
    const kept = this.#list.filter(keep);
    if (kept.length === this.#list.length) return;
    const staying = new Set(kept);
    for (const resource of this.#list) if (!staying.has(resource)) this.#forget(resource);
    this.#list = kept;
  }

  /** Reads the ids of a resource again after its name, namespace, kind or history changed. */
  changed(resource: Resource): void {
    this.#index(resource);
  }

  /** Orders the resources; the order of equal ones stays. */
  sort(compare: (a: Resource, b: Resource) => number): void {
    this.#list.sort(compare);
  }

  #index(resource: Resource): void {
    const present = idKey(resource.id);
    this.#present.update(resource, [present]);
    this.#any.update(resource, [...resource.pastKeys, present]);
  }

  #forget(resource: Resource): void {
    this.#present.update(resource, []);
    this.#any.update(resource, []);
  }
}

const NONE: readonly Resource[] = [];

class Index {
  readonly #byKey = new Map<string, Resource[]>();
  readonly #keys = new Map<Resource, readonly string[]>();

  at(key: string): readonly Resource[] {
    return this.#byKey.get(key) ?? NONE;
  }

  /** Makes `keys` the keys of a resource; most of them are its keys already. */
  update(resource: Resource, keys: readonly string[]): void {
    const old = this.#keys.get(resource) ?? [];
    for (const key of old) if (!keys.includes(key)) this.#remove(key, resource);
    for (const key of keys) if (!old.includes(key)) this.#add(key, resource);
    if (keys.length > 0) this.#keys.set(resource, keys);
    else this.#keys.delete(resource);
  }

  #add(key: string, resource: Resource): void {
    const found = this.#byKey.get(key);
    if (found === undefined) this.#byKey.set(key, [resource]);
    else if (!found.includes(resource)) found.push(resource);
  }

  #remove(key: string, resource: Resource): void {
    const left = this.at(key).filter((each) => each !== resource);
    if (left.length > 0) this.#byKey.set(key, left);
    else this.#byKey.delete(key);
  }
}
