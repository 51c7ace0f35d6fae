import {
  type ApplyResult,
  type Change,
  type Cluster,
  type InventoryEntry,
  staleEntries,
  unionInventory,
} from "@sluice/apply";
import { allowEmptyAnnotation, type Kustomization, type ObjectRef } from "@sluice/api";
import { type RenderResult } from "@sluice/render";
import { Failed, type Run, Stalled } from "@sluice/runtime";
import { isRefusal, progressOf, refusalOf } from "./failure.ts";
import { objectsChanged } from "./notices.ts";
import { type Prerequisites } from "./prerequisites.ts";

/** What bringing objects into the cluster needs. */
export interface ObjectsCx {
  app: Kustomization;
  run: Run<Kustomization>;
  build: RenderResult;
  cluster: Pick<Cluster, "apply" | "prune">;
  prerequisites: Pick<Prerequisites, "topicsOf">;
  mayWrite: () => boolean;
  revision: string;
  retryMs: number;
  signal: AbortSignal;
}

/** What was applied, and whether anything was written or deleted. */
export type Converged = ApplyResult & { isChanged: boolean };

/**
 * Makes the cluster hold the objects of a build and no others of this Kustomization. The inventory in `run.status` is at each moment what is in the
 * cluster or may be.
 * @throws {Stalled} BuildFailed for a build that became empty; {Failed} ReconciliationFailed or PruneFailed; {ApplyError}
 */
export async function converge(cx: ObjectsCx): Promise<Converged> {
  refuseEmpty(cx);
  const stored = cx.run.status.inventory?.entries ?? [];
  const applied = await apply(cx, stored);
  const deleted = await prune(cx, staleEntries(stored, applied.inventory), applied);
  return { ...applied, isChanged: tell(cx, applied.changes, deleted) };
}

/** Tells what was done, also if more should have been. @returns false if it was nothing */
function tell({ run, revision }: ObjectsCx, changes: readonly Change[], deleted: readonly ObjectRef[]): boolean {
  const notice = objectsChanged(revision, changes, deleted);
  if (notice) run.notice(notice);
  return notice !== undefined;
}

/** A build that became empty is more often a mistake than a wish. */
function refuseEmpty({ app, build, revision, run }: ObjectsCx): void {
  const held = run.status.inventory?.entries.length ?? 0;
  if (build.objects.length > 0 || held === 0 || !app.spec.prune) return;
  if (app.metadata.annotations?.[allowEmptyAnnotation] === "true") return;
  throw new Stalled(
    "BuildFailed",
    `Cannot apply revision ${revision}: it has no objects, so that all ${held} objects would be deleted; annotate with ${allowEmptyAnnotation}: "true" if that is meant`,
  );
}

async function apply(cx: ObjectsCx, stored: readonly InventoryEntry[]): Promise<ApplyResult> {
  const { app, run, build, retryMs } = cx;
  const hold = (entries: readonly InventoryEntry[]) => {
    run.status.inventory = { entries: unionInventory(stored, entries) };
  };
  const onIntent = async (missing: readonly InventoryEntry[]) => {
    hold(missing);
    await run.checkpoint();
  };
  const force = app.spec.force === true;
  const request = {
    owner: ownerOf(app),
    objects: build.objects,
    inventory: stored,
    force,
    canWrite: cx.mayWrite,
    onIntent,
  };
  try {
    const applied = await cx.cluster.apply(request, cx.signal);
    hold(applied.inventory);
    return applied;
  } catch (thrown) {
    const progress = progressOf(thrown);
    if (progress) {
      hold(progress.inventory);
      tell(cx, progress.changes, []);
    }
    if (!isRefusal(thrown)) throw thrown;
    const until = cx.prerequisites.topicsOf(thrown.data.failures);
    throw refusalOf(thrown, build, { until, afterMs: retryMs });
  }
}

/** Deletes what is no longer wanted; what could not be deleted stays in the inventory. */
async function prune(
  cx: ObjectsCx,
  stale: readonly InventoryEntry[],
  { inventory: wanted, changes }: ApplyResult,
): Promise<readonly ObjectRef[]> {
  const { app, run, cluster, mayWrite, retryMs } = cx;
  if (stale.length === 0 || !app.spec.prune) {
    run.status.inventory = { entries: [...wanted] };
    return [];
  }
  const { deleted, survivors } = await cluster.prune({ owner: ownerOf(app), stale, canWrite: mayWrite }, cx.signal);
  const left = survivors.map(({ entry }) => entry);
  run.status.inventory = { entries: unionInventory(wanted, left) };
  if (survivors.length === 0) return deleted;
  tell(cx, changes, deleted);
  throw new Failed("PruneFailed", survivors.map(({ message }) => message).join("; "), { afterMs: retryMs });
}

/** Names the Kustomization to the apply room. */
export function ownerOf({ metadata }: Kustomization): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "default", name: metadata.name };
}
