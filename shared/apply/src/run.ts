import { timeoutSignal } from "@sluice/base";
import { mapLimit } from "./deferred.ts";
import { type Desired, desiredOf } from "./desired.ts";
import { ApplyError } from "./errors.ts";
import { failureOf, isUnreachable, mayHaveHappened } from "./failures.ts";
import { type Health } from "./health.ts";
import { type HealthReport } from "./health-types.ts";
import { refOfEntry, staleEntries } from "./inventory.ts";
import { kindsOf, openKinds, untilServed } from "./kinds.ts";
import { type Kit } from "./kit.ts";
import { ownerKey } from "./live.ts";
import { runsOfOneKind, type StageName, stageNames, stageWaits } from "./order.ts";
import { dependsOn, pendingOf } from "./pending.ts";
import { planApply, type Sight, type SkipReason } from "./plan.ts";
import { Progress } from "./progress.ts";
import { timeoutMessage } from "./report.ts";
import { type Job, jobOf, look, tryOut } from "./trial.ts";
import { type ApplyRequest, type ApplyResult, type ObjectFailure } from "./types.ts";
import { writeOne } from "./write.ts";

const STAGE_TIMEOUT_MS = 60_000;

/** Stops an apply from within; becomes an ApplyError with the progress when all requests in flight have ended. */
class NotLeading extends Error {}

export interface RunOptions {
  kit: Kit;
  health: Health;
  request: ApplyRequest;
  signal: AbortSignal;
}

/** One apply from plan to end. Used once. */
export class ApplyRun {
  readonly #kit: Kit;
  readonly #health: Health;
  readonly #request: ApplyRequest;
  readonly #signal: AbortSignal;
  readonly #owner: string;
  readonly #progress: Progress;
  readonly #desired: readonly Desired[];

  constructor({ kit, health, request, signal }: RunOptions) {
    this.#kit = kit;
    this.#health = health;
    this.#request = request;
    this.#signal = signal;
    this.#owner = ownerKey(request.owner);
    this.#desired = desiredOf(request.objects, kit.customKinds);
    this.#progress = new Progress(this.#desired);
  }

