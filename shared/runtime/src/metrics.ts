import { type KubeObject } from "@sluice/api";
import { type KubeClient } from "@sluice/kube";
import { Counter, collectDefaultMetrics, exponentialBuckets, Gauge, Histogram, Registry } from "prom-client";
import { type Outcome } from "./outcome.ts";

/** How a run ended. */
export type RunEnding = Outcome<KubeObject>["ending"];

/** What a work queue tells at a scrape. */
export interface QueueSample {
  /** Keys that are ready. */
  depth: number;
  /** Keys added so far. */
  adds: number;
  /** Runs under way. */
  active: number;
}

/** Metrics of one kind's controller. */
export interface ControllerMetrics {
  observeRun(object: KubeObject, ending: RunEnding, durationMs: number): void;
  /** Deletes the series of an object that is gone. */
  forget(object: KubeObject): void;
  /** `sample` is asked at each scrape. */
  observeQueue(sample: () => QueueSample): void;
}

/** The metrics of one process: a registry of its own, so that two can live in one process. */
export interface Metrics {
  readonly registry: Registry;
  forKind(kind: string, concurrent: number): ControllerMetrics;
  /** Counts the requests of `client` until disposed. */
  observeClient(client: KubeClient): Disposable;
  setLeader(name: string, isLeader: boolean): void;
}

/**
 * Metrics of one process, all of them in a registry of their own.
 * @source spec/flux-api.md 2.10: names, labels and buckets of Flux's and controller-runtime's metrics
 */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "gotk_reconcile_duration_seconds",
    help: "Duration of reconciliations of an object",
    labelNames: ["kind", "name", "namespace"],
    buckets: exponentialBuckets(0.01, (1800 / 0.01) ** (1 / 9), 10),
    registers,
  });
  const total = new Counter({
    name: "controller_runtime_reconcile_total",
    help: "Reconciliations by result",
    labelNames: ["controller", "result"],
    registers,
  });
  const errors = new Counter({
    name: "controller_runtime_reconcile_errors_total",
    help: "Failed reconciliations",
    labelNames: ["controller"],
    registers,
  });
  const seconds = new Histogram({
    name: "controller_runtime_reconcile_time_seconds",
    help: "Duration of reconciliations",
    labelNames: ["controller"],
    buckets: [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const most = new Gauge({
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Reconciliations at a time",
    labelNames: ["controller"],
    registers,
  });
  const leader = new Gauge({
    name: "leader_election_master_status",
    help: "1 for the leader",
    labelNames: ["name"],
    registers,
  });
  const requests = new Counter({
    name: "rest_client_requests_total",
    help: "Requests to the API server",
    labelNames: ["code", "method"],
    registers,
  });
  const samples = new Map<string, () => QueueSample>();
  observeQueues(registers, samples);

  return {
    registry,
    forKind(kind, concurrent) {
      const controller = kind.toLowerCase();
      most.set({ controller }, concurrent);
      errors.inc({ controller }, 0);
      for (const result of results) total.inc({ controller, result }, 0);
      const labelsOf = ({ metadata }: KubeObject) => ({
        kind,
        name: metadata.name,
        namespace: metadata.namespace ?? "",
      });
      return {
        observeRun(object, ending, durationMs) {
          if (ending !== "gone") duration.observe(labelsOf(object), durationMs / 1000);
          seconds.observe({ controller }, durationMs / 1000);
          total.inc({ controller, result: resultOf(ending) });
          if (ending === "retry") errors.inc({ controller });
        },
        forget: (object) => duration.remove(labelsOf(object)),
        observeQueue: (sample) => void samples.set(controller, sample),
      };
    },
    observeClient: (client) =>
      client.requests.onRequest(({ status, method }) => requests.inc({ code: status || "<error>", method })),
    setLeader: (name, isLeader) => leader.set({ name }, isLeader ? 1 : 0),
  };
}

/** Gauges and counters that are asked at each scrape. */
function observeQueues(registers: Registry[], samples: ReadonlyMap<string, () => QueueSample>): void {
  new Gauge({
    name: "controller_runtime_active_workers",
    help: "Reconciliations under way",
    labelNames: ["controller"],
    registers,
    collect() {
      for (const [controller, sample] of samples) this.set({ controller }, sample().active);
    },
  });
  new Gauge({
    name: "workqueue_depth",
    help: "Keys that are ready",
    labelNames: ["name", "controller"],
    registers,
    collect() {
      for (const [name, sample] of samples) this.set({ name, controller: name }, sample().depth);
    },
  });
  new Counter({
    name: "workqueue_adds_total",
    help: "Keys added",
    labelNames: ["name", "controller"],
    registers,
    collect() {
      this.reset();
      for (const [name, sample] of samples) this.inc({ name, controller: name }, sample().adds);
    },
  });
}

const results = ["success", "error", "requeue", "requeue_after"] as const;

/** @source controller-runtime `controller.go`: the label `result` */
function resultOf(ending: RunEnding): (typeof results)[number] {
  switch (ending) {
    case "retry":
      return "error";
    case "done":
    case "wait":
      return "requeue_after";
    case "superseded":
      return "requeue";
    case "gone":
    case "stall":
    case "suspended":
      return "success";
  }
}
