import { setImmediate as nextTurn } from "node:timers/promises";
import { displayRef, type KubeObject, requestedAtAnnotation } from "@sluice/api";
import { type Clock, equalJson, type Logger, messageOf } from "@sluice/base";
import { type Change, type KubeClient, type Reflector, reflect } from "@sluice/kube";
import { Superseded } from "./endings.ts";
import { runFrame } from "./frame.ts";
import { isNewer, isSameObject } from "./local-copy.ts";
import { type ControllerMetrics, type RunEnding } from "./metrics.ts";
import { type Recorder } from "./notice.ts";
import { type Outcome } from "./outcome.ts";
import { type Backoff, backoffMs, type Priority, WorkQueue } from "./queue.ts";
import { type Reconciled, type Reconciler } from "./reconciler.ts";
import { type FrameOptions } from "./session.ts";
import { WakeUps } from "./wakeups.ts";

export interface ControllerOptions<T extends Reconciled> {
  reconciler: Reconciler<T>;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  recorder: Recorder;
  metrics: ControllerMetrics;
  /** Runs at a time. */
  concurrent: number;
  /**
   * Runs that wait for others and not for this process: one that lasts longer than `afterMs` no longer counts as one of `concurrent`, as
   * long as there are at most `atMost` such runs. So a remote that hangs does not hold up the rest. Default: every run counts.
   */
  slow?: { afterMs: number; atMost: number };
  backoff: Backoff;
  /** Share of the interval by which `Done.afterMs` is spread either way, 0 to 1. */
  jitter: number;
  /** In [0, 1). */
  random: () => number;
  /** Default: every namespace. */
  namespace?: string;
  labelSelector?: string;
  /** Default 1,000 ms. */
  openingMs?: number;
  /** Called once, after the first complete list. */
  onSynced?(): void;
  /** Sees every change of an object of this kind, after the copy was changed. */
  onChange?(change: Change<T>): void;
}

/** Runs in a row that newer revisions and requests may cut short. */
const MOST_INTERRUPTIONS = 3;

/** Runs one kind: watches it, queues its keys, takes each through the frame, and wakes what waits. */
export interface Controller<T extends Reconciled> {
  /** Works until `signal` aborts and every run has ended. */
  run(signal: AbortSignal): Promise<void>;
  isSynced(): boolean;
  /** The newest known state, own writes included. `key` is `namespace/name`. */
  get(key: string): T | undefined;
  list(): readonly T[];
  enqueue(key: string, priority: Priority): void;
  /** Runs `key` after `delayMs`, or earlier if something else asks for it. */
  enqueueAfter(key: string, delayMs: number, priority: Priority): void;
  /**
   * Something newer arrived for `key`: a run under way ends at its next safe point, and another one follows at once. After three runs
   * that were cut short one comes to its end, so that a steady stream of news cannot keep a key from ever being done.
   */
  supersede(key: string, by: string): void;
  /** Fires a topic: every key that waits for it runs at once. */
  wake(topic: string): void;
}

/** `namespace/name` of an object: the key of every queue and map. */
export function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

/** The topic that fires when the object `kind/namespace/name` changes. */
export function topicOf(ref: { kind: string; namespace?: string; name: string }): string {
  return displayRef(ref);
}

export function createController<T extends Reconciled>(options: ControllerOptions<T>): Controller<T> {
  return new KindController(options);
}

/** One run under way. */
interface ActiveRun<T> {
  abort: AbortController;
  /** What it started from. */
  object: T | undefined;
}

class KindController<T extends Reconciled> implements Controller<T> {
  readonly #options: ControllerOptions<T>;
  readonly #queue: WorkQueue;
  readonly #wakeUps = new WakeUps();
  /** Failed runs in a row, by key. */
  readonly #failures = new Map<string, number>();
  /** Runs in a row that were cut short by news, by key. */
  readonly #interruptions = new Map<string, number>();
  readonly #running = new Map<string, ActiveRun<T>>();
  /** States that our own writes brought and the watch has not shown yet. */
  readonly #written = new Map<string, T>();
  #slowRuns = 0;
  #reflector: Reflector<T> | undefined;

