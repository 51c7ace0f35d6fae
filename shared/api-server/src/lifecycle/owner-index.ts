import { type KubeObject, type OwnerReference } from "@sluice/api";
import { type Store } from "../store/store.ts";

/** Where an object is. */
export interface Location {
  collection: string;
  key: string;
}

/** Which objects exist by uid, and which of them name which owners. */
export class OwnerIndex {
  readonly #locations = new Map<string, Location>();
  readonly #dependents = new Map<string, Set<string>>();

  /** Indexes what is in the store already. */
  fill(store: Store): void {
    for (const collection of store.collections()) {
      for (const { key, object } of collection.list()) this.add({ collection: collection.id, key }, object);
    }
  }

  add(location: Location, object: KubeObject): void {
    const { uid = "" } = object.metadata;
    this.#locations.set(uid, location);
    for (const { uid: owner } of ownersOf(object)) {
      const dependents = this.#dependents.get(owner) ?? new Set();
      dependents.add(uid);
      this.#dependents.set(owner, dependents);
    }
  }

  /** Takes out an object, or one of its earlier versions before the next is added. */
  remove(object: KubeObject): void {
    const { uid = "" } = object.metadata;
    this.#locations.delete(uid);
    for (const { uid: owner } of ownersOf(object)) {
      const dependents = this.#dependents.get(owner);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner);
    }
  }

  /** Where the object of that uid is; undefined: it does not exist. */
  locate(uid: string): Location | undefined {
    return this.#locations.get(uid);
  }

  /** Uids of the objects that name the owner. */
  dependentsOf(uid: string): string[] {
    return [...(this.#dependents.get(uid) ?? [])];
  }
}

/** The owners that an object names. */
export function ownersOf(object: KubeObject): OwnerReference[] {
  return object.metadata.ownerReferences ?? [];
}
