import { type KindRef, type KubeObject, type ObjectRef } from "@sluice/api";
import { type Clock, type Json, type Logger } from "@sluice/base";

/** One served resource. */
export interface Resource {
  /** "" for the core group. */
  group: string;
  version: string;
  kind: string;
  plural: string;
  namespaced: boolean;
  verbs: readonly string[];
  subresources: readonly string[];
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface ReadOptions extends CallOptions {
  /** Ask for `PartialObjectMetadata` only. The result still carries the apiVersion and kind that were asked for. */
  metadataOnly?: boolean;
}

export interface WriteOptions extends CallOptions {
  fieldManager?: string;
  /** Validate and admit, but store nothing. */
  dryRun?: boolean;
  subresource?: "status";
  fieldValidation?: "Ignore" | "Warn" | "Strict";
  /** Ask for the metadata of the result only; spares the bytes of a large object. */
  metadataOnly?: boolean;
  /** Called for each `Warning` header of the answer, before the call returns. */
  onWarning?: (warning: string) => void;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take fields that other managers own instead of failing with CONFLICT. */
  force?: boolean;
  /** Called before the call returns if the object did not exist before (HTTP 201). */
  onCreated?: () => void;
}

export interface DeleteOptions extends CallOptions {
  /** Default: Background. */
  propagation?: "Background" | "Foreground" | "Orphan";
  /** Delete only this incarnation; else CONFLICT. */
  uid?: string;
  /** Delete only this version; else CONFLICT. */
  resourceVersion?: string;
  dryRun?: boolean;
}

export interface ListOptions extends CallOptions {
  /** Default: every namespace. Ignored for cluster-scoped kinds. */
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  metadataOnly?: boolean;
  /** Objects a page; default 500. */
  pageSize?: number;
  /** As in the Kubernetes API: "0" may answer from a cache; absent means the newest. */
  resourceVersion?: string;
}

export interface WatchOptions extends ListOptions {
  signal: AbortSignal;
  /** Where to start: that of a list, or of the last event. */
  resourceVersion: string;
  /** Silence after which the watch throws BROKEN; bookmarks count as life. Default 150,000: bookmarks come about once a minute. */
  livenessMs?: number;
}

/** One line of a watch. A BOOKMARK's object has a `metadata.resourceVersion` and nothing else to rely on. */
export interface WatchEvent {
  type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  object: KubeObject;
}

export interface PatchBody {
  type: "merge" | "json" | "strategic";
  body: Json;
}

export interface RawRequest extends CallOptions {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Absolute path on the server, without the query. */
  path: string;
  query?: Readonly<Record<string, string>>;
  body?: string;
  headers?: Readonly<Record<string, string>>;
}

export interface RawResponse {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  text: string;
}

/** One request that was answered or that failed; tries again are requests of their own. */
export interface RequestRecord {
  /** Kubernetes verb: get, list, watch, create, update, patch, delete; `raw` and discovery use get, post, ... */
  verb: string;
  /** Plural, with the subresource if there is one: `deployments`, `kustomizations/status`; "" for a path that is no resource. */
  resource: string;
  method: string;
  /** HTTP status, 0 if no answer came. */
  status: number;
  dryRun: boolean;
  /** Until the head of the answer came. */
  durationMs: number;
}

/** Counts requests. Counting begins with the client. */
export interface RequestCounts {
  /** Sent so far by `verb:resource`, such as `patch:deployments` or `get:` (discovery); dry runs are counted as `patch:deployments?dryRun`. */
  counts(): Readonly<Record<string, number>>;
  /** Calls `listener` after each request, until disposed. */
  onRequest(listener: (record: RequestRecord) => void): Disposable;
}

/**
 * A Kubernetes API server. Every call may throw KubeError, or the signal's reason once the signal aborts.
 * Reads, applies, patches with a test and deletes are tried again on a lost connection, 502, 503 and 504; every call
 * waits and tries again when the server asks for it (429, 503 with Retry-After).
 */
export interface KubeClient extends AsyncDisposable {
  /** @throws {KubeError} NOT_FOUND */
  get(ref: ObjectRef, options?: ReadOptions): Promise<KubeObject>;
  /** All pages. A page token that expires starts the list again. Items carry apiVersion and kind. */
  list(kind: KindRef, options?: ListOptions): Promise<KubeList>;
  /** @throws {KubeError} ALREADY_EXISTS */
  create(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** PUT. @throws {KubeError} CONFLICT if `metadata.resourceVersion` is set and not the newest */
  replace(object: KubeObject, options?: WriteOptions): Promise<KubeObject>;
  /** Server-side apply. @throws {KubeError} CONFLICT whose causes name the managers, unless `force` */
  apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject>;
  patch(ref: ObjectRef, patch: PatchBody, options?: WriteOptions): Promise<KubeObject>;
  /** Resolves when the server accepted it; finalizers may keep the object. @throws {KubeError} NOT_FOUND, CONFLICT */
  delete(ref: ObjectRef, options?: DeleteOptions): Promise<void>;
  /**
   * Changes after `resourceVersion`. Ends when the server ends it in good order; start again from the last event.
   * @throws {KubeError} EXPIRED (list again), BROKEN (cut, odd line, silence) and what a request can throw
   */
  watch(kind: KindRef, options: WatchOptions): AsyncIterable<WatchEvent>;
  /** @throws {KubeError} KIND_NOT_SERVED */
  resourceOf(kind: KindRef, options?: CallOptions): Promise<Resource>;
  /** Everything that is served, preferred versions first within a group. */
  resources(options?: CallOptions): Promise<readonly Resource[]>;
  /** Forget what is served: for when a CRD or an APIService changed. The next look-up reads it again. */
  invalidateDiscovery(): void;
  /** Any request; only failures to get an answer throw, never its status. */
  raw(request: RawRequest): Promise<RawResponse>;
  readonly requests: RequestCounts;
}

export interface KubeList {
  items: KubeObject[];
  resourceVersion: string;
}

/** What TLS needs to reach the server; all of it optional. PEM texts. */
export interface TlsSettings {
  caPem?: string;
  certPem?: string;
  keyPem?: string;
  /** Name to expect in the server's certificate, if not the URL's host. */
  serverName?: string;
  /** Accept any certificate. */
  insecure?: boolean;
}

/** How to reach an API server, and as whom. */
export interface Credentials {
  /** URL, such as `https://10.0.0.1:443`; a path in it is kept. */
  readonly server: string;
  /** Namespace of this process or context; `default` if nothing says otherwise. */
  readonly namespace: string;
  readonly proxyUrl?: string;
  /** Asked for each new connection, so that rotated certificates are taken up. */
  tls(): Promise<TlsSettings>;
  /**
   * The `Authorization` header, asked for each request; undefined if there is none (certificates only).
   * @param renew true after a 401: do not answer from a cache.
   */
  authorization(renew: boolean): Promise<string | undefined>;
}

export interface ConnectOptions {
  credentials: Credentials;
  clock: Clock;
  /** Default `sluice`. */
  userAgent?: string;
  /** Connections at most, watches not counted (they have their own); default 16. */
  connections?: number;
  /** Client-side limit; default none. */
  limit?: { qps: number; burst: number };
  /** Largest answer that is read, in bytes; default 64 MiB. */
  limitBytes?: number;
  /** Without an answer for so long a request is given up; default 60,000. */
  timeoutMs?: number;
  /** Act as this user (`Impersonate-*` headers). */
  impersonate?: { user: string; groups?: readonly string[] };
  /** In [0, 1); default Math.random. Spreads retries. */
  random?: () => number;
}

/** One difference between two states of the copy that a reflector keeps. */
export interface Change<T extends KubeObject = KubeObject> {
  type: "added" | "modified" | "deleted";
  /** For a deletion, the last state known: that of the event, or of the copy if the event was missed. */
  object: T;
  /** The copy's state before; absent for an addition. */
  old?: T;
}

export interface ReflectOptions<T extends KubeObject = KubeObject> {
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  metadataOnly?: boolean;
  /** Keep `metadata.managedFields` in the copy; default false, which saves much memory. `transform` sees them anyway. */
  keepManagedFields?: boolean;
  /** What is kept of each object; runs before managedFields are dropped. Must keep namespace, name, uid and resourceVersion. */
  transform?: (object: KubeObject) => T;
  /** Called in order, after the copy was changed; what it throws is logged. */
  onChange(change: Change<T>): void;
  /** Called once, after the changes of the first complete list. */
  onSynced?(): void;
  /** Called whenever list or watch failed, before the wait. */
  onFailure?(failure: { error: unknown; failures: number; retryInMs: number }): void;
  livenessMs?: number;
  pageSize?: number;
  random?: () => number;
}

/**
 * A local copy of one kind that is kept current until its signal aborts or it is disposed. While list and watch fail, and also
 * while the kind is not served at all, the copy stays as it was.
 */
export interface Reflector<T extends KubeObject = KubeObject> extends Disposable {
  /** Resolves after the first complete list; rejects with the signal's reason if that aborts before. */
  readonly synced: Promise<void>;
  isSynced(): boolean;
  get(key: { namespace?: string; name: string }): T | undefined;
  list(): readonly T[];
  /** Ends the wait after a failure at once: for when its cause is gone, such as a kind that is served now. */
  retryNow(): void;
}

export interface ElectOptions {
  client: KubeClient;
  /** Of the Lease. */
  name: string;
  namespace: string;
  /** Who this is; unique to the process. */
  identity: string;
  /** How long others wait before they take over; default 35,000. */
  leaseDurationMs?: number;
  /** How long the leader tries to renew before it gives up; default 30,000. */
  renewDeadlineMs?: number;
  /** Between tries; default 5,000. */
  retryPeriodMs?: number;
  /** Give the lease back when the signal aborts; default true. */
  releaseOnCancel?: boolean;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  /** Called once if leadership ends before the signal aborts: the process must stop writing and had better exit. */
  onLost(): void;
  random?: () => number;
}

/** Proof of leadership. */
export interface Leadership {
  /**
   * True while nobody else can hold the lease by their own clock: ask before each batch of writes. It compares monotonic
   * time with the start of the last renewal, so a process that was paused reads false at once.
   */
  isValid(): boolean;
  /** Resolves when leadership has ended and, after a cancel, the lease was given back. */
  readonly ended: Promise<void>;
}
