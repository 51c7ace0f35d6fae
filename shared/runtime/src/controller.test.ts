import { type GitRepository, fluxFinalizer, requestedAtAnnotation } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { KubeError } from "@sluice/kube";
import { nextTurn, repositoryRef, type RuntimeLab, runtimeLab, until } from "@sluice/testkit";
import { expect, test, vi } from "vitest";
import { type Controller, type ControllerOptions, createController } from "./controller.ts";
import { type Done, Failed, Stalled, Waiting } from "./endings.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { type Reconciler, type Run } from "./reconciler.ts";

type Work = (object: GitRepository, run: Run<GitRepository>) => Promise<Done>;

const done: Done = { reason: "Succeeded", message: "stored", afterMs: 60_000 };
const facts = { status: 503, reason: "ServiceUnavailable", message: "down", causes: [] };
const request = (value: string) => ({ metadata: { annotations: { [requestedAtAnnotation]: value } } });

interface Started extends AsyncDisposable {
  controller: Controller<GitRepository>;
  /** Names of the objects whose runs began, in order. */
  runs: string[];
  metrics: Metrics;
  stop(): Promise<void>;
}

/** Starts a controller that does `work`; its clock is the lab's, and nothing is random. */
async function start(
  lab: RuntimeLab,
  work: Work = async () => done,
  more: Partial<Omit<ControllerOptions<GitRepository>, "reconciler">> & {
    reconciler?: Partial<Reconciler<GitRepository>>;
  } = {},
): Promise<Started> {
  const runs: string[] = [];
  const metrics = createMetrics();
  const controller = createController<GitRepository>({
    client: lab.client,
    clock: lab.clock,
    log: silentLog,
    recorder: { record() {} },
    metrics: metrics.forKind("GitRepository", 1),
    concurrent: 1,
    backoff: { minMs: 750, maxMs: 3000 },
    jitter: 0,
    random: () => 0,
    ...more,
    reconciler: {
      kind: repositoryRef(""),
      finalizer: fluxFinalizer,
      statusManager: "source-controller",
      conditionTypes: [],
      finalize: async () => {},
      verdictOf: () => ({ reason: "Failed", then: "retry" }),
      ...more.reconciler,
      reconcile: (object, run) => {
        runs.push(object.metadata.name);
        return work(object, run);
      },
    },
  });
  const ending = new AbortController();
  const ended = controller.run(ending.signal);
  const stop = async () => {
    ending.abort();
    await ended;
  };
  await until(() => controller.isSynced());
  return { controller, runs, metrics, stop, [Symbol.asyncDispose]: stop };
}

/** A promise and what settles it. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** Resolves when the run of `name` that is under way, and all that was queued, has ended. */
async function settled(lab: RuntimeLab, { runs, controller }: Started): Promise<void> {
  const before = runs.length;
  controller.enqueue("default/barrier", "background");
  await until(() => runs.length > before && runs.at(-1) === "barrier");
  await until(() => lab.clock.pending().length > 0);
}

test("what is requested goes first, then what is new, then what was settled before the start", async () => {
  await using lab = await runtimeLab();
  for (const name of ["a-settled", "b-new", "c-requested"]) await lab.create(name);
  await lab.patch("a-settled", { status: { observedGeneration: 1 } }, "status");
  await lab.patch("c-requested", request("now"));
  await using started = await start(lab);
  await until(() => started.runs.length === 3);
  expect(started.runs).toEqual(["c-requested", "b-new", "a-settled"]);
});

test("a request is answered by one more run, and the run's own writes start none", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await lab.create("barrier");
  await using started = await start(lab);
  await until(() => started.runs.length === 2);
  await lab.patch("app", request("now"));
  await until(() => started.runs.length === 3);
  await settled(lab, started);
  expect(started.runs.slice(2)).toEqual(["app", "barrier"]);
  expect((await lab.read("app")).status?.lastHandledReconcileAt).toBe("now");
});