  constructor(options: ControllerOptions<T>) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
    options.metrics.observeQueue(() => ({
      depth: this.#queue.depth,
      adds: this.#queue.adds,
      active: this.#running.size,
    }));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { client, reconciler, clock, log, namespace, labelSelector, concurrent } = this.#options;
    using reflector = reflect<T>(client, reconciler.kind, {
      clock,
      log,
      signal,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      onChange: (change) => this.#onChange(change),
      onSynced: () => this.#options.onSynced?.(),
    });
    this.#reflector = reflector;
    const stop = () => {
      for (const { abort } of this.#running.values()) abort.abort(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
    try {
      await Promise.all(Array.from({ length: concurrent }, () => this.#work(signal)));
    } finally {
      signal.removeEventListener("abort", stop);
      this.#queue[Symbol.dispose]();
    }
  }

  isSynced(): boolean {
    return this.#reflector?.isSynced() === true;
  }

  get(key: string): T | undefined {
    const slash = key.indexOf("/");
    const seen = this.#reflector?.get({ namespace: key.slice(0, slash), name: key.slice(slash + 1) });
    const written = this.#written.get(key);
    return seen && written && isSameObject(written, seen) && isNewer(written, seen) ? written : seen;
  }

  list(): readonly T[] {
    return (this.#reflector?.list() ?? []).map((object) => this.get(keyOf(object)) ?? object);
  }

  enqueue(key: string, priority: Priority): void {
    this.#queue.add(key, priority);
  }

  enqueueAfter(key: string, delayMs: number, priority: Priority): void {
    this.#queue.addAfter(key, delayMs, priority);
  }

  supersede(key: string, by: string): void {
    this.#interrupt(key, by);
    this.#queue.add(key, "urgent");
  }

  wake(topic: string): void {
    for (const key of this.#wakeUps.fire(topic)) this.#queue.add(key, "urgent");
  }

  #onChange(change: Change<T>): void {
    const key = keyOf(change.object);
    if (change.type === "deleted") this.#forget(key, change.object);
    else {
      const written = this.#written.get(key);
      if (written && !isNewer(written, change.object)) this.#written.delete(key);
      this.#schedule(key, change);
    }
    this.#options.onChange?.(change);
  }

  /** Queues a key whose object changed, unless a run under way started from this state already. */
  #schedule(key: string, { object, old }: Change<T>): void {
    if (!old) return this.#queue.add(key, this.#firstPriority(object));
    const active = this.#running.get(key)?.object;
    if (active && isSameObject(active, object) && !isNewer(object, active)) return;
    const requested = isRequested(object, old);
    const changed = isChanged(object, old);
    if (changed) this.#restart(key, "a change of the object");
    else if (requested) this.#interrupt(key, "a request");
    if (requested) this.#queue.add(key, "urgent");
    else if (changed || this.#isTouched(object, old)) this.#queue.add(key, "normal");
  }

  #firstPriority(object: T): Priority {
    if (!isAnswered(object)) return "urgent";
    const isSettled = object.status?.observedGeneration === object.metadata.generation;
    return isSettled && !this.isSynced() ? "background" : "normal";
  }

  /** True if something changed that may matter to a run, other than the spec. */
  #isTouched(object: T, old: T): boolean {
    const { finalizer } = this.#options.reconciler;
    const lostFinalizer =
      old.metadata.finalizers?.includes(finalizer) === true && !object.metadata.finalizers?.includes(finalizer);
    return lostFinalizer || !equalJson(object.metadata.annotations ?? {}, old.metadata.annotations ?? {});
  }

  /** What a run under way works from is no longer wanted. */
  #restart(key: string, by: string): void {
    this.#running.get(key)?.abort.abort(new Superseded(by));
    this.#failures.delete(key);
    this.#interruptions.delete(key);
  }

  #interrupt(key: string, by: string): void {
    const run = this.#running.get(key);
    const interruptions = this.#interruptions.get(key) ?? 0;
    if (!run || run.abort.signal.aborted || interruptions >= MOST_INTERRUPTIONS) return;
    this.#interruptions.set(key, interruptions + 1);
    run.abort.abort(new Superseded(by));
  }

