import { type Condition, requestedAtAnnotation, setCondition } from "@sluice/api";
import {
  type Clock,
  cloneJson,
  equalJson,
  isAbort,
  type JsonObject,
  type Logger,
  messageOf,
  rfc3339,
} from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { type Done, Failed, Stalled, Superseded, Waiting } from "./endings.ts";
import { type Recorder } from "./notice.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";
import { type Fact, type Reconciled, type Reconciler, type Run } from "./reconciler.ts";
import { type Standing, settle } from "./settle.ts";
import { fieldsOf, StatusWriter } from "./status-writer.ts";

export interface FrameOptions<T extends Reconciled> {
  reconciler: Reconciler<T>;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  recorder: Recorder;
  /** A run that takes longer shows that it is under way with a status write of its own; milliseconds. */
  openingMs: number;
  /** Told of each newer state of the object that the run wrote or came across, before anybody else hears of it. */
  onStored?: (object: T) => void;
}

/** How a run stands when its work has ended. */
type Ended = Exclude<Standing, { as: "progress" }>;

/** The state of one run: the status draft, who writes it, and how it is told. */
export class Session<T extends Reconciled> {
  readonly run: Run<T>;
  readonly #frame: FrameOptions<T>;
  readonly #object: T;
  readonly #writer: StatusWriter<T>;
  /** The kind's own conditions as the run found them: what is still the same entry was not said anew. */
  readonly #foundFacts: ReadonlyMap<string, Fact>;
  #message = "reconciliation in progress";
  #opening: Disposable | undefined;

