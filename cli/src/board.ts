import { findCondition, isTrue, type KindRef, type KubeObject } from "@sluice/api";
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

/** The kinds that the table shows, in its order. */
export const shown: readonly KindRef[] = [
  { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" },
  { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
];

/** @param isSourceReady whether the source of a Kustomization is ready: if it is not, the Kustomization only waits for it */
export function rowOf(object: Reconciled, isSourceReady: (kustomization: Reconciled) => boolean): Row {
  const { kind, metadata, status } = object;
  const identity = { kind, namespace: metadata.namespace ?? "", name: metadata.name };
  const ready = findCondition(status?.conditions, "Ready");
  if (isSuspended(object)) return { ...identity, state: "suspended", message: "suspended" };
  if (ready === undefined) return { ...identity, state: "working", message: "waiting to be reconciled" };
  if (isTrue(status?.conditions, "Ready") && status?.observedGeneration === metadata.generation)
    return { ...identity, state: "ready", message: ready.message };
  if (isTrue(status?.conditions, "Stalled")) return { ...identity, state: "stalled", message: ready.message };
  if (ready.status !== "False") {
    const { message } = findCondition(status?.conditions, "Reconciling") ?? ready;
    return { ...identity, state: "working", message };
  }
  const waits = ready.reason === "DependencyNotReady" || (ready.reason === "ArtifactFailed" && !isSourceReady(object));
  return { ...identity, state: waits ? "waiting" : "failed", message: ready.message };
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
