/** Lets at most so many pieces of work run at a time; the others wait for their turn, first come, first served. */
export class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param places at least 1 */
  constructor(places: number) {
    this.#free = places;
  }

  /**
   * Runs `work` when there is a place for it.
   * @throws the signal's reason if it aborts before that, or what `work` throws
   */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.#enter(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }

  #enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
  }
}
