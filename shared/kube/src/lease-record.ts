import { type KubeObject } from "@sluice/api";
import { isObject, ownKey, rfc3339Micro } from "@sluice/base";

/** The part of a Lease that elects a leader. @source client-go `resourcelock.LeaderElectionRecord` */
export interface LeaseRecord {
  /** "" if nobody holds it. */
  holder: string;
  durationSeconds: number;
  acquireTime: string;
  renewTime: string;
  transitions: number;
}

/** Reads a Lease; what is missing or odd counts as not held. */
export function readLease(lease: KubeObject): LeaseRecord {
  const found = ownKey(lease, "spec");
  const spec = isObject(found) ? found : {};
  const text = (key: string) => {
    const value = ownKey(spec, key);
    return typeof value === "string" ? value : "";
  };
  const whole = (key: string) => {
    const value = ownKey(spec, key);
    return typeof value === "number" ? value : 0;
  };
  return {
    holder: text("holderIdentity"),
    durationSeconds: whole("leaseDurationSeconds"),
    acquireTime: text("acquireTime"),
    renewTime: text("renewTime"),
    transitions: whole("leaseTransitions"),
  };
}

/** The record by which `identity` takes, renews or keeps the lease at `nowMs`. */
export function heldRecord(
  last: LeaseRecord | undefined,
  { identity, durationMs, nowMs }: { identity: string; durationMs: number; nowMs: number },
): LeaseRecord {
  const renewTime = rfc3339Micro(nowMs);
  const keeps = last?.holder === identity;
  return {
    holder: identity,
    durationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: keeps ? last.acquireTime : renewTime,
    renewTime,
    transitions: keeps || last === undefined ? (last?.transitions ?? 0) : last.transitions + 1,
  };
}

/** The record that gives the lease back: anyone may take it at once. */
export function releasedRecord(last: LeaseRecord, nowMs: number): LeaseRecord {
  const time = rfc3339Micro(nowMs);
  return { ...last, holder: "", durationSeconds: 1, acquireTime: time, renewTime: time };
}

/** A Lease that carries `record`; fields of `lease` that are not about the election stay. */
export function writeLease(lease: KubeObject, record: LeaseRecord): KubeObject {
  const spec = ownKey(lease, "spec");
  return {
    ...lease,
    spec: {
      ...(isObject(spec) ? spec : {}),
      holderIdentity: record.holder,
      leaseDurationSeconds: record.durationSeconds,
      acquireTime: record.acquireTime,
      renewTime: record.renewTime,
      leaseTransitions: record.transitions,
    },
  };
}
