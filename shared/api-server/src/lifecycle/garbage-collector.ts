import { type KubeObject, type OwnerReference } from "@sluice/api";
import { type Resource } from "../discovery/resource.ts";
import { type RegistryContext } from "../registry/context.ts";
import { deleteObject, FOREGROUND, ORPHAN, type Propagation } from "../registry/delete.ts";
import { updateObject } from "../registry/update.ts";
import { type StoreEvent } from "../store/stored.ts";
import { CONTROLLER_MANAGER, type LifecycleContext } from "./context.ts";
import { type Location, OwnerIndex, ownersOf } from "./owner-index.ts";
import { WorkQueue } from "./work-queue.ts";

/**
 * Deletes objects whose owners are all gone, and carries out what a deletion in the foreground or one that orphans
 * asks for.
 * @source kube-controller-manager's garbage collector: the same decisions, taken on uids alone
 */
export function startGarbageCollector({ registry, log }: LifecycleContext): Disposable {
  const index = new OwnerIndex();
  index.fill(registry.store);
  const collector = new Collector(registry, index);
  const queue = new WorkQueue({ handle: (uid) => collector.settle(uid), clock: registry.clock, log });
  registry.store.onChange(({ id }, event) => {
    follow(index, id, event);
    for (const uid of affected(index, event)) queue.add(uid);
  });
  return queue;
}

function follow(index: OwnerIndex, collection: string, { type, stored, previous }: StoreEvent): void {
  if (previous) index.remove(previous.object);
  if (type !== "DELETED") index.add({ collection, key: stored.key }, stored.object);
}

/** Uids that a change may concern: dependents of what went, owners of what went, and whatever has owners or is going. */
function affected(index: OwnerIndex, { type, stored: { object } }: StoreEvent): string[] {
  const { uid = "", deletionTimestamp } = object.metadata;
  const owners = ownersOf(object).map((owner) => owner.uid);
  if (type === "DELETED") return [...index.dependentsOf(uid), ...owners];
  return owners.length > 0 || deletionTimestamp !== undefined ? [uid] : [];
}

class Collector {
  readonly #cx: RegistryContext;
  readonly #index: OwnerIndex;

  constructor(cx: RegistryContext, index: OwnerIndex) {
    this.#cx = cx;
    this.#index = index;
  }

  settle(uid: string): void {
    const found = this.#find(uid);
    if (!found) return;
    const { object } = found;
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    if (deletionTimestamp === undefined) this.#checkOwners(found);
    else if (finalizers.includes(ORPHAN)) this.#orphan(found);
    else if (finalizers.includes(FOREGROUND)) this.#deleteInForeground(found);
  }

  /** Deletes the object if no owner is left that holds it; forgets owners that are gone. */
  #checkOwners(found: Found): void {
    const owners = ownersOf(found.object);
    if (owners.length === 0) return;
    const states = owners.map((owner) => this.#stateOf(owner));
    const gone = owners.filter((_, index) => states[index] !== "solid");
    if (gone.length < owners.length) {
      if (gone.length > 0) this.#dropOwners(found, new Set(gone.map(({ uid }) => uid)));
      return;
    }
    const waits = states.includes("waiting") && this.#index.dependentsOf(found.object.metadata.uid ?? "").length > 0;
    this.#delete(found, waits ? "Foreground" : undefined);
  }

  #stateOf(owner: OwnerReference): "solid" | "waiting" | "absent" {
    const object = this.#find(owner.uid)?.object;
    if (!object) return "absent";
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    const waiting =
      deletionTimestamp !== undefined && finalizers.includes(FOREGROUND) && owner.blockOwnerDeletion === true;
    return waiting ? "waiting" : "solid";
  }

  /** Dependents go first; those that do not block may outlive the owner. */
  #deleteInForeground(owner: Found): void {
    const uid = owner.object.metadata.uid ?? "";
    const dependents = this.#index.dependentsOf(uid).flatMap((dependent) => this.#find(dependent) ?? []);
    const blocking = dependents.filter(({ object }) =>
      ownersOf(object).some((ref) => ref.uid === uid && ref.blockOwnerDeletion),
    );
    for (const dependent of blocking) {
      if (dependent.object.metadata.deletionTimestamp === undefined) this.#checkOwners(dependent);
    }
    if (blocking.every(({ object }) => this.#find(object.metadata.uid ?? "") === undefined))
      this.#dropFinalizer(owner, FOREGROUND);
  }

  #orphan(owner: Found): void {
    const uid = owner.object.metadata.uid ?? "";
    for (const dependent of this.#index.dependentsOf(uid)) {
      const found = this.#find(dependent);
      if (found) this.#dropOwners(found, new Set([uid]));
    }
    this.#dropFinalizer(owner, ORPHAN);
  }

  #delete({ resource, location, object }: Found, propagation: Propagation | undefined): void {
    const preconditions = { uid: object.metadata.uid ?? "" };
    const asked = propagation ?? this.#propagationOf(object);
    deleteObject(this.#cx, resource, location.key, { dryRun: false, preconditions, propagation: asked });
  }

  #propagationOf({ metadata: { finalizers = [] } }: KubeObject): Propagation {
    if (finalizers.includes(ORPHAN)) return "Orphan";
    return finalizers.includes(FOREGROUND) ? "Foreground" : "Background";
  }

  #dropOwners(found: Found, uids: ReadonlySet<string>): void {
    this.#update(found, (object) => {
      const left = ownersOf(object).filter(({ uid }) => !uids.has(uid));
      if (left.length > 0) object.metadata.ownerReferences = left;
      else delete object.metadata.ownerReferences;
    });
  }

  #dropFinalizer(found: Found, finalizer: string): void {
    this.#update(found, (object) => {
      object.metadata.finalizers = (object.metadata.finalizers ?? []).filter((name) => name !== finalizer);
    });
  }

  #update({ resource, location }: Found, edit: (object: KubeObject) => void): void {
    updateObject(this.#cx, resource, location.key, {
      dryRun: false,
      manager: CONTROLLER_MANAGER,
      fieldValidation: "Ignore",
      transform(live) {
        edit(live);
        return live;
      },
    });
  }

  #find(uid: string): Found | undefined {
    const location = this.#index.locate(uid);
    if (!location) return undefined;
    const object = this.#cx.store.collection(location.collection).get(location.key)?.object;
    const resource = this.#cx.catalog.ofCollection(location.collection);
    return object && resource ? { location, object, resource } : undefined;
  }
}

/** An object that exists, and what it takes to change it. */
interface Found {
  location: Location;
  object: KubeObject;
  resource: Resource;
}
