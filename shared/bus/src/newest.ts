/**
 * The newest value per key, for at most `capacity` keys: a new key beyond that pushes out the one that was set longest
 * ago. Iteration and `take` go from the oldest to the newest.
 */
export class NewestPerKey<V> {
  readonly #values = new Map<string, V>();
  readonly #capacity: number;

  /** @param capacity at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#values.size;
  }

  get(key: string): V | undefined {
    return this.#values.get(key);
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** Sets the newest value. @returns false if another key was pushed out for it. */
  set(key: string, value: V): boolean {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#capacity) return true;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      break;
    }
    return false;
  }

  /** Removes and returns up to `count` entries, the oldest first. */
  take(count: number): [key: string, value: V][] {
    const taken: [string, V][] = [];
    for (const entry of this.#values) {
      if (taken.length === count) break;
      taken.push(entry);
    }
    for (const [key] of taken) this.#values.delete(key);
    return taken;
  }

  [Symbol.iterator](): IterableIterator<[key: string, value: V]> {
    return this.#values.entries();
  }
}
