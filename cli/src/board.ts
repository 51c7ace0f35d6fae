import { findCondition, type KindRef, type KubeObject } from "@sluice/api";
import { type Reconciled } from "@sluice/runtime";

/** How one object stands, in the words that its conditions have for it. */
export interface Row {
  kind: string;
  namespace: string;
  name: string;
  /** `ready`, `working`, `waiting` for something else, `failed` and tried again, `stalled` until the user acts, `suspended`. */
  state: "ready" | "working" | "waiting" | "failed" | "stalled" | "suspended";
  message: string;
}

/** Reasons that mean waiting for something else. */
const WAITING = ["ArtifactFailed", "DependencyNotReady"];

/** The kinds that the table shows, in its order. */
export const shown: readonly KindRef[] = [
  { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" },
  { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
];

export function rowOf(object: Reconciled): Row {
  const { kind, metadata, status } = object;
  const ready = findCondition(status?.conditions, "Ready");
  const current = status?.observedGeneration === metadata.generation;
  const identity = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
  if (isSuspended(object)) return { ...identity, state: "suspended", message: "suspended" };
  if (ready === undefined) return { ...identity, state: "working", message: "waiting to be reconciled" };
  if (ready.status === "True" && current) return { ...identity, state: "ready", message: ready.message };
  if (findCondition(status?.conditions, "Stalled")?.status === "True")
    return { ...identity, state: "stalled", message: ready.message };
  const working = ready.status !== "False";
  const message = working
    ? (findCondition(status?.conditions, "Reconciling")?.message ?? ready.message)
    : ready.message;
  return { ...identity, state: working ? "working" : WAITING.includes(ready.reason) ? "waiting" : "failed", message };
}

function isSuspended(object: KubeObject): boolean {
  return (object["spec"] as { suspend?: boolean } | undefined)?.suspend === true;
}

/** True if there is something, and nothing is left to do. */
export function allReady(rows: readonly Row[]): boolean {
  return rows.length > 0 && rows.every(({ state }) => state === "ready" || state === "suspended");
}

/** True if nothing moves any more without the user: what is not ready has failed, or waits for what has. */
export function allStuck(rows: readonly Row[]): boolean {
  return (
    rows.some(({ state }) => state === "stalled" || state === "failed") &&
    rows.every(({ state }) => state !== "working")
  );
}

/** One line for each object that is not ready. */
export function reasonsOf(rows: readonly Row[]): string[] {
  const open = rows.filter(({ state }) => state !== "ready" && state !== "suspended");
  return open.map(
    ({ kind, namespace, name, state, message }) => `${kind}/${namespace}/${name} is ${state}: ${message}`,
  );
}
