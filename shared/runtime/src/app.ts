import { type Clock, isAbort, type Logger } from "@sluice/base";
import { type KubeClient } from "@sluice/kube";
import { type CommonConfig } from "./config.ts";
import { RuntimeError } from "./errors.ts";
import { guardWrites } from "./guard.ts";
import { leaseName } from "./lease-name.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type Recorder } from "./notice.ts";
import { healthHandler, listen, metricsHandler } from "./probes.ts";
import { eventRecorder } from "./recorder.ts";
import { takeTenure, type Tenure } from "./tenure.ts";

/** How long runs under way may take to end after the process was asked to stop, in milliseconds; below a pod's grace period of 30 s. */
const DRAIN_MS = 20_000;
/** How long the last events may take after that, in milliseconds. */
const FLUSH_MS = 2000;

/** What a controller works with while it leads. */
export interface Leading {
  /** Refuses writes once the lease has run out. */
  readonly client: KubeClient;
  readonly recorder: Recorder;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** Proof of leadership: ask before each batch of writes. */
  mayWrite(): boolean;
}

export interface AppOptions {
  /** Name of the controller, such as `source-controller`: component of its events and stem of its lease. */
  name: string;
  config: CommonConfig;
  client: KubeClient;
  clock: Clock;
  log: Logger;
  random: () => number;
  /** Works as the leader until the signal aborts and every run has ended. */
  lead(leading: Leading): Promise<void>;
  /** What `/readyz` answers; asked before `lead` is called, too. */
  isReady(): boolean;
}

/**
 * Runs one controller: metrics and health servers, leader election, the work, and an orderly end. After `signal` has aborted the runs
 * under way end and write their status, then the last events are sent, then the lease is given back.
 * @throws {RuntimeError} LEADERSHIP_LOST if another process took over: the caller exits, a new process starts clean; LISTEN; and what
 * `lead` throws
 */
export async function runApp(options: AppOptions, signal: AbortSignal): Promise<void> {
  const { name, config, client, clock, log, random } = options;
  const metrics = createMetrics();
  using _ = metrics.observeClient(client);
  await using __ = await listen(config.metricsAddr, metricsHandler({ metrics: () => metrics.registry.metrics() }));
  await using ___ = await listen(config.healthAddr, healthHandler({ isReady: () => options.isReady() }));
  const stop = new AbortController();
  const follow = () => stop.abort(signal.reason);
  signal.addEventListener("abort", follow, { once: true });
  const onLost = () => stop.abort(new RuntimeError("LEADERSHIP_LOST", "Cannot go on: another process leads", {}));
  const lease = leaseName(name, config.watchLabelSelector);
  const { runtimeNamespace: namespace, leaderElection: election } = config;
  try {
    await using tenure = await takeTenure({ client, lease, namespace, election, clock, log, random, onLost }, signal);
    if (!tenure || signal.aborted) return;
    metrics.setLeader(lease, true);
    log.info("starting", { logger: name });
    await work({ ...options, metrics, tenure, stop });
    log.info("stopped", { logger: name });
  } finally {
    signal.removeEventListener("abort", follow);
  }
}

/** Works as the leader until `stop` aborts, and a little longer for what is under way then. */
async function work(options: AppOptions & { metrics: Metrics; tenure: Tenure; stop: AbortController }): Promise<void> {
  const { client, clock, log, name, metrics, tenure, stop } = options;
  const mayWrite = () => tenure.mayWrite();
  const guarded = guardWrites(client, mayWrite);
  const sending = new AbortController();
  const recorder = eventRecorder({ client: guarded, clock, log, component: name, signal: sending.signal });
  const { signal } = stop;
  try {
    const led = options.lead({ client: guarded, recorder, metrics, signal, mayWrite });
    await within(led, DRAIN_MS, { clock, from: signal });
  } catch (thrown) {
    if (!signal.aborted || (thrown !== signal.reason && !isAbort(thrown))) throw thrown;
  } finally {
    stop.abort();
    await within(recorder.idle(), FLUSH_MS, { clock, from: signal });
    sending.abort();
  }
  if (signal.reason instanceof RuntimeError) throw signal.reason;
}

/** Waits for `task`, but only `limitMs` from the moment when `from` aborts. */
async function within(
  task: Promise<void>,
  limitMs: number,
  { clock, from }: { clock: Clock; from: AbortSignal },
): Promise<void> {
  const over = new AbortController();
  const limit = { timer: undefined as Disposable | undefined };
  const start = () => {
    limit.timer = clock.after(limitMs, () => over.abort());
  };
  if (from.aborted) start();
  else from.addEventListener("abort", start, { once: true });
  try {
    await Promise.race([
      task,
      new Promise<void>((resolve) => over.signal.addEventListener("abort", () => resolve(), { once: true })),
    ]);
  } finally {
    from.removeEventListener("abort", start);
    limit.timer?.[Symbol.dispose]();
  }
}
