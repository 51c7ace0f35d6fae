import { type ObjectMeta } from "@sluice/api";
import { isKubeError } from "@sluice/kube";
import { untilGone } from "./gone.ts";
import { type Kit } from "./kit.ts";
import { type Live, ownerOf } from "./live.ts";
import { foldManagers } from "./ownership.ts";
import { type Answer, sendApply } from "./send.ts";
import { canRecreate, type Job } from "./trial.ts";
import { type Change, type Takeover } from "./types.ts";

export interface WriteOptions {
  kit: Kit;
  /** Key of the owner. */
  owner: string;
  force: boolean;
  /** Bounds reads and waits; a write that was begun is finished, so that its outcome is known. */
  signal: AbortSignal;
}

export interface Written {
  change: Change;
  warnings: readonly string[];
  takeover: Takeover | undefined;
}

/**
 * Applies one object for real and records how it was left.
 * @throws {KubeError} if the server refused it
 */
export async function writeOne(job: Job, options: WriteOptions): Promise<Written> {
  const { kit, owner } = options;
  const { entry, ref, digest } = job.desired;
  kit.drift.beginWrite(entry.id);
  try {
    const before = job.sight;
    const answer = await send(job, options);
    const takeover = record({ kit, owner, job, metadata: answer.metadata, left: answer.live, digest });
    const unchanged = typeof before !== "string" && before.resourceVersion === answer.live.resourceVersion;
    const action = answer.created ? "created" : unchanged ? "unchanged" : "configured";
    return { change: { ref, action }, warnings: job.tried ? job.warnings : answer.warnings, takeover };
  } finally {
    kit.drift.endWrite(entry.id, ref, kit.views.sight(ref));
  }
}

/** Keeps how an object was left; returns from whom it was taken. */
function record(facts: {
  kit: Kit;
  owner: string;
  job: Job;
  metadata: ObjectMeta;
  left: Live;
  digest: string;
}): Takeover | undefined {
  const { kit, owner, job, metadata, left, digest } = facts;
  const { entry, ref, vanishes } = job.desired;
  kit.drift.keepFields(metadata, left);
  kit.views.wrote(entry.id, ref, left);
  const replaced = kit.ledger.set(entry.id, { owner, ref, digest, left, ...(vanishes ? { vanishes } : {}) });
  if (replaced !== undefined && replaced.owner !== owner) kit.drift.takenOver(replaced, owner);
  const claim = typeof job.sight === "string" ? undefined : job.sight.claim;
  return claim === undefined || claim === left.claim ? undefined : { ref, from: ownerOf(claim) };
}

/** The write itself: former managers folded in first, and the object re-created where it cannot be changed. */
async function send(job: Job, options: WriteOptions): Promise<Answer> {
  if (job.recreate) return recreate(job, options);
  const folds = !job.desired.policy.merge;
  const foldFirst = folds && typeof job.sight !== "string" && job.sight.foreign;
  if (foldFirst) await fold(job, options);
  const answer = await applyOrRecreate(job, options);
  if (foldFirst || !folds || !answer.live.foreign) return answer;
  await fold(job, options); // nobody knew of them before this apply
  return { ...(await apply(job, options)), created: answer.created };
}

function fold(job: Job, { kit, signal }: WriteOptions): Promise<void> {
  return foldManagers(kit.client, job.desired.ref, { managers: kit.managers, signal });
}

function apply(job: Job, { kit }: WriteOptions): Promise<Answer> {
  return sendApply(job.object, { ...kit, dryRun: false, tried: job.tried });
}

/** An object that no dry run has tried may turn out to be one that cannot be changed. */
async function applyOrRecreate(job: Job, options: WriteOptions): Promise<Answer> {
  try {
    return await apply(job, options);
  } catch (error) {
    if (job.tried || !(await canRecreate(job, error, options))) throw error;
    return recreate(job, options);
  }
}

async function recreate(job: Job, options: WriteOptions): Promise<Answer> {
  const { kit, owner, signal } = options;
  const { ref, entry } = job.desired;
  const uid = typeof job.sight === "string" ? undefined : job.sight.uid;
  kit.ledger.drop(owner, entry.id); // its end is no drift
  if (uid !== undefined) {
    await kit.client.delete(ref, { propagation: "Background", uid }).catch(unlessGone);
    await untilGone({ ...ref, uid }, { ...kit, signal });
  }
  return apply(job, options);
}

/** CONFLICT: somebody else re-created it in the meantime. */
function unlessGone(error: unknown): void {
  if (!isKubeError(error, "NOT_FOUND", "CONFLICT")) throw error;
}