  async run(): Promise<ApplyResult> {
    this.#kit.ledger.open(this.#owner);
    try {
      const jobs = await this.#plan();
      const deferred = await this.#tryAhead(jobs);
      await this.#announce(jobs);
      for (const stage of stageNames) await this.#runStage(stage, jobs, deferred);
      return this.#finish();
    } catch (error) {
      if (error instanceof NotLeading) throw this.#progress.notLeading();
      if (error instanceof ApplyError) throw error;
      if (this.#signal.aborted) throw this.#progress.interrupted(this.#signal.reason);
      throw isUnreachable(error) ? this.#progress.unreachable(error) : error;
    }
  }

  /** Settles what need not be sent; the rest comes back as jobs, in the order of application. */
  async #plan(): Promise<Job[]> {
    const [kit, owner] = [this.#kit, this.#owner];
    const { failures } = await openKinds(kit, { owner, desired: this.#desired, signal: this.#signal });
    if (failures.length > 0) throw this.#progress.refused(failures);
    const steps = planApply(this.#desired, {
      sight: ({ ref }) => kit.views.sight(ref),
      applied: ({ entry }) => kit.ledger.of(owner, entry.id),
    });
    return steps.flatMap((step) => {
      if (step.do === "write") return jobOf(step.desired, step.sight);
      this.#skip(step.desired, step.because, step.sight);
      return [];
    });
  }

  #skip(desired: Desired, because: SkipReason, sight: Sight): void {
    const { ref, entry, digest, vanishes } = desired;
    const { ledger } = this.#kit;
    this.#progress.done(desired, because === "unchanged" ? "unchanged" : "skipped");
    if (typeof sight === "string") return;
    const record = { owner: this.#owner, ref, left: sight, ...(vanishes ? { vanishes } : {}) };
    if (because !== "unchanged") ledger.set(entry.id, { ...record, digest: "", leftAlone: true });
    else if (ledger.of(this.#owner, entry.id)?.digest !== digest) ledger.set(entry.id, { ...record, digest });
  }

  /**
   * Tries every object that can be tried before anything is written, so that a broken manifest leaves the cluster as it was. The first one to be
   * written needs no trial: if it is refused, nothing was written either.
   * @returns the jobs that cannot be tried before an earlier stage is in the cluster.
   */
  async #tryAhead(jobs: readonly Job[]): Promise<ReadonlySet<Job>> {
    const early = jobs.filter((job) => job.desired.stage === "definitions");
    const lead = jobs[0];
    const failures = await this.#try(early, lead);
    const written = jobs.filter((job) => job.desired.stage !== "rest" && job.skip === undefined);
    const existing = new Set(written.filter((job) => typeof job.sight !== "string").map((job) => job.desired));
    const pending = pendingOf(
      written.map((job) => job.desired),
      (desired) => existing.has(desired),
    );
    const late = jobs.filter((job) => !early.includes(job));
    const deferred = new Set(late.filter((job) => dependsOn(job.desired, pending)));
    failures.push(
      ...(await this.#try(
        late.filter((job) => !deferred.has(job)),
        lead,
      )),
    );
    if (failures.length > 0) throw await this.#refuse(failures, lead);
    return deferred;
  }

  /** Tries jobs; the lead is only looked at, and only if the watches do not show it. */
  async #try(jobs: readonly Job[], lead: Job | undefined): Promise<ObjectFailure[]> {
    const options = { kit: this.#kit, force: this.#request.force, signal: this.#signal };
    const failures = await mapLimit(jobs, this.#kit.concurrency, async (job) => {
      try {
        if (job !== lead) await tryOut(job, options);
        else if (typeof job.sight === "string") await look(job, options);
        return [];
      } catch (error) {
        this.#signal.throwIfAborted();
        if (isUnreachable(error)) throw error;
        return [failureOf(job.desired, "dry-run", error)];
      }
    });
    return failures.flat();
  }

  /** The lead was spared its trial; now that nothing will be written, the user hears of its faults, too. */
  async #refuse(failures: readonly ObjectFailure[], lead: Job | undefined): Promise<ApplyError> {
    const known = lead === undefined || failures.some((failure) => failure.index === lead.desired.index);
    const more = known || lead.skip !== undefined ? [] : await this.#try([lead], undefined);
    return this.#progress.refused([...failures, ...more]);
  }

  /** Lets the caller store what is about to be created before it exists. */
  async #announce(jobs: readonly Job[]): Promise<void> {
    const entries = jobs.filter((job) => job.skip === undefined).map((job) => job.desired.entry);
    const missing = staleEntries(entries, this.#request.inventory);
    if (missing.length === 0) return;
    this.#guard();
    await this.#request.onIntent(missing);
  }

