import { type KindRef, type ObjectRef } from "@sluice/api";
import { inventoryId } from "./inventory.ts";
import { groupKind, KindView, type KindViewOptions } from "./kind-view.ts";
import { type Live } from "./live.ts";
import { deferred, unlessAborted } from "./deferred.ts";
import { type Sight } from "./plan.ts";

export type ViewsOptions = Omit<KindViewOptions, "kind">;

/** The metadata watches of a process: one for each kind that somebody applies, shared by all owners, closed when nobody is left. */
export class Views implements Disposable {
  readonly #options: ViewsOptions;
  readonly #views = new Map<string, KindView>();
  /** Who wants to hear of which object. */
  readonly #listeners = new Map<string, Set<() => void>>();
  /** Which kinds each owner needs. */
  readonly #needs = new Map<string, ReadonlySet<string>>();

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  /** Opens what is missing of `kinds` for `owner`, in addition to what it has, and waits until all of it can be used. */
  async open(owner: string, kinds: readonly KindRef[], signal: AbortSignal): Promise<void> {
    const wanted = new Map(kinds.map((kind) => [groupKind(kind), kind]));
    this.#needs.set(owner, new Set([...(this.#needs.get(owner) ?? []), ...wanted.keys()]));
    const views = [...wanted].map(([key, kind]) => this.#view(key, kind));
    await unlessAborted(Promise.all(views.map((view) => view.ready())), signal);
  }

  /** `owner` needs these kinds and no others from now on. */
  retain(owner: string, kinds: Iterable<KindRef>): void {
    const keys = new Set(Array.from(kinds, groupKind));
    const before = this.#needs.get(owner) ?? new Set<string>();
    if (keys.size === 0) this.#needs.delete(owner);
    else this.#needs.set(owner, keys);
    if ([...before].some((key) => !keys.has(key))) this.#closeUnneeded();
  }

  /** What is known of an object; `unknown` if its kind is not watched. */
  sight(ref: ObjectRef): Sight {
    return this.#views.get(groupKind(ref))?.sight(ref) ?? "unknown";
  }

  /** Calls `listener` whenever what is known of an object may have changed. */
  onSeen(ref: ObjectRef, listener: () => void): Disposable {
    const id = inventoryId(ref);
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
      },
    };
  }

  /** Resolves when a watched object is no longer there, or another one is in its place. */
  async whenGone(ref: ObjectRef, uid: string, signal: AbortSignal): Promise<void> {
    const gone = deferred<void>();
    const check = () => {
      const sight = this.sight(ref);
      if (sight === "absent" || (sight !== "unknown" && sight.uid !== uid)) gone.resolve();
    };
    using _listening = this.onSeen(ref, check);
    check();
    await unlessAborted(gone.promise, signal);
  }

  /** Tells what an own write returned. */
  wrote(id: string, ref: ObjectRef, live: Live): void {
    this.#views.get(groupKind(ref))?.wrote(id, ref, live);
    this.#tell(id);
  }

  [Symbol.dispose](): void {
    for (const view of this.#views.values()) view[Symbol.dispose]();
    this.#views.clear();
    this.#needs.clear();
  }

  /** A view that never came up is opened anew: its version may not be served any more, or its kind may be by now. */
  #view(key: string, kind: KindRef): KindView {
    const open = this.#views.get(key);
    if (open !== undefined && (open.isSynced() || !open.isHopeless())) return open;
    open?.[Symbol.dispose]();
    const onSeen = (id: string, ref: ObjectRef) => {
      this.#options.onSeen(id, ref);
      this.#tell(id);
    };
    const view = new KindView({ ...this.#options, kind, onSeen });
    this.#views.set(key, view);
    return view;
  }

  #tell(id: string): void {
    for (const listener of this.#listeners.get(id) ?? []) listener();
  }

  #closeUnneeded(): void {
    const needed = new Set([...this.#needs.values()].flatMap((keys) => [...keys]));
    for (const [key, view] of this.#views) {
      if (needed.has(key)) continue;
      view[Symbol.dispose]();
      this.#views.delete(key);
    }
  }
}
