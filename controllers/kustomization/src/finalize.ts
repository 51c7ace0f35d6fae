import { type Cluster, type PruneRequest } from "@sluice/apply";
import { type Kustomization } from "@sluice/api";
import { type Clock, timeoutSignal } from "@sluice/base";
import { Failed, keyOf, type Run, Stalled } from "@sluice/runtime";
import { objectsChanged, terminationTimedOut } from "./notices.ts";
import { timingOf } from "./spec.ts";

/** For an object whose timeout cannot be read. */
const FALLBACK_TIMEOUT_MS = 300_000;

export interface FinalizeOptions {
  clock: Clock;
  cluster: Pick<Cluster, "prune">;
  mayWrite: () => boolean;
  /** Drops what is kept in memory for a Kustomization. */
  forget: (app: Kustomization) => void;
}

/**
 * Deletes what the Kustomization applied, as far as its policy says so.
 * @throws {Failed} PruneFailed: what could not be deleted stays in the inventory, and the finalizer stays
 * @source spec/flux-api.md 2.7
 */
export async function finalize(
  app: Kustomization,
  run: Run<Kustomization>,
  { clock, cluster, mayWrite, forget }: FinalizeOptions,
): Promise<void> {
  const stale = run.status.inventory?.entries ?? [];
  if (deletes(app) && stale.length > 0) {
    const owner = { namespace: app.metadata.namespace ?? "default", name: app.metadata.name };
    const request: PruneRequest = { owner, stale, canWrite: mayWrite };
    const { deleted, survivors } = await cluster.prune(request, run.signal);
    const notice = objectsChanged(app.status?.lastAppliedRevision ?? "", [], deleted);
    if (notice) run.notice(notice);
    if (survivors.length > 0) {
      run.status.inventory = { entries: survivors.map(({ entry }) => entry) };
      throw new Failed("PruneFailed", survivors.map(({ message }) => message).join("; "));
    }
    if (app.spec.deletionPolicy === "WaitForTermination") await untilGone(app, run, { clock, cluster, request });
  }
  forget(app);
}

/** Waits until the objects are gone, but no longer than the timeout: then the rest is up to their own finalizers. */
async function untilGone(
  app: Kustomization,
  run: Run<Kustomization>,
  { clock, cluster, request }: { clock: Clock; cluster: Pick<Cluster, "prune">; request: PruneRequest },
): Promise<void> {
  const timeoutMs = timeoutOf(app);
  using limit = timeoutSignal(clock, timeoutMs, run.signal);
  try {
    await cluster.prune({ ...request, waitGone: true }, limit.signal);
  } catch (thrown) {
    if (run.signal.aborted || !limit.timedOut()) throw thrown;
    run.notice(terminationTimedOut(app.status?.lastAppliedRevision ?? "", timeoutMs));
    run.log.info("Objects are still being deleted", { name: keyOf(app), timeoutMs });
  }
}

function timeoutOf(app: Kustomization): number {
  try {
    return timingOf(app).timeoutMs;
  } catch (thrown) {
    if (thrown instanceof Stalled) return FALLBACK_TIMEOUT_MS;
    throw thrown;
  }
}

function deletes({ spec }: Kustomization): boolean {
  if (spec.suspend === true) return false;
  const policy = spec.deletionPolicy ?? "MirrorPrune";
  return policy === "MirrorPrune" ? spec.prune : policy !== "Orphan";
}
