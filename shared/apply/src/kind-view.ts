import {
  groupOf,
  type KindRef,
  type KubeObject,
  type ObjectMeta,
  type ObjectRef,
  ownerNameLabel,
  ownerNamespaceLabel,
} from "@sluice/api";
import { type Clock, type Logger } from "@sluice/base";
import { type Change, isKubeError, type KubeClient, reflect, type Reflector } from "@sluice/kube";
import { deferred } from "./deferred.ts";
import { inventoryId } from "./inventory.ts";
import { isOlder, type Live, liveOf, type Managers } from "./live.ts";
import { type Sight } from "./plan.ts";

/** Selects the objects of every Kustomization. */
export const OWNED = `${ownerNameLabel},${ownerNamespaceLabel}`;

/** How long an apply waits for a watch that cannot be opened before it goes on without it. */
const PATIENCE_MS = 5_000;

/** How long an own write counts without the watch having shown it: afterwards the watch is believed. */
const WRITTEN_COUNTS_MS = 30_000;

/** What a watch keeps of one object. */
export type Seen = KubeObject & { live: Live };

export interface KindViewOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  managers: Managers;
  kind: KindRef;
  /** Called for each object as the server sent it, before it is summed up: the only moment at which its managedFields are at hand. */
  onMetadata(id: string, metadata: ObjectMeta, live: Live): void;
  /** Called when what is known of an object changed by a watch event. */
  onSeen(id: string, ref: ObjectRef): void;
}

/** The metadata of one kind's objects that carry owner labels, in all namespaces, current within a watch event; own writes count at once. */
export class KindView implements Disposable {
  readonly kind: KindRef;
  readonly #options: KindViewOptions;
  readonly #stop = new AbortController();
  readonly #reflector: Reflector<Seen>;
  /** Own writes that the watch has not shown yet. */
  readonly #written = new Map<string, { live: Live; atMs: number }>();
  /** Settled by the first list, or by a failure that makes waiting for it useless. */
  readonly #firstOutcome = deferred<void>();
  #failed = false;

  constructor(options: KindViewOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.#reflector = this.#reflect();
  }

  #reflect(): Reflector<Seen> {
    const { client, clock, log } = this.#options;
    return reflect<Seen>(client, this.kind, {
      clock,
      log,
      signal: this.#stop.signal,
      labelSelector: OWNED,
      metadataOnly: true,
      transform: (object) => this.#sumUp(object),
      onChange: (change) => this.#onChange(change),
      onSynced: () => {
        this.#failed = false;
        this.#firstOutcome.resolve();
      },
      onFailure: ({ error }) => {
        if (!this.#reflector.isSynced()) this.#failed = isHopeless(error);
        if (this.#failed) this.#firstOutcome.resolve();
      },
    });
  }

  /** Resolves when the view can be used, or when there is no hope of it soon: then `sight` says unknown. */
  async ready(): Promise<void> {
    if (this.#reflector.isSynced() || this.#failed) return;
    const patience = deferred<void>();
    using _timer = this.#options.clock.after(PATIENCE_MS, () => patience.resolve());
    await Promise.race([this.#firstOutcome.promise, patience.promise]);
  }

  isSynced(): boolean {
    return this.#reflector.isSynced();
  }

  /** Whether the last try to list was refused in a way that waiting does not cure. */
  isHopeless(): boolean {
    return this.#failed;
  }

  /** What is known of an object. */
  sight(ref: ObjectRef): Sight {
    if (!this.#reflector.isSynced()) return "unknown";
    return this.#writtenLately(inventoryId(ref)) ?? this.#reflector.get(ref)?.live ?? "absent";
  }

  /** Tells the view what an own write returned, so that it knows before the watch does. */
  wrote(id: string, ref: ObjectRef, live: Live): void {
    const seen = this.#reflector.get(ref)?.live;
    if (live.claim === undefined) return; // the watch will never show it
    const watched = seen !== undefined && seen.uid === live.uid && !isOlder(seen.resourceVersion, live.resourceVersion);
    if (watched) this.#written.delete(id);
    else this.#written.set(id, { live, atMs: this.#options.clock.monotonicMs() });
  }

  #writtenLately(id: string): Live | undefined {
    const written = this.#written.get(id);
    if (written === undefined) return undefined;
    if (this.#options.clock.monotonicMs() - written.atMs <= WRITTEN_COUNTS_MS) return written.live;
    this.#written.delete(id);
    return undefined;
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#reflector[Symbol.dispose]();
  }

  #sumUp({ apiVersion, kind, metadata }: KubeObject): Seen {
    const { namespace, name, uid = "", resourceVersion = "" } = metadata;
    const live = liveOf(metadata, this.#options.managers);
    const kept = { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
    this.#options.onMetadata(inventoryId({ apiVersion, kind, ...kept }), metadata, live);
    return { apiVersion: this.kind.apiVersion, kind: this.kind.kind, metadata: kept, live };
  }

  #onChange(change: Change<Seen>): void {
    const { namespace, name } = change.object.metadata;
    const ref = namespace === undefined ? { ...this.kind, name } : { ...this.kind, namespace, name };
    const id = inventoryId(ref);
    if (this.#isStale(id, change)) return;
    this.#written.delete(id);
    this.#options.onSeen(id, ref);
  }

  /** Whether an event tells of a time before our own last write. A deletion that was found by a new list carries an old state, but is true. */
  #isStale(id: string, { type, object, old }: Change<Seen>): boolean {
    const written = this.#writtenLately(id);
    if (written === undefined) return false;
    if (type === "deleted" && object.live.uid !== written.uid) return true;
    if (type === "deleted" && object === old) return false;
    return isOlder(object.live.resourceVersion, written.resourceVersion);
  }
}

/** Kinds whose list is refused stay unwatched; other failures pass. */
function isHopeless(error: unknown): boolean {
  return isKubeError(error, "FORBIDDEN", "KIND_NOT_SERVED", "NOT_FOUND", "BAD_REQUEST");
}

/** One name for a kind in all its versions. */
export function groupKind({ apiVersion, kind }: KindRef): string {
  return `${groupOf(apiVersion)}/${kind}`;
}
