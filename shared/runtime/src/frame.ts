import { type KubeObject } from "@sluice/api";
import { isObject } from "@sluice/base";
import { Stalled } from "./endings.ts";
import { changeFinalizers } from "./finalizers.ts";
import { type Outcome } from "./outcome.ts";
import { type Reconciled, specViolation } from "./reconciler.ts";
import { type FrameOptions, Session } from "./session.ts";

/**
 * Takes one object through one run: deletion, finalizer, suspend, reconcile, settle, write.
 * @throws what a write of the finalizer or of the closing status throws: nothing of the run is lost that a checkpoint has stored
 */
export async function runFrame<T extends Reconciled>(
  frame: FrameOptions<T>,
  object: T,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const held = object.metadata.finalizers?.includes(frame.reconciler.finalizer) === true;
  if (object.metadata.deletionTimestamp) {
    return held ? finalizeRun(frame, object, signal) : { ending: "gone", object };
  }
  if (isSuspended(object)) return { ending: "suspended", object };
  const ready = held ? object : await withFinalizer(frame, object, "add");
  return ready ? reconcileRun(frame, ready, signal) : { ending: "gone", object };
}

async function reconcileRun<T extends Reconciled>(
  frame: FrameOptions<T>,
  object: T,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const session = new Session(frame, object, signal);
  const standing = await session.stand(async () => {
    demandSpec(frame, object);
    return await frame.reconciler.reconcile(object, session.run);
  });
  return session.close(standing);
}

async function finalizeRun<T extends Reconciled>(
  frame: FrameOptions<T>,
  object: T,
  signal: AbortSignal,
): Promise<Outcome<T>> {
  const session = new Session(frame, object, signal);
  const standing = await session.stand(async () => {
    demandSpec(frame, object);
    await frame.reconciler.finalize(object, session.run);
    return { reason: "Succeeded", message: "finalized", afterMs: 0 };
  });
  if (standing?.as !== "done") return session.close(standing);
  await session.idle();
  await withFinalizer(frame, object, "remove");
  return { ending: "gone", object };
}

async function withFinalizer<T extends Reconciled>(
  { reconciler, client, onStored }: FrameOptions<T>,
  object: T,
  how: "add" | "remove",
): Promise<T | undefined> {
  const { finalizer, statusManager } = reconciler;
  const changed = await changeFinalizers(object, { client, finalizer, fieldManager: statusManager, how });
  if (changed) onStored?.(changed);
  return changed;
}

/** @throws {Stalled} */
function demandSpec<T extends Reconciled>({ reconciler }: FrameOptions<T>, object: T): void {
  const violation = specViolation(reconciler, object);
  if (violation !== undefined) throw new Stalled("Failed", `Cannot use ${violation}`);
}

function isSuspended(object: KubeObject): boolean {
  return isObject(object["spec"]) && object["spec"]["suspend"] === true;
}
