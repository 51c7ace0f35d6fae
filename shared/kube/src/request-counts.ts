import { type RequestCounts, type RequestRecord } from "./types.ts";

/** Counts requests and tells listeners of them. */
export class RequestLedger implements RequestCounts {
  readonly #counts = new Map<string, number>();
  readonly #listeners = new Set<(record: RequestRecord) => void>();

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }

  onRequest(listener: (record: RequestRecord) => void): Disposable {
    const entry = (record: RequestRecord) => listener(record);
    this.#listeners.add(entry);
    return { [Symbol.dispose]: () => void this.#listeners.delete(entry) };
  }

  /** Adds one request. */
  add(record: RequestRecord): void {
    const key = `${record.verb}:${record.resource}${record.dryRun ? "?dryRun" : ""}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    for (const listener of this.#listeners) listener(record);
  }
}
