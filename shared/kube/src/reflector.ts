import { type KindRef, type KubeObject } from "@sluice/api";
import { onAbort, timeoutSignal } from "@sluice/base";
import { isKubeError } from "./errors.ts";
import { backoffMs } from "./retry.ts";
import { Store } from "./store.ts";
import {
  type Change,
  type KubeClient,
  type ListOptions,
  type ReflectOptions,
  type Reflector,
  type WatchEvent,
} from "./types.ts";

/**
 * Keeps a local copy of one kind: a list, then a watch, and both again for as long as the signal lives.
 *
 * A lost connection, silence or a refusal (401, 403, 429, 5xx) makes it watch again from the last version it saw; an expired
 * version, anything it cannot read, or several failures in a row make it list again and report what it missed. Waits between
 * tries grow from 0.8 s to 30 s with jitter, and are as long as the server asks.
 */
export function reflect<T extends KubeObject = KubeObject>(
  client: KubeClient,
  kind: KindRef,
  options: ReflectOptions<T>,
): Reflector<T> {
  return new ListWatcher(client, kind, options);
}

const FIRST_WAIT_MS = 800;
const LONGEST_WAIT_MS = 30_000;
/** A watch that ends in order sooner than this counts as a failure, so that a server in trouble is not asked in a tight loop. */
const SHORT_WATCH_MS = 1000;
/** After so many watches in a row that brought nothing, the version may be one that the server will never know. */
const FUTILE_WATCHES = 5;

class ListWatcher<T extends KubeObject> implements Reflector<T> {
  readonly synced: Promise<void>;
  readonly #client: KubeClient;
  readonly #kind: KindRef;
  readonly #options: ReflectOptions<T>;
  readonly #selection: ListOptions;
  readonly #store = new Store<T>();
  readonly #ending = new AbortController();
  readonly #following: Disposable;
  #isSynced = false;
  #endPause = () => {};
  #settleSynced = { resolve: () => {}, reject: (_: unknown) => {} };
  /** Where the next watch starts; undefined if a list must come first. */
  #resourceVersion: string | undefined;
  #failures = 0;
  /** Events of the present watch. */
  #watchBrought = 0;

  constructor(client: KubeClient, kind: KindRef, options: ReflectOptions<T>) {
    this.#client = client;
    this.#kind = kind;
    this.#options = options;
    this.#selection = selectionOf(options);
    this.synced = new Promise<void>((resolve, reject) => {
      this.#settleSynced = { resolve, reject };
    });
    this.synced.catch(() => undefined);
    this.#following = onAbort(options.signal, () => this.#ending.abort(options.signal.reason));
    void this.#run();
  }

  isSynced(): boolean {
    return this.#isSynced;
  }

  get(key: { namespace?: string; name: string }): T | undefined {
    return this.#store.get(key);
  }

  list(): readonly T[] {
    return this.#store.list();
  }

  retryNow(): void {
    this.#endPause();
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#ending.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        await this.#listAndWatch(signal);
      } catch (error) {
        if (signal.aborted) break;
        this.#settleFailure(error);
        await this.#pause(error, signal);
      }
    }
    this.#following[Symbol.dispose]();
    this.#settleSynced.reject(signal.reason);
  }

  /** Returns when a watch ended in order; the next one goes on from there. */
  async #listAndWatch(signal: AbortSignal): Promise<void> {
    const { clock, livenessMs } = this.#options;
    this.#watchBrought = 0;
    const resourceVersion = this.#resourceVersion ?? (await this.#list(signal));
    const startedMs = clock.monotonicMs();
    const liveness = livenessMs === undefined ? {} : { livenessMs };
    const watch = this.#client.watch(this.#kind, { ...this.#selection, ...liveness, resourceVersion, signal });
    for await (const event of watch) {
      signal.throwIfAborted();
      this.#take(event);
      this.#failures = 0;
      this.#watchBrought += 1;
    }
    signal.throwIfAborted();
    if (this.#watchBrought === 0 && clock.monotonicMs() - startedMs < SHORT_WATCH_MS)
      throw new Error("the watch ended at once");
    this.#failures = 0;
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { items, resourceVersion } = await this.#client.list(this.#kind, { ...this.#selection, signal });
    for (const change of this.#store.replace(items.map((item) => this.#keep(item)))) this.#tell(change);
    this.#resourceVersion = resourceVersion;
    if (!this.#isSynced) {
      this.#isSynced = true;
      this.#guard(() => this.#options.onSynced?.());
      this.#settleSynced.resolve();
    }
    return resourceVersion;
  }

  #take(event: WatchEvent): void {
    if (event.type !== "BOOKMARK") {
      for (const change of this.#store.update(event.type, this.#keep(event.object))) this.#tell(change);
    }
    const { resourceVersion } = event.object.metadata;
    if (resourceVersion !== undefined) this.#resourceVersion = resourceVersion;
  }

  #keep(object: KubeObject): T {
    const { transform, keepManagedFields = false } = this.#options;
    const kept = transform ? transform(object) : (object as T);
    if (!keepManagedFields) delete kept.metadata.managedFields;
    return kept;
  }

  #tell(change: Change<T>): void {
    this.#guard(() => this.#options.onChange(change));
  }

  /** A listener's mistake must not stop the copy. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#options.log.error("a listener failed", error, { kind: this.#kind.kind });
    }
  }

  #settleFailure(error: unknown): void {
    this.#failures += 1;
    if (!mayResume(error, this.#watchBrought) || this.#failures % FUTILE_WATCHES === 0)
      this.#resourceVersion = undefined;
  }

  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    const { clock, log, random = Math.random } = this.#options;
    const failures = this.#failures;
    const retryInMs = Math.max(
      backoffMs({ failures: failures - 1, baseMs: FIRST_WAIT_MS, maxMs: LONGEST_WAIT_MS, random: random() }),
      askedWaitMs(error),
    );
    log.debug("list or watch failed", { kind: this.#kind.kind, error: String(error), failures, retryInMs });
    this.#guard(() => this.#options.onFailure?.({ error, failures, retryInMs }));
    using pause = timeoutSignal(clock, retryInMs, signal);
    await new Promise<void>((resolve) => {
      this.#endPause = resolve;
      onAbort(pause.signal, resolve);
    });
  }
}

/**
 * True if everything up to the failure was read right, and the server did not disown the version. A watch that was silent from its
 * start proves nothing: a server that was restored from a backup waits like that for a version that lies in its future.
 */
function mayResume(error: unknown, watchBrought: number): boolean {
  if (!isKubeError(error)) return true;
  if (isKubeError(error, "BROKEN"))
    return error.data.how === "cut" || (error.data.how === "silent" && watchBrought > 0);
  return isKubeError(error, "UNAVAILABLE", "INTERNAL", "TIMEOUT", "TOO_MANY_REQUESTS", "UNAUTHORIZED", "FORBIDDEN");
}

function askedWaitMs(error: unknown): number {
  return isKubeError(error, "TOO_MANY_REQUESTS", "UNAVAILABLE") ? (error.data.retryAfterMs ?? 0) : 0;
}

function selectionOf<T extends KubeObject>(options: ReflectOptions<T>): ListOptions {
  const { namespace, labelSelector, fieldSelector, metadataOnly, pageSize } = options;
  return {
    ...(namespace !== undefined && { namespace }),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
    ...(metadataOnly !== undefined && { metadataOnly }),
    ...(pageSize !== undefined && { pageSize }),
  };
}
