import { type Cluster } from "@sluice/apply";
import {
  findCondition,
  fluxFinalizer,
  isTrue,
  type Kustomization,
  kustomization,
  type ObjectRef,
  refOf,
  requestedAtAnnotation,
} from "@sluice/api";
import { type Clock, formatDuration, isAbort, timeoutSignal } from "@sluice/base";
import { type RenderResult } from "@sluice/render";
import { type Done, Failed, keyOf, type Reconciler, type Run, topicOf, Waiting } from "@sluice/runtime";
import { type Builds } from "./builds.ts";
import { dependenciesReady, type DependencyOptions } from "./dependencies.ts";
import { endingOf, isInterruption, withPlace } from "./failure.ts";
import { finalize } from "./finalize.ts";
import { type HealthChecks } from "./health.ts";
import { type HealthJudge, healthJudge } from "./health-exprs.ts";
import { healthWaitOf } from "./health-wait.ts";
import { withReconciliation } from "./history.ts";
import { healthPassed, reconciled, revisionMeta, warned } from "./notices.ts";
import { converge, type Converged } from "./objects.ts";
import { type Prerequisites } from "./prerequisites.ts";
import { readyArtifact, type SourceArtifact, sourceRefOf, type Sources } from "./sources.ts";
import { checkSpec, type Timing, timingOf } from "./spec.ts";
import { verdictOf } from "./verdicts.ts";

export interface KustomizationOptions extends Omit<DependencyOptions, "requeueMs"> {
  clock: Clock;
  cluster: Pick<Cluster, "apply" | "prune">;
  sources: Sources;
  builds: Builds;
  health: HealthChecks;
  prerequisites: Pick<Prerequisites, "topicsOf">;
  requeueDependencyMs: number;
  /** ServiceAccount to impersonate where the spec names none; "" for none. */
  defaultServiceAccount: string;
  /** Whether a failed object ends a wait for health at once. */
  failFast: boolean;
  mayWrite: () => boolean;
  /** Drops what is kept in memory for a Kustomization that is gone. */
  forget: (app: Kustomization) => void;
}

/** Makes the cluster match the artifact of each Kustomization's source. */
export function kustomizationReconciler(options: KustomizationOptions): Reconciler<Kustomization> {
  return {
    kind: { apiVersion: `${kustomization.group}/${kustomization.version}`, kind: kustomization.kind },
    spec: kustomization.spec,
    finalizer: fluxFinalizer,
    statusManager: "gotk-kustomize-controller",
    conditionTypes: ["Healthy"],
    reconcile: (app, run) => new Reconciliation(app, run, options).run(),
    finalize: (app, run) => finalize(app, run, options),
    verdictOf,
    noticeMeta: (_, status) => revisionMeta(status.lastAttemptedRevision),
  };
}

/** What one run applies, and how it is read. */
interface Plan {
  artifact: SourceArtifact;
  revision: string;
  timing: Timing;
  judge: HealthJudge | undefined;
}

/** What a run has brought into the cluster. */
interface Outcome {
  build: RenderResult;
  applied: Converged;
}

/** One run for one Kustomization. */
class Reconciliation {
  readonly #app: Kustomization;
  readonly #run: Run<Kustomization>;
  readonly #with: KustomizationOptions;
  readonly #key: string;
  /** What this run has built. */
  #build: RenderResult | undefined;

  constructor(app: Kustomization, run: Run<Kustomization>, options: KustomizationOptions) {
    this.#app = app;
    this.#run = run;
    this.#with = options;
    this.#key = keyOf(app);
  }

