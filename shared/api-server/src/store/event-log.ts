import { type StoreEvent } from "./stored.ts";

/** The last changes of one collection, oldest first; older ones are forgotten. */
export class EventLog {
  readonly #window: number;
  readonly #listeners = new Set<() => void>();
  #events: StoreEvent[] = [];
  #start: number;

  /**
   * @param window how many changes are remembered at least.
   * @param start revision before the first change.
   */
  constructor(window: number, start: number) {
    this.#window = window;
    this.#start = start;
  }

  /** The oldest revision from which a reader can go on without missing a change. */
  get start(): number {
    return this.#start;
  }

  append(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length >= this.#window * 2) this.#forget(this.#events.length - this.#window);
    for (const listener of this.#listeners) listener();
  }

  /** Forgets everything: readers must start at `revision` or later. */
  reset(revision: number): void {
    this.#events = [];
    this.#start = revision;
  }

  /** A copy of the changes after `revision`; undefined if some of them are forgotten. */
  after(revision: number): StoreEvent[] | undefined {
    if (revision < this.#start) return undefined;
    return this.#events.slice(this.#indexAfter(revision));
  }

  /** Calls `listener` after each change until the handle is disposed. */
  subscribe(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => this.#listeners.delete(listener) };
  }

  #indexAfter(revision: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#events[middle] as StoreEvent).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #forget(count: number): void {
    this.#start = (this.#events[count - 1] as StoreEvent).revision;
    this.#events = this.#events.slice(count);
  }
}