test("a change of the status alone starts no run; a changed annotation or a lost finalizer does", async () => {
  await using lab = await runtimeLab();
  for (const name of ["app", "barrier"]) await lab.create(name);
  await using started = await start(lab);
  await until(() => started.runs.length === 2);
  await lab.patch("app", { status: { observedIgnore: "x" } }, "status");
  await lab.patch("app", { metadata: { labels: { a: "b" } } });
  await lab.patch("barrier", { metadata: { annotations: { a: "b" } } });
  await until(() => started.runs.length === 3);
  await lab.patch("app", { metadata: { finalizers: null } });
  await until(() => started.runs.length === 4);
  expect(started.runs.slice(2)).toEqual(["barrier", "app"]);
});

test("a new generation ends the run under way, and another one follows at once", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const seen: (number | undefined)[] = [];
  await using started = await start(lab, async ({ metadata }, run) => {
    seen.push(metadata.generation);
    if (metadata.generation === 1)
      await new Promise((_, reject) => run.signal.addEventListener("abort", () => reject(run.signal.reason)));
    return done;
  });
  await until(() => started.runs.length === 1);
  await lab.patch("app", { spec: { interval: "2m" } });
  await until(() => started.controller.get("default/app")?.status?.observedGeneration === 2);
  expect(seen).toEqual([1, 2]);
});

test("a steady stream of news cuts three runs short and lets the fourth end", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const endings: string[] = [];
  await using started = await start(lab, async (_, run) => {
    if (endings.length < 7) started.controller.supersede("default/app", "revision");
    endings.push(run.signal.aborted ? "cut short" : "ended");
    run.signal.throwIfAborted();
    return done;
  });
  await until(() => endings.length >= 8);
  expect(endings.slice(0, 8)).toEqual([...Array(3).fill("cut short"), "ended", ...Array(3).fill("cut short"), "ended"]);
});

test("wake() runs exactly the keys that wait for the topic, at once", async () => {
  await using lab = await runtimeLab();
  for (const name of ["app", "other"]) await lab.create(name);
  const ready = new Set<string>();
  await using started = await start(lab, async ({ metadata: { name } }) => {
    if (ready.has(name)) return done;
    throw new Waiting("DependencyNotReady", "waiting", { until: [`topic ${name}`], afterMs: 30_000 });
  });
  await until(() => lab.clock.pending().length === 2);
  ready.add("app");
  started.controller.wake("topic app");
  started.controller.wake("topic nobody");
  await until(() => started.runs.length === 3);
  expect(started.runs[2]).toBe("app");
  await lab.clock.advance(30_000);
  await until(() => started.runs.length === 4);
  expect(started.runs[3]).toBe("other");
});

test("a topic that fires while the run that waits for it writes its status is not lost", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await using started = await start(lab, async () => {
    if (started.runs.length === 2) return done;
    throw new Waiting("DependencyNotReady", "waiting", { until: ["topic"], afterMs: 30_000 });
  });
  lab.fault = ({ subresource }) => {
    if (subresource === "status" && started.runs.length === 1) started.controller.wake("topic");
    return undefined;
  };
  await until(() => started.runs.length === 2);
});

test("own writes are seen at once although the watch shows nothing yet", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const seenByListener: (number | undefined)[] = [];
  const onWritten = () => void seenByListener.push(started.controller.get("default/app")?.status?.observedGeneration);
  const never = gate();
  lab.fault = ({ verb }) => (verb === "watch" ? { hold: never.opened } : undefined);
  const started: Started = await start(lab, undefined, {
    reconciler: { onWritten },
  });
  await until(() => seenByListener.length === 1);
  expect(seenByListener).toEqual([1]);
  expect(started.controller.list()[0]?.metadata.finalizers).toEqual([fluxFinalizer]);
  never.open();
  await started.stop();
});

