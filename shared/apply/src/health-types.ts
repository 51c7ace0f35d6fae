import { type KubeObject, type ObjectRef } from "@sluice/api";

/** What an object's own fields say of its health. @source kstatus (sigs.k8s.io/cli-utils) */
export type HealthStatus = "InProgress" | "Current" | "Failed" | "Terminating" | "NotFound" | "Unknown";

/** One object's health, and why. */
export interface ObjectHealth {
  status: HealthStatus;
  message: string;
}

/** Health of the objects that are waited for. */
export interface HealthReport {
  /** One entry for each object that was asked for, in that order. */
  readonly objects: readonly ({ ref: ObjectRef } & ObjectHealth)[];
}

export interface HealthRequest {
  /** Whose wait this is: the Kustomization itself, if it is among `refs`, is passed over. */
  owner: OwnerRef;
  /** What to wait for. An object that does not exist yet is waited for, too. */
  refs: readonly ObjectRef[];
  /** Throw UNHEALTHY as soon as an object is Failed; default true. */
  failFast?: boolean;
  /** Replaces the built-in judgement where it returns a value: for `healthCheckExprs`. */
  judge?: (object: KubeObject) => ObjectHealth | undefined;
  /** Which objects `judge` is asked about: only those are kept whole. Default: all. */
  judges?: (ref: ObjectRef) => boolean;
  /** Called with a first report, in which what is not known yet is Unknown, and again after each change. */
  onProgress?: (report: HealthReport) => void;
}

/** Names a Kustomization. */
export interface OwnerRef {
  namespace: string;
  name: string;
}
