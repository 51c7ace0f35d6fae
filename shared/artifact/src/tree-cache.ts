import { type ArtifactTree } from "./tree.ts";

/**
 * Trees by digest. The most recently used are held up to a number of bytes; a tree that was let go is still found as long as
 * somebody else holds it, so that there is never a second copy of it.
 */
export class TreeCache {
  readonly #limitBytes: number;
  readonly #held = new Map<string, ArtifactTree>();
  readonly #released = new Map<string, WeakRef<ArtifactTree>>();
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of the trees that the cache itself keeps alive. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The tree with this digest, which thereby becomes the most recently used. */
  get(digest: string): ArtifactTree | undefined {
    const held = this.#held.get(digest);
    if (held !== undefined) {
      this.#held.delete(digest);
      this.#held.set(digest, held);
      return held;
    }
    const released = this.#released.get(digest)?.deref();
    if (released !== undefined) this.add(digest, released);
    return released;
  }

  /** Adds a tree, letting go of the least recently used beyond the limit. The newest tree stays, whatever its size. */
  add(digest: string, tree: ArtifactTree): void {
    if (this.#held.has(digest)) return;
    this.#sweep();
    this.#released.delete(digest);
    this.#held.set(digest, tree);
    this.#bytes += tree.bytes;
    for (const [oldest, candidate] of this.#held) {
      if (this.#bytes <= this.#limitBytes || this.#held.size === 1) break;
      this.#held.delete(oldest);
      this.#bytes -= candidate.bytes;
      this.#released.set(oldest, new WeakRef(candidate));
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.#held.clear();
    this.#released.clear();
    this.#bytes = 0;
  }

  #sweep(): void {
    for (const [digest, reference] of this.#released)
      if (reference.deref() === undefined) this.#released.delete(digest);
  }
}
