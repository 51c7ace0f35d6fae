import { type KubeObject } from "@sluice/api";
import { isKubeError } from "@sluice/kube";
import { type Desired } from "./desired.ts";
import { type Kit } from "./kit.ts";
import { type Live, liveOf } from "./live.ts";
import { exclusion, type Sight, type SkipReason } from "./plan.ts";
import { isAboutChange, mayRecreate, probeOf } from "./recreate.ts";
import { type Answer, sendApply } from "./send.ts";

/** One object on its way to the cluster. */
export interface Job {
  readonly desired: Desired;
  /** The best that is known of the object now. */
  sight: Sight;
  /** What will be sent. */
  object: KubeObject;
  /** A dry run passed. */
  tried: boolean;
  /** A dry run showed that the object does not exist. */
  absent: boolean;
  /** It cannot be changed in place, and creating it anew was proven to succeed. */
  recreate: boolean;
  /** It is to be left as it is after all. */
  skip: SkipReason | undefined;
  warnings: readonly string[];
}

export function jobOf(desired: Desired, sight: Sight): Job {
  const { object } = desired;
  return { desired, sight, object, tried: false, absent: false, recreate: false, skip: undefined, warnings: [] };
}

export interface TrialOptions {
  kit: Kit;
  force: boolean;
  signal: AbortSignal;
}

/** Reads what the watches do not show of an object: whether it exists without our labels, and what its own annotations ask for. */
export async function look(job: Job, { kit, signal }: TrialOptions): Promise<void> {
  try {
    const { metadata } = await kit.client.get(job.desired.ref, { metadataOnly: true, signal });
    job.sight = liveOf(metadata, kit.managers);
    job.skip = exclusion(job.desired, job.sight);
  } catch (error) {
    if (!isKubeError(error, "NOT_FOUND")) throw error;
    job.sight = "absent";
    job.absent = true;
  }
}

/**
 * Tries an object by a dry run and notes what it shows.
 * @throws {KubeError} if the server would refuse it
 */
export async function tryOut(job: Job, options: TrialOptions): Promise<void> {
  const { kit, signal } = options;
  try {
    const answer = await sendApply(job.object, { ...kit, dryRun: true, tried: false, signal });
    note(job, answer, kit.clock.now());
    kit.drift.keepFields(answer.metadata, answer.live);
  } catch (error) {
    if (await isSpared(job, options)) return;
    if (!(await canRecreate(job, error, options))) throw error;
    job.recreate = true;
  }
  job.tried = true;
}

function note(job: Job, { created, live, object, warnings }: Answer, nowMs: number): void {
  job.object = object;
  job.warnings = warnings;
  job.absent = created;
  if (created) {
    job.sight = "absent";
    return;
  }
  job.skip = exclusion(job.desired, live);
  if (job.skip === undefined && isSame(job.sight, live, nowMs)) job.skip = "unchanged";
  if (typeof job.sight === "string") job.sight = live;
}

/** Clocks of different machines agree within this. */
const SKEW_MS = 60_000;

/**
 * Whether a dry run changed nothing. The server sets the time of our entry (whole seconds) when an apply changes anything, so an entry that is older than
 * now, by any clock, and still has its old time proves that nothing was.
 */
function isSame(seen: Sight, tried: Live, nowMs: number): boolean {
  if (typeof seen === "string" || seen.oursTime === undefined || seen.foreign) return false;
  if (Math.abs(nowMs - Date.parse(seen.oursTime)) <= SKEW_MS) return false;
  return (
    seen.uid === tried.uid &&
    seen.resourceVersion === tried.resourceVersion &&
    seen.generation === tried.generation &&
    seen.ours === tried.ours &&
    seen.oursTime === tried.oursTime
  );
}

/** Whether an object that would be refused is one that is to be left alone anyway, which only its live form says. */
async function isSpared(job: Job, options: TrialOptions): Promise<boolean> {
  options.signal.throwIfAborted();
  if (typeof job.sight !== "string") return false;
  try {
    await look(job, options);
  } catch {
    return false; // the refusal itself is the better story
  }
  return job.skip !== undefined;
}

/** Whether a refused change may be made by deleting and creating, and a dry run proves that the creation would succeed. */
export async function canRecreate(job: Job, error: unknown, { kit, force, signal }: TrialOptions): Promise<boolean> {
  const { desired, sight } = job;
  if (typeof sight === "string" || !mayRecreate(desired, force) || !isAboutChange(error)) return false;
  try {
    await sendApply(probeOf(desired.object), { ...kit, dryRun: true, tried: false, signal });
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}