  #forget(key: string, object: T): void {
    this.#restart(key, "the deletion of the object");
    this.#queue.forget(key);
    this.#wakeUps.drop(key);
    this.#written.delete(key);
    this.#options.metrics.forget(object);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(signal); key !== undefined; key = await this.#queue.take(signal)) {
      const run: ActiveRun<T> = { abort: new AbortController(), object: this.get(key) };
      this.#running.set(key, run);
      this.#wakeUps.begin(key);
      using place = this.#holdPlace(signal);
      try {
        if (run.object) await this.#runObject(key, run.object, run.abort.signal);
        else this.#restart(key, "the deletion of the object");
      } finally {
        this.#running.delete(key);
        this.#wakeUps.end(key);
        this.#queue.done(key);
      }
      await nextTurn(); // Runs that ask nobody would otherwise keep sockets and probes waiting.
      if (place.successor) return place.successor;
    }
  }

  /** The place of a worker. If it holds it for longer than `slow.afterMs`, a successor takes it over: the worker is then to end with its run. */
  #holdPlace(signal: AbortSignal): { readonly successor: Promise<void> | undefined } & Disposable {
    const { slow, clock } = this.#options;
    let successor: Promise<void> | undefined;
    const giveAway = () => {
      if (slow === undefined || this.#slowRuns >= slow.atMost) return;
      this.#slowRuns++;
      successor = this.#work(signal);
    };
    const timer = slow && clock.after(slow.afterMs, giveAway);
    return {
      get successor() {
        return successor;
      },
      [Symbol.dispose]: () => {
        timer?.[Symbol.dispose]();
        if (successor) this.#slowRuns--;
      },
    };
  }

  async #runObject(key: string, object: T, signal: AbortSignal): Promise<void> {
    const { metrics, clock } = this.#options;
    const startedMs = clock.monotonicMs();
    const observe = (ending: RunEnding) => {
      const current = this.get(key);
      const isThere = current !== undefined && isSameObject(current, object);
      metrics.observeRun(object, isThere ? ending : "gone", clock.monotonicMs() - startedMs);
    };
    try {
      const outcome = await runFrame(this.#frameOf(object), object, signal);
      observe(outcome.ending);
      this.#next(key, outcome);
    } catch (thrown) {
      if (!signal.aborted) observe("retry");
      this.#retry(key, thrown, signal);
    }
  }

  #frameOf({ metadata }: T): FrameOptions<T> {
    const { reconciler, client, clock, log, recorder, openingMs = 1000 } = this.#options;
    const { namespace = "", name } = metadata;
    const { kind } = reconciler.kind;
    const fields = { controller: kind.toLowerCase(), controllerKind: kind, "reconciler kind": kind, name, namespace };
    const onStored = (stored: T) => this.#remember(stored);
    return { reconciler, client, clock, log: log.with(fields), recorder, openingMs, onStored };
  }

  /** Keeps what our own write brought until the watch shows it. */
  #remember(object: T): void {
    const seen = this.#reflector?.get(object.metadata);
    if (seen && isSameObject(object, seen) && isNewer(object, seen)) this.#written.set(keyOf(object), object);
  }

  /** Decides when `key` runs again. */
  #next(key: string, outcome: Outcome<T>): void {
    const { jitter, random, backoff } = this.#options;
    const failures = this.#failures.get(key) ?? 0;
    if (outcome.ending !== "retry") this.#failures.delete(key);
    if (outcome.ending !== "superseded") this.#interruptions.delete(key);
    switch (outcome.ending) {
      case "gone":
      case "suspended":
      case "stall":
        return;
      case "superseded":
        return this.#queue.add(key, "urgent");
      case "done":
        return this.#queue.addAfter(key, outcome.afterMs * (1 + jitter * (2 * random() - 1)), "background");
      case "wait":
        return this.#await(key, outcome.until, outcome.afterMs);
      case "retry":
        this.#failures.set(key, failures + 1);
        return this.#await(
          key,
          outcome.until,
          outcome.afterMs ?? backoffMs(backoff, failures) * (1 + jitter * random()),
        );
    }
  }

  /** Runs `key` when one of `topics` fires, which may have happened since the run began, or after `afterMs`. */
  #await(key: string, topics: readonly string[], afterMs: number): void {
    if (this.#wakeUps.wait(key, topics)) this.#queue.add(key, "urgent");
    else this.#queue.addAfter(key, afterMs, "background");
  }

  /** The frame itself failed: the status could not be written, or there is a bug. */
  #retry(key: string, thrown: unknown, signal: AbortSignal): void {
    const { log, backoff, reconciler, jitter, random } = this.#options;
    const what = `Cannot finish the run of ${reconciler.kind.kind} "${key}"`;
    if (signal.aborted) return log.debug(what, { error: messageOf(thrown) });
    log.error(what, thrown);
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#queue.addAfter(key, backoffMs(backoff, failures) * (1 + jitter * random()), "normal");
  }
}

function isRequested(object: KubeObject, old: KubeObject): boolean {
  const requested = object.metadata.annotations?.[requestedAtAnnotation];
  return requested !== undefined && requested !== old.metadata.annotations?.[requestedAtAnnotation];
}

function isAnswered(object: Reconciled): boolean {
  const requested = object.metadata.annotations?.[requestedAtAnnotation];
  return requested === undefined || requested === object.status?.lastHandledReconcileAt;
}

function isChanged(object: KubeObject, old: KubeObject): boolean {
  const { generation, deletionTimestamp } = object.metadata;
  return generation !== old.metadata.generation || deletionTimestamp !== old.metadata.deletionTimestamp;
}
