import { Collection, type Sequence } from "./collection.ts";
import { type StoreEvent } from "./stored.ts";

/** Hears of every change, in order, right after it happened. */
export type StoreListener = (collection: Collection, event: StoreEvent) => void;

/** All objects: one collection a resource, and one sequence of resource versions for all of them. */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #listeners: StoreListener[] = [];
  readonly #window: number;
  readonly #sequence: Sequence;
  #revision = 1;
  /** No change before this revision is remembered by any collection. */
  #floor = 1;

  /** @param window how many changes each collection remembers for watches and old lists. */
  constructor(options: { window: number }) {
    this.#window = options.window;
    this.#sequence = {
      next: () => ++this.#revision,
      current: () => this.#revision,
      committed: (collection, event) => {
        for (const listener of this.#listeners) listener(collection, event);
      },
    };
  }

  /** The newest resource version. */
  get revision(): number {
    return this.#revision;
  }

  /** The collection `group/plural`, made when first asked for. */
  collection(id: string): Collection {
    let found = this.#collections.get(id);
    if (!found) {
      found = new Collection(id, this.#sequence, { window: this.#window, start: this.#floor });
      this.#collections.set(id, found);
    }
    return found;
  }

  /** Every collection that was ever used. */
  collections(): Iterable<Collection> {
    return this.#collections.values();
  }

  /** Hears every later change. */
  onChange(listener: StoreListener): void {
    this.#listeners.push(listener);
  }

  /** After a restore: resource versions go on after `revision`, and no watch can start before it. */
  resumeAt(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    this.#floor = this.#revision;
    for (const collection of this.#collections.values()) collection.log.reset(this.#floor);
  }
}

/** The store's key of an object. */
export function keyOf(namespace: string | undefined, name: string): string {
  return namespace ? `${namespace}/${name}` : name;
}
