/**
 * Parsed files by content, shared by builds and bounded by size: what was used least recently goes first. Values are
 * shared, so nobody changes them.
 */
export class BuildCache {
  readonly #limitBytes: number;
  readonly #entries = new Map<string, { value: unknown; bytes: number }>();
  #bytes = 0;

  /** @param limitBytes most bytes of source text whose parsed form is kept; parsed forms take about ten times as much. */
  constructor(limitBytes = 16 * 1024 * 1024) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of source text whose parsed form is kept now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The value kept under `key`, else the one that `make` makes. `key` names the content and what was made of it. */
  get<T>(key: string, bytes: number, make: () => T): T {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found.value as T;
    }
    const value = make();
    this.#add(key, { value, bytes });
    return value;
  }

  #add(key: string, entry: { value: unknown; bytes: number }): void {
    if (entry.bytes > this.#limitBytes) return;
    this.#entries.set(key, entry);
    this.#bytes += entry.bytes;
    for (const [oldest, { bytes }] of this.#entries) {
      if (this.#bytes <= this.#limitBytes) return;
      this.#entries.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}