  constructor(frame: FrameOptions<T>, object: T, signal: AbortSignal) {
    const { reconciler, client, clock, recorder, onStored } = frame;
    const ownTypes = new Set(["Ready", "Reconciling", "Stalled", ...reconciler.conditionTypes]);
    this.#frame = frame;
    this.#object = object;
    this.#writer = new StatusWriter({ client, object, fieldManager: reconciler.statusManager, ownTypes, onStored });
    this.#foundFacts = factsOf(object, reconciler);
    this.run = {
      signal,
      log: frame.log,
      startedMs: clock.monotonicMs(),
      status: cloneJson<JsonObject>(object.status ?? {}) as NonNullable<T["status"]>,
      facts: new Map(this.#foundFacts),
      progress: (message) => {
        this.#message = message;
      },
      checkpoint: () => this.#checkpoint(),
      notice: (notice) => recorder.record(object, notice),
    };
  }

  /** Runs `work` to one of the endings; undefined if it was superseded. */
  async stand(work: () => Promise<Done>): Promise<Ended | undefined> {
    const { clock, openingMs, log } = this.#frame;
    this.#opening = clock.after(openingMs, () => {
      this.#writeProgress().catch((thrown: unknown) => log.debug("Cannot show progress", { error: messageOf(thrown) }));
    });
    try {
      return { as: "done", done: await work() };
    } catch (thrown) {
      return this.#isCutShort(thrown) ? undefined : endedBy(thrown, this.#frame.reconciler);
    } finally {
      this.#opening[Symbol.dispose]();
    }
  }

  /** Writes the closing status in one request and tells the user. */
  async close(standing: Ended | undefined): Promise<Outcome<T>> {
    if (standing === undefined) return this.#closeSuperseded();
    const quietMs = this.#quietMs(standing);
    if (standing.as === "wait" && quietMs > 0) return this.#closeQuietly(standing.wait, quietMs);
    const told = await this.#writeClosing(standing);
    if (this.#writer.isGone) return { ending: "gone", object: this.#writer.object };
    this.#announce();
    this.#tell(told);
    return outcomeOf(told, this.#writer.object);
  }

  /** How long a wait whose outcome is open may still go unseen: most are over before anybody could read of them. */
  #quietMs(standing: Ended): number {
    if (standing.as !== "wait" || standing.wait.ready !== "Unknown" || standing.wait.sinceMs === undefined) return 0;
    return standing.wait.sinceMs + this.#frame.openingMs - this.#frame.clock.monotonicMs();
  }

  /** Writes nothing, and comes back when the wait has become worth showing; what a crash must not lose is in a checkpoint. */
  async #closeQuietly({ until, afterMs }: Waiting, quietMs: number): Promise<Outcome<T>> {
    await this.#writer.idle();
    if (this.#writer.isGone) return { ending: "gone", object: this.#writer.object };
    return { ending: "wait", object: this.#writer.object, afterMs: Math.min(afterMs, quietMs), until };
  }

  /** Resolves when no status write is under way. */
  async idle(): Promise<void> {
    await this.#writer.idle();
  }

  /** A run that was cut short leaves what it has done in the status, and its request unanswered. */
  async #closeSuperseded(): Promise<Outcome<T>> {
    await this.#writer.idle();
    if (this.#draftMoved()) await this.#writeProgress();
    return { ending: this.#writer.isGone ? "gone" : "superseded", object: this.#writer.object };
  }

  /** A status that the API server refuses cannot be stored, but that it was refused can be said. */
  async #writeClosing(standing: Ended): Promise<Ended> {
    this.#noteFailure(standing);
    try {
      await this.#writer.write(() => this.#closingStatus(standing, this.run.status));
      return standing;
    } catch (thrown) {
      if (!isKubeError(thrown, "INVALID", "BAD_REQUEST", "REQUEST_TOO_LARGE")) throw thrown;
      const message = `Cannot write the status: ${thrown.message}`;
      const refused: Ended = { as: "retry", failed: new Failed("StatusRefused", message, { cause: thrown }) };
      this.run.facts.clear();
      for (const [type, fact] of this.#foundFacts) this.run.facts.set(type, fact);
      await this.#writer.write(() => this.#closingStatus(refused, this.#writer.object.status ?? {}));
      return refused;
    }
  }

  async #checkpoint(): Promise<void> {
    if (this.#draftMoved()) {
      this.#opening?.[Symbol.dispose]();
      await this.#writeProgress();
    }
    if (this.#writer.isGone) throw new Superseded("the deletion of the object");
  }

  #writeProgress(): Promise<void> {
    const standing = { as: "progress", message: this.#message } as const;
    return this.#writer.write(() => ({ ...this.run.status, conditions: this.#conditions(standing) }));
  }

  #isCutShort(thrown: unknown): boolean {
    const { signal } = this.run;
    return thrown instanceof Superseded || (signal.aborted && (thrown === signal.reason || isAbort(thrown)));
  }

  /** True if the run has put something into the draft that is not stored yet. */
  #draftMoved(): boolean {
    return !equalJson(fieldsOf(this.run.status), fieldsOf(this.#writer.object.status ?? {}));
  }

  #noteFailure(standing: Ended): void {
    if (standing.as !== "retry" && standing.as !== "stall") return;
    const { condition, reason, message } = standing.as === "retry" ? standing.failed : standing.stall;
    if (condition !== undefined) this.run.facts.set(condition, { status: "True", reason, message });
  }

  #closingStatus(standing: Ended, draft: JsonObject): JsonObject {
    const { generation = 0, annotations = {} } = this.#object.metadata;
    const status: JsonObject = { ...draft, conditions: this.#conditions(standing) };
    if (standing.as === "done" || standing.as === "stall") status["observedGeneration"] = generation;
    const requestedAt = annotations[requestedAtAnnotation];
    if (requestedAt !== undefined) status["lastHandledReconcileAt"] = requestedAt;
    return status;
  }

  #conditions(standing: Standing): Condition[] {
    const { generation = 0 } = this.#object.metadata;
    const now = rfc3339(this.#frame.clock.now());
    return settle(this.#ownConditions(now, generation), standing, { generation, now });
  }

  /** The stored conditions, with the kind's own ones as the run left them. */
  #ownConditions(now: string, generation: number): Condition[] {
    const { conditionTypes } = this.#frame.reconciler;
    const { facts } = this.run;
    const stored = this.#writer.object.status?.conditions ?? [];
    const kept = stored.filter(({ type }) => !conditionTypes.includes(type) || facts.has(type));
    const said = [...facts].filter(([type, fact]) => this.#foundFacts.get(type) !== fact);
    return said.reduce(
      (all, [type, fact]) => setCondition(all, { type, ...fact, observedGeneration: generation }, now),
      kept,
    );
  }

  #announce(): void {
    const { reconciler, log } = this.#frame;
    try {
      reconciler.onWritten?.(this.#writer.object, this.#object);
    } catch (thrown) {
      log.error("A listener of status writes failed", thrown);
    }
  }

  #tell(standing: Ended): void {
    const { reconciler, log } = this.#frame;
    const meta = reconciler.noticeMeta?.(this.#object, this.run.status) ?? {};
    if (standing.as === "retry" || standing.as === "stall") {
      const failure = standing.as === "retry" ? standing.failed : standing.stall;
      const { reason, message } = failure;
      log.error(message, failure.cause ?? failure, { reason });
      this.run.notice({ severity: "error", reason, message, meta });
    }
    if (standing.as === "wait" && standing.wait.ready === "False") {
      const { reason, message } = standing.wait;
      log.info(message, { reason });
      this.run.notice({ severity: "info", reason, message, meta });
    }
  }
}

/** The conditions of the kind's own that are stored, by type. */
function factsOf<T extends Reconciled>({ status }: T, { conditionTypes }: Reconciler<T>): ReadonlyMap<string, Fact> {
  const own = (status?.conditions ?? []).filter(({ type }) => conditionTypes.includes(type));
  return new Map(own.map(({ type, status, reason, message }) => [type, { status, reason, message }]));
}

/** The ending that `thrown` is, or that the kind's verdict makes of it. */
function endedBy<T extends Reconciled>(thrown: unknown, reconciler: Reconciler<T>): Ended {
  if (thrown instanceof Waiting) return { as: "wait", wait: thrown };
  if (thrown instanceof Stalled) return { as: "stall", stall: thrown };
  if (thrown instanceof Failed) return { as: "retry", failed: thrown };
  const { reason, then, condition } = reconciler.verdictOf(thrown);
  const message = messageOf(thrown);
  const options = condition === undefined ? { cause: thrown } : { cause: thrown, condition };
  if (then === "stall") return { as: "stall", stall: new Stalled(reason, message, options) };
  return { as: "retry", failed: new Failed(reason, message, options) };
}