  async run(): Promise<Done> {
    const plan = this.#plan();
    const { revision, timing } = plan;
    dependenciesReady(this.#app, revision, { ...this.#with, requeueMs: this.#with.requeueDependencyMs });
    this.#run.status.lastAttemptedRevision = revision;
    using limit = timeoutSignal(this.#with.clock, timing.timeoutMs, this.#run.signal);
    try {
      return await this.#carryOut(plan, limit.signal);
    } catch (thrown) {
      throw this.#ending(thrown, timing, limit.timedOut());
    }
  }

  /** Reads what is to be done. @throws {Stalled | Waiting | Failed} */
  #plan(): Plan {
    const { sources, noCrossNamespaceRefs, requeueDependencyMs: requeueMs } = this.#with;
    const timing = timingOf(this.#app);
    checkSpec(this.#app, this.#with);
    const judge = healthJudge(this.#app.spec.healthCheckExprs);
    const artifact = readyArtifact(this.#app, sources, { noCrossNamespaceRefs, retryMs: timing.retryMs, requeueMs });
    return { artifact, revision: artifact.revision, timing, judge };
  }

  async #carryOut(plan: Plan, signal: AbortSignal): Promise<Done> {
    const { revision, artifact, timing } = plan;
    const { builds } = this.#with;
    this.#progress("Building manifests", plan);
    const build = await builds.build(this.#app, artifact, signal);
    this.#build = build;
    this.#progress("Applying manifests", plan);
    const cx = { ...this.#with, app: this.#app, run: this.#run, build, revision, retryMs: timing.retryMs, signal };
    const applied = await converge(cx);
    this.#warn({ build, applied }, revision);
    const startedMs = await this.#requireHealth(plan, { build, applied, signal });
    return this.#finish(plan, { build, isChanged: applied.isChanged, startedMs });
  }

  #warn({ build, applied: { warnings, isChanged } }: Outcome, revision: string): void {
    const ofServer = warnings.map(({ ref, message }) => located(build, ref, message));
    const notice = warned(revision, [...ofServer, ...(isChanged ? build.warnings : [])]);
    if (notice) this.#run.notice(notice);
  }

  /**
   * Passes when what the spec wants to be healthy is.
   * @returns since when this change was under way: monotonic time in milliseconds
   */
  async #requireHealth(plan: Plan, { build, applied, signal }: Outcome & { signal: AbortSignal }): Promise<number> {
    const { health, failFast, clock } = this.#with;
    const { facts, startedMs } = this.#run;
    const wait = healthWaitOf({ ...plan, app: this.#app, build, applied, failFast });
    if (!wait || applied.isChanged) health.forget(this.#key);
    if (!wait) {
      facts.delete("Healthy");
      return startedMs;
    }
    try {
      const { sinceMs } = await health.require(this.#key, wait, signal);
      const wasWaited = findCondition(this.#app.status?.conditions, "Healthy")?.status === "Unknown";
      facts.set("Healthy", { status: "True", reason: "Succeeded", message: "Health check passed" });
      if (applied.isChanged || wasWaited) this.#run.notice(healthPassed(plan.revision, clock.monotonicMs() - sinceMs));
      return wasWaited ? Math.min(sinceMs, startedMs) : startedMs;
    } catch (thrown) {
      this.#noteHealth(thrown);
      throw thrown;
    }
  }

  #noteHealth(thrown: unknown): void {
    const { facts } = this.#run;
    if (thrown instanceof Waiting)
      facts.set("Healthy", { status: "Unknown", reason: "Progressing", message: thrown.message });
    if (thrown instanceof Failed)
      facts.set("Healthy", { status: "False", reason: thrown.reason, message: thrown.message });
  }

  #finish(
    { revision, timing }: Plan,
    { build, isChanged, startedMs }: { build: RenderResult; isChanged: boolean; startedMs: number },
  ): Done {
    const { status } = this.#run;
    const { clock } = this.#with;
    const durationMs = clock.monotonicMs() - startedMs;
    const outcome = "ReconciliationSucceeded";
    if (isChanged || this.#isWorthTelling(build, revision)) {
      const entry = { digest: build.digest, outcome, revision, nowMs: clock.now(), durationMs };
      status.history = withReconciliation(status.history, entry);
    }
    if (isChanged || !isTrue(this.#app.status?.conditions, "Ready"))
      this.#run.notice(reconciled(revision, durationMs, timing.intervalMs));
    status.lastAppliedRevision = revision;
    return { reason: outcome, message: `Applied revision: ${revision}`, afterMs: timing.intervalMs };
  }

  /** True if the status is written anyway; a run that changed nothing leaves no trace. */
  #isWorthTelling(build: RenderResult, revision: string): boolean {
    const { status, metadata } = this.#app;
    const requested = metadata.annotations?.[requestedAtAnnotation];
    const asked = requested !== undefined && requested !== status?.lastHandledReconcileAt;
    return (
      asked ||
      status?.lastAppliedRevision !== revision ||
      status.history?.[0]?.digest !== build.digest ||
      !isTrue(status.conditions, "Ready")
    );
  }

  #ending(thrown: unknown, timing: Timing, timedOut: boolean): unknown {
    const { signal } = this.#run;
    if (signal.aborted && (isAbort(thrown) || isInterruption(thrown))) return signal.reason;
    const sourceTopic = topicOf(sourceRefOf(this.#app));
    const ending = endingOf(thrown, { timing, timedOut, sourceTopic, requeueMs: this.#with.requeueDependencyMs });
    const isAboutHealth = ending instanceof Failed && ending.reason === "HealthCheckFailed";
    if (!isAboutHealth && !(ending instanceof Waiting)) this.#with.health.forget(this.#key);
    if (ending instanceof Failed) this.#noteFailure(ending);
    return ending;
  }

  /** A failure enters the history once, and not again with each retry. */
  #noteFailure({ reason }: Failed): void {
    const { status, startedMs } = this.#run;
    const { clock } = this.#with;
    const [last] = status.history ?? [];
    if (!this.#build || (last?.digest === this.#build.digest && last.lastReconciledStatus === reason)) return;
    const [digest, revision] = [this.#build.digest, status.lastAttemptedRevision ?? ""];
    const times = { nowMs: clock.now(), durationMs: clock.monotonicMs() - startedMs };
    status.history = withReconciliation(status.history, { digest, outcome: reason, revision, ...times });
  }

  #progress(what: string, { revision, timing }: Plan): void {
    this.#run.progress(`${what} for revision ${revision} with a timeout of ${formatDuration(timing.timeoutMs)}`);
  }
}

/** What the server said of an object, with the object and the place where it was declared. */
function located({ objects, origins }: RenderResult, ref: ObjectRef, message: string): string {
  const index = objects.findIndex((object) => topicOf(refOf(object)) === topicOf(ref));
  return withPlace(`${topicOf(ref)}: ${message}`, origins[index]);
}
