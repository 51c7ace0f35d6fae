import {
  type Condition,
  type ConditionFacts,
  type KindRef,
  type KubeObject,
  type Schema,
  violationOf,
} from "@sluice/api";
import { type Json, type JsonObject, type Logger } from "@sluice/base";
import { type Done, type Verdict } from "./endings.ts";
import { type Notice } from "./notice.ts";

/** An object with conditions, as every kind of ours is. */
export type Reconciled = KubeObject & {
  status?: JsonObject & { conditions?: Condition[]; lastHandledReconcileAt?: string; observedGeneration?: number };
};

/** A condition of the kind's own, as a reconciler sets it. */
export type Fact = Omit<ConditionFacts, "type" | "observedGeneration">;

/** What a reconciler may use and tell during one run. */
export interface Run<T extends Reconciled> {
  /** Aborts when the run is superseded or the process stops. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** `monotonicMs` at the start. */
  readonly startedMs: number;
  /** The status as it will be written. Put facts in the moment they are true: a later step may fail. Conditions are not here. */
  readonly status: NonNullable<T["status"]>;
  /** The kind's own conditions, by type, as they will be written. What is not set anew keeps the generation that it was said of. */
  readonly facts: Map<string, Fact>;
  /** What is being done now; a user sees it if the run takes long. */
  progress(message: string): void;
  /**
   * Writes `status` now, before something that a crash must not lose; nothing is sent if it is stored already.
   * @throws {Superseded} if the object is gone; {RuntimeError} STATUS_CHANGED; {KubeError}
   */
  checkpoint(): Promise<void>;
  /** Tells the user; never waits and never fails. */
  notice(notice: Notice): void;
}

/** One kind's part of the frame: everything else is the same for all kinds. */
export interface Reconciler<T extends Reconciled> {
  readonly kind: KindRef;
  /**
   * What a spec must look like. An object that was stored before the API server checked that, and breaks it, stalls without a call of
   * `reconcile` or `finalize`. Without it, the reconciler has to expect anything.
   */
  readonly spec?: Schema<unknown>;
  readonly finalizer: string;
  /** Field manager of status and finalizers. */
  readonly statusManager: string;
  /** Condition types besides Ready, Reconciling and Stalled. */
  readonly conditionTypes: readonly string[];
  /** Makes the world match `object`. @throws {Waiting | Stalled | Failed} or an error that `verdictOf` knows */
  reconcile(object: T, run: Run<T>): Promise<Done>;
  /** Cleans up after a deleted object; then the finalizer goes. May run again after a crash or a failure. */
  finalize(object: T, run: Run<T>): Promise<void>;
  /**
   * Called after the closing status write with the object as it was before the run and as it is now: the place to tell others, since the API
   * server knows by now. What it throws is logged.
   */
  onWritten?(object: T, before: T): void;
  /** What an error that is not an ending means: total, because anything can be thrown. */
  verdictOf(thrown: unknown): Verdict;
  /** Annotations for the notices about failures, such as the revision. */
  noticeMeta?(object: T, status: NonNullable<T["status"]>): Readonly<Record<string, string>>;
}

/** How the spec of `object` breaks the kind's schema; undefined if it does not. */
export function specViolation<T extends Reconciled>({ spec }: Reconciler<T>, object: T): string | undefined {
  return spec && violationOf(spec.openApi, object["spec"] as Json | undefined, "spec");
}
