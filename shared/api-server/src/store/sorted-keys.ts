/** Keys in code-unit order, the order in which etcd lists them. */
export class SortedKeys {
  readonly #keys: string[] = [];

  get size(): number {
    return this.#keys.length;
  }

  /** Index of the first key that is not before `key`. */
  indexOf(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  add(key: string): void {
    const index = this.indexOf(key);
    if (this.#keys[index] !== key) this.#keys.splice(index, 0, key);
  }

  delete(key: string): void {
    const index = this.indexOf(key);
    if (this.#keys[index] === key) this.#keys.splice(index, 1);
  }

  /** The keys that start with `prefix`; all of them for "". */
  withPrefix(prefix: string): string[] {
    const from = this.indexOf(prefix);
    let to = from;
    if (prefix === "") to = this.#keys.length;
    else while (to < this.#keys.length && (this.#keys[to] as string).startsWith(prefix)) to++;
    return this.#keys.slice(from, to);
  }
}
