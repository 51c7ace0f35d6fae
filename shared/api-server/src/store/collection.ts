import { type KubeObject } from "@sluice/api";
import { EventLog } from "./event-log.ts";
import { SortedKeys } from "./sorted-keys.ts";
import { Stored, type StoreEvent } from "./stored.ts";

/** Hands out resource versions and hears of every change. */
export interface Sequence {
  next(): number;
  current(): number;
  committed(collection: Collection, event: StoreEvent): void;
}

/**
 * The objects of one resource, with the last `window` changes. A key is `namespace/name`, or `name` for
 * cluster-scoped resources. Writes are synchronous: nobody sees half of one.
 */
export class Collection {
  /** `group/plural`. */
  readonly id: string;
  readonly log: EventLog;
  readonly #sequence: Sequence;
  readonly #objects = new Map<string, Stored>();
  readonly #keys = new SortedKeys();

  /** @param log how many changes are remembered, and the revision before the first. */
  constructor(id: string, sequence: Sequence, log: { window: number; start: number }) {
    this.id = id;
    this.#sequence = sequence;
    this.log = new EventLog(log.window, log.start);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** The revision of the whole store: newer than or equal to this collection's last change. */
  get revision(): number {
    return this.#sequence.current();
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  /** The objects whose key starts with `prefix` (`namespace/`), in key order. */
  list(prefix = ""): Stored[] {
    return this.#keys.withPrefix(prefix).map((key) => this.#objects.get(key) as Stored);
  }

  /**
   * The objects as they were at `revision`, in key order; undefined if the log no longer reaches back so far.
   */
  listAt(revision: number, prefix = ""): Stored[] | undefined {
    const newer = this.log.after(revision);
    if (newer === undefined) return undefined;
    if (newer.length === 0) return this.list(prefix);
    const then = new Map(this.list(prefix).map((stored) => [stored.key, stored]));
    for (const event of newer.reverse()) {
      const { key } = event.stored;
      if (!key.startsWith(prefix)) continue;
      if (event.previous) then.set(key, event.previous);
      else then.delete(key);
    }
    return [...then.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** Stores `object` under `key` with the next resource version, which is written into it. `object` belongs to the store from here on. */
  put(key: string, object: KubeObject): Stored {
    const revision = this.#sequence.next();
    object.metadata.resourceVersion = String(revision);
    const stored = new Stored(key, object, revision);
    const previous = this.#objects.get(key);
    this.#objects.set(key, stored);
    if (!previous) this.#keys.add(key);
    this.#commit({ type: previous ? "MODIFIED" : "ADDED", revision, stored, previous });
    return stored;
  }

  /** Removes the object; its last version in the log carries the deletion's resource version. */
  delete(key: string, last: KubeObject): Stored | undefined {
    const previous = this.#objects.get(key);
    if (!previous) return undefined;
    const revision = this.#sequence.next();
    const object = { ...last, metadata: { ...last.metadata, resourceVersion: String(revision) } };
    const stored = new Stored(key, object, revision);
    this.#objects.delete(key);
    this.#keys.delete(key);
    this.#commit({ type: "DELETED", revision, stored, previous });
    return stored;
  }

  /** Puts back an object that a snapshot remembers, as it was. */
  restore(key: string, object: KubeObject): void {
    if (!this.#objects.has(key)) this.#keys.add(key);
    this.#objects.set(key, new Stored(key, object, Number(object.metadata.resourceVersion)));
  }

  /** Takes out an object that a snapshot remembers as deleted. */
  discard(key: string): void {
    this.#objects.delete(key);
    this.#keys.delete(key);
  }

  #commit(event: StoreEvent): void {
    this.log.append(event);
    this.#sequence.committed(this, event);
  }
}