  async #runStage(stage: StageName, all: readonly Job[], deferred: ReadonlySet<Job>): Promise<void> {
    const jobs = all.filter((job) => job.desired.stage === stage);
    await this.#tryDeferred(jobs, deferred);
    for (const job of jobs) if (job.skip !== undefined) this.#skip(job.desired, job.skip, job.sight);
    const writes = jobs.filter((job) => job.skip === undefined);
    for (const run of batches(writes)) await this.#write(run);
    const later = all.some((job) => stageNames.indexOf(job.desired.stage) > stageNames.indexOf(stage));
    if (later && stageWaits(stage) && writes.length > 0) await this.#untilReady(writes, all);
  }

  async #tryDeferred(jobs: readonly Job[], deferred: ReadonlySet<Job>): Promise<void> {
    const untried = jobs.filter((job) => deferred.has(job));
    const lead = untried.length === jobs.length ? untried[0] : undefined;
    const failures = await this.#try(untried, lead);
    if (failures.length > 0) throw await this.#refuse(failures, lead);
  }

  /** Writes what may be written at the same time; after a refusal no more of it is begun. */
  async #write(jobs: readonly Job[]): Promise<void> {
    const failures: ObjectFailure[] = [];
    await mapLimit(jobs, this.#kit.concurrency, async (job) => {
      if (failures.length === 0) failures.push(...(await this.#writeOne(job)));
    });
    if (failures.length > 0) throw this.#progress.refused(failures);
  }

  async #writeOne(job: Job): Promise<ObjectFailure[]> {
    this.#guard();
    const { desired } = job;
    const options = { kit: this.#kit, owner: this.#owner, force: this.#request.force, signal: this.#signal };
    try {
      const { change, warnings, takeover } = await writeOne(job, options);
      this.#progress.done(desired, change.action);
      this.#progress.warn(desired, warnings);
      if (takeover !== undefined) this.#progress.takeovers.push(takeover);
      return [];
    } catch (error) {
      if (job.recreate || mayHaveHappened(error)) this.#progress.holds(desired);
      this.#signal.throwIfAborted();
      if (isUnreachable(error)) throw error;
      return [failureOf(desired, job.tried ? "apply" : "dry-run", error)];
    }
  }

  /** Asked at every object boundary. */
  #guard(): void {
    this.#signal.throwIfAborted();
    if (!this.#request.canWrite()) throw new NotLeading();
  }

  /** Waits until a stage's objects are ready, and until the kinds that they define are served and watched. */
  async #untilReady(written: readonly Job[], all: readonly Job[]): Promise<void> {
    const refs = written.map((job) => job.desired.ref);
    let report: HealthReport = { objects: [] };
    using timeout = timeoutSignal(this.#kit.clock, this.#request.stageTimeoutMs ?? STAGE_TIMEOUT_MS, this.#signal);
    try {
      const onProgress = (latest: HealthReport) => void (report = latest);
      await this.#health.wait({ owner: this.#request.owner, refs, onProgress }, timeout.signal);
      if (refs.some((ref) => ref.kind === "CustomResourceDefinition")) await this.#takeUpNewKinds(all, timeout.signal);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!timeout.timedOut() && !(error instanceof ApplyError)) throw error;
      throw this.#progress.stageNotReady(timeoutMessage(report), report, error);
    }
  }

  async #takeUpNewKinds(all: readonly Job[], signal: AbortSignal): Promise<void> {
    const later = all.filter((job) => typeof job.sight === "string" && job.desired.stage !== "definitions");
    await untilServed(this.#kit, kindsOf(later.map((job) => job.desired.ref)), signal);
    await openKinds(this.#kit, { owner: this.#owner, desired: this.#desired, signal });
    for (const job of later) job.sight = this.#kit.views.sight(job.desired.ref);
  }

  #finish(): ApplyResult {
    const { ledger, views } = this.#kit;
    const entries = this.#desired.map(({ entry }) => entry);
    const known = entries.filter(({ id }) => ledger.of(this.#owner, id) !== undefined);
    ledger.close(this.#owner, new Set(known.map(({ id }) => id)));
    const stale = staleEntries(this.#request.inventory, entries).flatMap(kindOfEntry);
    views.retain(this.#owner, [...this.#desired.map(({ ref }) => ref), ...stale]);
    const { warnings, takeovers } = this.#progress;
    return { inventory: entries, changes: this.#progress.snapshot().changes, warnings, takeovers };
  }
}

/** What may be written at the same time: objects of one kind, but an untried one alone, because its refusal must leave nothing behind. */
function batches(jobs: readonly Job[]): Job[][] {
  return runsOfOneKind(jobs, (job) => (job.tried ? job.desired.ref.kind : `untried ${job.desired.entry.id}`));
}

/** The kind of an entry; entries that cannot be read have none. */
function kindOfEntry(entry: Parameters<typeof refOfEntry>[0]): ReturnType<typeof refOfEntry>[] {
  try {
    return [refOfEntry(entry)];
  } catch {
    return [];
  }
}
