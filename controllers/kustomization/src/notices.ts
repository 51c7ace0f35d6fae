import { type Change } from "@sluice/apply";
import { displayRef, type ObjectRef } from "@sluice/api";
import { formatDuration } from "@sluice/base";
import { type Notice } from "@sluice/runtime";

const GROUP = "kustomize.toolkit.fluxcd.io";
const REVISION = `${GROUP}/revision`;

/** Objects were written or deleted; undefined if none were. */
export function objectsChanged(
  revision: string,
  changes: readonly Change[],
  deleted: readonly ObjectRef[],
): Notice | undefined {
  const written = changes.filter(({ action }) => action === "created" || action === "configured");
  const lines = [
    ...written.map(({ ref, action }) => `${displayRef(ref)} ${action}`),
    ...deleted.map((ref) => `${displayRef(ref)} deleted`),
  ];
  if (lines.length === 0) return undefined;
  return { severity: "info", reason: "Progressing", message: lines.join("\n"), meta: { [REVISION]: revision } };
}

/** Objects that were changed have become healthy. */
export function healthPassed(revision: string, durationMs: number): Notice {
  const message = `Health check passed in ${formatDuration(Math.round(durationMs))}`;
  return { severity: "info", reason: "Progressing", message, meta: { [REVISION]: revision } };
}

/** A reconciliation changed something and succeeded. */
export function reconciled(revision: string, durationMs: number, afterMs: number): Notice {
  const message = `Reconciliation finished in ${formatDuration(Math.round(durationMs))}, next run in ${formatDuration(afterMs)}`;
  const meta = { [REVISION]: revision, [`${GROUP}/commit_status`]: "update" };
  return { severity: "info", reason: "ReconciliationSucceeded", message, meta };
}

/** The server, or the build, had something to say that did not stop the apply. */
export function warned(revision: string, messages: readonly string[]): Notice | undefined {
  if (messages.length === 0) return undefined;
  return { severity: "error", reason: "ApplyWarning", message: messages.join("\n"), meta: { [REVISION]: revision } };
}

/** Objects that were to be gone before their Kustomization are still there. */
export function terminationTimedOut(revision: string, timeoutMs: number): Notice {
  const message = `Objects are still being deleted after ${formatDuration(timeoutMs)}; they are no longer waited for`;
  return { severity: "error", reason: "ReconciliationFailed", message, meta: { [REVISION]: revision } };
}

/** The annotation of events that names a revision. */
export function revisionMeta(revision: string | undefined): Readonly<Record<string, string>> {
  return revision === undefined ? {} : { [REVISION]: revision };
}