test("a deleted object is finalized and forgotten, with its series and what it waited for", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await using started = await start(lab, async () => {
    throw new Waiting("DependencyNotReady", "waiting", { until: ["topic"], afterMs: 30_000 });
  });
  await until(() => lab.clock.pending().length === 1);
  expect(await started.metrics.registry.metrics()).toContain('name="app"');
  await lab.delete("app");
  await until(() => started.controller.list().length === 0);
  await until(() => lab.clock.pending().length === 0);
  started.controller.wake("topic");
  await nextTurn();
  expect(started.runs).toEqual(["app"]);
  expect(await started.metrics.registry.metrics()).not.toContain('name="app"');
});

test("an object that was deleted and created again under its name during a run gets a run of its own", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const uids: (string | undefined)[] = [];
  await using started = await start(lab, async ({ metadata }) => {
    uids.push(metadata.uid);
    if (uids.length === 1) {
      await lab.patch("app", { metadata: { finalizers: null } });
      await lab.delete("app");
      await lab.create("app");
    }
    return done;
  });
  const uidOf = async () => (await lab.read("app")).metadata.uid;
  await until(() => uids.length >= 2);
  await until(() => started.controller.get("default/app")?.status?.observedGeneration === 1);
  expect(new Set(uids).size).toBe(2);
  expect(uids.at(-1)).toBe(await uidOf());
  expect((await lab.read("app")).status?.observedGeneration).toBe(1);
});

test("after a gap in the watch what was deleted is forgotten and what was created runs", async () => {
  await using lab = await runtimeLab();
  await lab.create("old");
  const gap = gate();
  const expired = new KubeError("EXPIRED", "too old", { ...facts, status: 410 });
  let watches = 0;
  lab.fault = ({ verb }) => {
    if (verb !== "watch" || watches++ > 0) return undefined;
    return { hold: gap.opened.then(() => Promise.reject(expired)) };
  };
  await using started = await start(lab);
  await until(() => lab.clock.pending().length === 1);
  await lab.patch("old", { metadata: { finalizers: null } });
  await lab.delete("old");
  await lab.create("new");
  gap.open();
  await until(() => lab.clock.pending().length === 2);
  await lab.clock.advance(1000);
  await until(() => started.runs.length === 2);
  expect(started.runs).toEqual(["old", "new"]);
  expect(started.controller.list().map(({ metadata }) => metadata.name)).toEqual(["new"]);
});

test("failed runs back off exponentially up to the maximum, and a new generation starts over", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await using started = await start(lab, async () => Promise.reject(new Failed("GitOperationFailed", "no route")));
  for (const [index, delayMs] of [750, 1500, 3000, 3000].entries()) {
    await until(() => started.runs.length === index + 1 && lab.clock.pending().length === 1);
    expect(lab.clock.pending()).toEqual([delayMs]);
    await lab.clock.advance(delayMs);
  }
  await until(() => started.runs.length === 5 && lab.clock.pending().length === 1);
  await lab.patch("app", { spec: { interval: "2m" } });
  await until(() => started.runs.length === 6 && lab.clock.pending().length === 1);
  expect(lab.clock.pending()).toEqual([750]);
});

const jitters: readonly [number, number][] = [
  [0, 54_000],
  [0.5, 60_000],
  [0.75, 63_000],
];

test.each(jitters)(
  "with a random %d a run that is done is repeated after %d ms of 60,000 if jitter is a tenth",
  async (random, delayMs) => {
    await using lab = await runtimeLab();
    await lab.create("app");
    await using _ = await start(lab, undefined, { jitter: 0.1, random: () => random });
    await until(() => lab.clock.pending().length === 1);
    expect(lab.clock.pending().map(Math.round)).toEqual([delayMs]);
  },
);

