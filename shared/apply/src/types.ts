import { type KubeObject, type ObjectRef } from "@sluice/api";
import { type Clock, type Logger } from "@sluice/base";
import { type KubeClient } from "@sluice/kube";
import { type HealthReport, type HealthRequest, type OwnerRef } from "./health-types.ts";

/** One line of `status.inventory.entries`. */
export interface InventoryEntry {
  /** `<namespace>_<name>_<group>_<Kind>`, with `:` of a name written as `__`. */
  id: string;
  /** API version of the kind, without the group. */
  v: string;
}

/** What was done to one object. */
export interface Change {
  ref: ObjectRef;
  action: "created" | "configured" | "unchanged" | "skipped";
}

/** What an apply has done so far. */
export interface ApplyProgress {
  /**
   * Entries of the request's objects that are in the cluster, or may be because a write was sent and its answer never came.
   * After a failure the inventory to store is `unionInventory(stored, progress.inventory)`.
   */
  readonly inventory: readonly InventoryEntry[];
  /** In the order of application; objects that were not reached are absent. */
  readonly changes: readonly Change[];
}

/** An object that was taken over from another Kustomization: its owner labels named that one. */
export interface Takeover {
  ref: ObjectRef;
  from: OwnerRef;
}

export interface ApplyResult extends ApplyProgress {
  /** What the server warned of (unknown fields, deprecated versions), secrets masked. */
  readonly warnings: readonly { ref: ObjectRef; message: string }[];
  readonly takeovers: readonly Takeover[];
}

/** Why one object was refused. */
export interface ObjectFailure {
  ref: ObjectRef;
  /** Position in `ApplyRequest.objects`: leads the caller to file and line. */
  index: number;
  /** Reason of the server's Status (`Invalid`, `Forbidden`, `NotFound`, ...), or `BadObject` for what was refused before a request. */
  reason: string;
  /** What a user reads: `Kind/namespace/name dry-run failed (Reason): ...`; secret values are masked. */
  message: string;
  cause?: unknown;
}

export interface ApplyRequest {
  owner: OwnerRef;
  /** The wanted objects with their owner labels. Not changed; must not be changed afterwards. */
  objects: readonly KubeObject[];
  /** What the caller has stored as the owner's inventory. */
  inventory: readonly InventoryEntry[];
  /** Delete and create again what cannot be changed in place (`spec.force`). */
  force: boolean;
  /**
   * Called, and awaited, before the first write if objects will be written that `inventory` lacks; `missing` holds those. The caller stores
   * them, so that a crash between that write and the closing status write loses no object. Called at most once an apply.
   */
  onIntent(missing: readonly InventoryEntry[]): Promise<void>;
  /** Proof of leadership, asked before each write. */
  canWrite(): boolean;
  /** How long an early stage (definitions, namespaces, classes) may take to become ready; default 60,000. */
  stageTimeoutMs?: number;
}

export interface PruneRequest {
  owner: OwnerRef;
  /** Entries that are no longer wanted, in inventory order. */
  stale: readonly InventoryEntry[];
  canWrite(): boolean;
  /** Also wait until the deleted objects are gone (`deletionPolicy: WaitForTermination`); default false. The signal bounds the wait. */
  waitGone?: boolean;
}

export interface PruneResult {
  /** What this call deleted (the server accepted it). */
  readonly deleted: readonly ObjectRef[];
  /** What needs no further care: deleted, gone before, of a kind that is no longer served, not ours (labels), or excluded by annotation. */
  readonly settled: readonly InventoryEntry[];
  /** What could not be deleted: stays in the inventory. In inventory order. */
  readonly survivors: readonly { entry: InventoryEntry; message: string; cause?: unknown }[];
}

/** An object is no longer as the owner's last apply left it. */
export interface Drift {
  owner: OwnerRef;
  ref: ObjectRef;
  /**
   * `deleted`: it is gone, or lost our labels. `changed`: fields that we own were taken or changed. `claimed`: another Kustomization's labels are
   * on it now; do not heal at once, or the two would fight. `policy`: its `reconcile` or `ssa` annotation changed.
   */
  change: "deleted" | "changed" | "claimed" | "policy";
  /** For `changed`: paths that we no longer own, such as `.spec.replicas`; at most 20. */
  fields: readonly string[];
  /** For `changed`: managers that own those paths now; empty if the fields were only removed. */
  managers: readonly string[];
  /** For `claimed`. */
  claimedBy?: OwnerRef;
}

/**
 * Applies, prunes and watches objects for any number of Kustomizations under one identity. Holds the metadata watches and, in memory, what was
 * applied last for each owner; a new process starts with nothing and rebuilds it by applying.
 */
export interface Cluster extends Disposable {
  /**
   * Makes the cluster hold `request.objects`: stage by stage, only what is not already as the last apply left it. Every object that will be written is tried by a
   * dry run first, so that a broken manifest leaves the cluster as it was; every refusal is gathered.
   * @throws {ApplyError} REFUSED, STAGE_NOT_READY, UNREACHABLE, INTERRUPTED, NOT_LEADING: each with `data.progress`
   */
  apply(request: ApplyRequest, signal: AbortSignal): Promise<ApplyResult>;
  /**
   * Deletes what carries both owner labels of `owner` and is not excluded, in reverse order of application.
   * @throws {ApplyError} UNREACHABLE, INTERRUPTED, NOT_LEADING: entries not named in a result stay in the inventory; to ask again is harmless
   */
  prune(request: PruneRequest, signal: AbortSignal): Promise<PruneResult>;
  /**
   * Resolves when every object is Current, and costs no request for objects of kinds that are Current by existing. Waits on watches only; the signal bounds the wait.
   * @throws {ApplyError} UNHEALTHY, and the signal's reason; `onProgress` has had the last report by then
   */
  health(request: HealthRequest, signal: AbortSignal): Promise<HealthReport>;
  /**
   * Tells `request.onProgress` of the health of objects until the result is disposed: a first report, in which what is not known yet is Unknown, and
   * another one after each change. Costs no request beyond the watches that `health` uses. Never fails.
   */
  watchHealth(request: HealthRequest): Disposable;
  /** True if an apply for `owner` succeeded, every object of it is watched, and each is as it was left: applying the same objects again would send nothing. */
  isSteady(owner: OwnerRef): boolean;
  /** Calls `listener` from watch events about objects that were applied by this process. Once for each difference, not for each event. */
  onDrift(listener: (drift: Drift) => void): Disposable;
  /** Forgets `owner` (its Kustomization is gone or suspended): no more drift is told of it, and watches that nobody else needs are closed. */
  forget(owner: OwnerRef): void;
}

export interface ClusterOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  /** Field manager; default `kustomize-controller`. */
  manager?: string;
  /** More managers whose fields are folded into ours before an apply (`--override-manager`). */
  overrideManagers?: readonly string[];
  /** `group/Kind` or `Kind` of the core group, applied as a stage of their own (`--custom-apply-stage-kinds`). */
  customStageKinds?: readonly string[];
  /** Dry runs and applies in flight for one apply (`--concurrent-ssa`); default 4. */
  concurrency?: number;
}
