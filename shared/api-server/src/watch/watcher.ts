import { type ServerResponse } from "node:http";
import { type KubeObject } from "@sluice/api";
import { type Clock, onAbort } from "@sluice/base";
import { type Collection } from "../store/collection.ts";
import { type Stored, type StoreEvent } from "../store/stored.ts";

/** What a watch shows, and how. */
export interface WatchOptions {
  collection: Collection;
  /** Keys of other namespaces are passed over; "" for all. */
  prefix: string;
  matches: (object: KubeObject) => boolean;
  /** Changes after this revision are shown. */
  from: number;
  /** Objects to show first, as if they had just been added. */
  initial: readonly Stored[];
  /** After the initial objects, a bookmark says so. */
  markInitialEnd: boolean;
  bookmarks: boolean;
  /** The line for one event. */
  frame: (type: WatchEventType, stored: Stored) => string;
  /** The line for a bookmark at `revision`. */
  bookmark: (revision: number, initialEnd: boolean) => string;
  /** The line that says that the client was too slow or started too early. */
  expired: (revision: number) => string;
  /** Milliseconds after which the watch ends. */
  timeoutMs: number;
  clock: Clock;
  /** Aborts when the server closes. */
  closing: AbortSignal;
}

export type WatchEventType = "ADDED" | "MODIFIED" | "DELETED";

/** How often an idle watch is told how far it is. @source kube-apiserver `defaultBookmarkFrequency` */
const BOOKMARK_MS = 60_000;
/** Bytes a client may leave unread in this process before nothing more is written to it. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

/**
 * Streams a collection's changes to one client until either side ends it.
 *
 * The collection's log is the only buffer: a client that reads slowly simply falls behind in it, and is cut off with
 * an `Expired` error once what it needs next is forgotten.
 */
export class Watcher {
  readonly #options: WatchOptions;
  readonly #response: ServerResponse;
  readonly #open: Disposable[] = [];
  #initial: readonly Stored[];
  #initialAt = 0;
  #position: number;
  #initialEndDue: boolean;
  #scheduled = false;
  #ended = false;

  constructor(response: ServerResponse, options: WatchOptions) {
    this.#response = response;
    this.#options = options;
    this.#initial = options.initial;
    this.#position = options.from;
    this.#initialEndDue = options.markInitialEnd;
  }

  /** Starts the stream and returns; the headers must have been written. */
  start(): void {
    const { collection, clock, closing, timeoutMs, bookmarks } = this.#options;
    const end = () => this.#end();
    this.#open.push(collection.log.subscribe(() => this.#schedule()));
    this.#open.push(clock.after(timeoutMs, end));
    this.#open.push(onAbort(closing, end));
    this.#response.on("close", end);
    this.#response.on("drain", () => this.#schedule());
    if (bookmarks) this.#tick();
    this.#pump();
  }

  /** Several changes in one turn of the event loop are written together. */
  #schedule(): void {
    if (this.#scheduled || this.#ended) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#ended || this.#full()) return;
    this.#response.cork();
    const isForgotten = this.#writeInitial() && !this.#writeChanges();
    this.#response.uncork();
    if (isForgotten) this.#end(); // not while corked: Node 24 would send the end of the body before what is corked
  }

  /** @returns true once all of the initial objects are written. */
  #writeInitial(): boolean {
    while (this.#initialAt < this.#initial.length) {
      if (this.#full()) return false;
      this.#response.write(this.#options.frame("ADDED", this.#initial[this.#initialAt++] as Stored));
    }
    this.#initial = [];
    this.#initialAt = 0;
    if (this.#initialEndDue) this.#response.write(this.#options.bookmark(this.#position, true));
    this.#initialEndDue = false;
    return true;
  }

  /** @returns false if changes that come next are not remembered any more: that was the last line. */
  #writeChanges(): boolean {
    const changes = this.#options.collection.log.after(this.#position);
    if (!changes) {
      this.#response.write(this.#options.expired(this.#position));
      return false;
    }
    for (const change of changes) {
      if (this.#full()) return true;
      this.#position = change.revision;
      const type = this.#typeOf(change);
      if (type) this.#response.write(this.#options.frame(type, this.#shown(change, type)));
    }
    return true;
  }

  /** What the change is to a client that sees only some of the objects; undefined: nothing. */
  #typeOf({ type, stored, previous }: StoreEvent): WatchEventType | undefined {
    const { prefix, matches } = this.#options;
    if (!stored.key.startsWith(prefix)) return undefined;
    const before = previous !== undefined && matches(previous.object);
    if (type === "DELETED") return before ? "DELETED" : undefined;
    const after = matches(stored.object);
    if (before && after) return "MODIFIED";
    return after ? "ADDED" : before ? "DELETED" : undefined;
  }

  /** An object that left the selection is shown as it last was in it, at the revision of the change. */
  #shown({ type, stored, previous }: StoreEvent, shown: WatchEventType): Stored {
    if (shown !== "DELETED" || type === "DELETED" || !previous) return stored;
    return previous.atRevision(stored.revision);
  }

  #tick(): void {
    const timer = this.#options.clock.after(BOOKMARK_MS, () => {
      this.#open.splice(this.#open.indexOf(timer), 1);
      if (this.#ended) return;
      this.#bookmarkIfIdle();
      this.#tick();
    });
    this.#open.push(timer);
  }

  #bookmarkIfIdle(): void {
    this.#pump();
    const { collection, bookmark } = this.#options;
    if (this.#ended || this.#full() || this.#initial.length > 0) return;
    this.#position = collection.revision;
    this.#response.write(bookmark(this.#position, false));
  }

  #full(): boolean {
    return this.#response.writableLength > UNREAD_LIMIT_BYTES;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const handle of this.#open.splice(0)) handle[Symbol.dispose]();
    this.#response.end();
  }
}
