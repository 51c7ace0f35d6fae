/** What a cache saved, and what it did not; counted since it was made. */
export interface CacheCounts {
  /** Files that were parsed. */
  filesParsed: number;
  /** Bases that were built. */
  basesBuilt: number;
  /** Bases that were taken from the cache instead of being built. */
  basesReused: number;
}

/**
 * Parsed files by content, and built bases by what they read: shared by builds and bounded by size, what was used least
 * recently goes first. Values are shared, so nobody changes them.
 */
export class BuildCache {
  readonly #limitBytes: number;
  readonly #entries = new Map<string, { value: unknown; bytes: number }>();
  readonly #counts: CacheCounts = { filesParsed: 0, basesBuilt: 0, basesReused: 0 };
  readonly #ids = new WeakMap<object, number>();
  #lastId = 0;
  #bytes = 0;

  /**
   * @param limitBytes most bytes of text whose parsed form is kept, 16 MiB by default: the source of files, and the objects
   *   of bases written as JSON. Parsed forms take about ten times as much memory.
   */
  constructor(limitBytes = 16 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of text whose parsed form is kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  get counts(): Readonly<CacheCounts> {
    return this.#counts;
  }

  /** A number for `thing`, the same whenever it is asked for: to name in a key what has no name. */
  idOf(thing: object): number {
    const known = this.#ids.get(thing);
    if (known !== undefined) return known;
    this.#lastId += 1;
    this.#ids.set(thing, this.#lastId);
    return this.#lastId;
  }

  count(what: keyof CacheCounts): void {
    this.#counts[what] += 1;
  }

  /** The value kept under `key`, else the one that `make` makes. `key` names the content and what was made of it. */
  get<T>(key: string, bytes: number, make: () => T): T {
    const found = this.find<T>(key);
    if (found !== undefined) return found;
    const value = make();
    this.put(key, value, bytes);
    return value;
  }

  /** The value kept under `key`, which now counts as used. `T` is what `put` was given for this key. */
  find<T>(key: string): T | undefined {
    const found = this.#entries.get(key);
    if (found === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, found);
    return found.value as T;
  }

  /** Keeps a value under `key` in place of what was there; not if it alone is over the limit. */
  put(key: string, value: unknown, bytes: number): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
    if (bytes > this.#limitBytes) return;
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const [oldest, entry] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#entries.delete(oldest);
      this.#bytes -= entry.bytes;
    }
  }
}
