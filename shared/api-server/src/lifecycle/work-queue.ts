import { type Clock, type Logger } from "@sluice/base";

/** Longest that one turn holds the event loop. */
const SLICE_MS = 5;

/**
 * Keys to be looked at soon, each once however often it is added, in turns between requests. A key whose handler
 * throws is logged and dropped: the next change of what it stands for adds it again.
 */
export class WorkQueue implements Disposable {
  readonly #keys = new Set<string>();
  readonly #handle: (key: string) => void;
  readonly #clock: Clock;
  readonly #log: Logger;
  #scheduled = false;
  #disposed = false;

  constructor(options: { handle: (key: string) => void; clock: Clock; log: Logger }) {
    this.#handle = options.handle;
    this.#clock = options.clock;
    this.#log = options.log;
  }

  add(key: string): void {
    if (this.#disposed) return;
    this.#keys.add(key);
    this.#schedule();
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#keys.clear();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    const since = this.#clock.monotonicMs();
    for (const key of this.#keys) {
      this.#keys.delete(key);
      this.#run(key);
      if (this.#clock.monotonicMs() - since > SLICE_MS) break;
    }
    if (this.#keys.size > 0) this.#schedule();
  }

  #run(key: string): void {
    try {
      this.#handle(key);
    } catch (thrown) {
      this.#log.error("background work failed", thrown, { key });
    }
  }
}