test("a stalled object is not run again until it changes", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await using started = await start(lab, async () => Promise.reject(new Stalled("URLInvalid", "bad")));
  await until(() => started.controller.get("default/app")?.status?.observedGeneration === 1);
  await lab.clock.advance(3_600_000);
  expect([started.runs, lab.clock.pending()]).toEqual([["app"], []]);
});

test("a run whose status cannot be written is tried again and holds up nobody else", async () => {
  await using lab = await runtimeLab();
  for (const name of ["app", "other"]) await lab.create(name);
  const down = new KubeError("UNAVAILABLE", "down", facts);
  lab.fault = ({ subresource, target }) => (subresource && target.name === "app" ? { fail: down } : undefined);
  await using started = await start(lab);
  await until(() => started.controller.get("default/other")?.status?.observedGeneration === 1);
  lab.fault = () => undefined;
  await lab.clock.advance(750);
  await until(() => started.controller.get("default/app")?.status?.observedGeneration === 1);
  expect(started.runs).toEqual(["app", "other", "app"]);
  expect(await started.metrics.registry.metrics()).toContain('reconcile_errors_total{controller="gitrepository"} 1');
});

test("a bug in the frame's part of a kind does not end the worker", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const reconciler = {
    verdictOf: () => {
      throw new Error("bug");
    },
  };
  await using started = await start(
    lab,
    async () => {
      if (started.runs.length === 1) throw new Error("surprise");
      return done;
    },
    { reconciler },
  );
  await until(() => lab.clock.pending().length === 1);
  await lab.clock.advance(750);
  await until(() => started.controller.get("default/app")?.status?.observedGeneration === 1);
});

test("a slow run gives its place to another, as long as there are not too many of them", async () => {
  await using lab = await runtimeLab();
  for (const name of ["hangs-1", "hangs-2", "quick"]) await lab.create(name);
  const hang = gate();
  const work: Work = async ({ metadata }) => {
    if (metadata.name !== "quick") await hang.opened;
    return done;
  };
  await using started = await start(lab, work, { slow: { afterMs: 5000, atMost: 1 } });
  await until(() => started.runs.length === 1);
  await lab.clock.advance(5000);
  await until(() => started.runs.length === 2);
  await lab.clock.advance(60_000);
  expect(started.runs).toEqual(["hangs-1", "hangs-2"]);
  hang.open();
  await until(() => started.runs.length === 3);
});

test("run() ends after the runs under way have written what they did, and leaves no timer behind", async () => {
  await using lab = await runtimeLab();
  for (const name of ["app", "settled"]) await lab.create(name);
  const started = await start(
    lab,
    async ({ metadata }, run) => {
      if (metadata.name === "settled") return done;
      await new Promise<void>((resolve) => run.signal.addEventListener("abort", () => resolve()));
      run.status.observedIgnore = "applied";
      return Promise.reject(run.signal.reason);
    },
    { concurrent: 2 },
  );
  await until(() => lab.clock.pending().length === 2);
  await started.stop();
  started.controller.enqueueAfter("default/app", 10, "normal");
  expect((await lab.read("app")).status?.observedIgnore).toBe("applied");
  expect(lab.clock.pending()).toEqual([]);
});

test("1,000 objects are each run once, and not written again by another process", async () => {
  await using lab = await runtimeLab();
  const allEnded = () => vi.waitUntil(() => lab.clock.pending().length === 1000, { timeout: 60_000, interval: 20 });
  const names = Array.from({ length: 1000 }, (_, index) => `app-${String(index).padStart(3, "0")}`);
  await Promise.all(names.map((name) => lab.create(name, { metadata: { finalizers: [fluxFinalizer] } })));
  await using first = await start(lab, undefined, { concurrent: 8 });
  await allEnded();
  await first.stop();
  expect([...first.runs].sort()).toEqual(names);
  expect(lab.written()).toHaveLength(1000);
  await using second = await start(lab, undefined, { concurrent: 8 });
  await allEnded();
  expect([second.runs.length, lab.written()]).toEqual([1000, []]);
}, 120_000);
