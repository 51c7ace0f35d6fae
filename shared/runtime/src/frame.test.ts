import { findCondition, fluxFinalizer, type GitRepository, requestedAtAnnotation } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { KubeError } from "@sluice/kube";
import { nextTurn, repositoryRef, type RuntimeLab, runtimeLab, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type Done, Failed, Stalled, Superseded, Waiting } from "./endings.ts";
import { runFrame } from "./frame.ts";
import { type Notice } from "./notice.ts";
import { type Reconciler, type Run } from "./reconciler.ts";

type Work = (object: GitRepository, run: Run<GitRepository>) => Promise<Done>;

const done: Done = { reason: "Succeeded", message: "stored", afterMs: 60_000 };
const succeed: Work = async () => done;
const facts = { status: 503, reason: "ServiceUnavailable", message: "down", causes: [] };
const held = { metadata: { finalizers: [fluxFinalizer] } };

/** Runs `name` once as a controller would, from the state that is stored. */
async function runOnce(
  lab: RuntimeLab,
  name: string,
  more: Partial<Reconciler<GitRepository>> & { signal?: AbortSignal; object?: GitRepository } = {},
) {
  const { signal = new AbortController().signal, object, ...own } = more;
  const notices: Notice[] = [];
  const reconciler: Reconciler<GitRepository> = {
    kind: repositoryRef(name),
    finalizer: fluxFinalizer,
    statusManager: "source-controller",
    conditionTypes: ["ArtifactInStorage", "FetchFailed"],
    reconcile: succeed,
    finalize: async () => {},
    verdictOf: () => ({ reason: "Failed", then: "retry" }),
    ...own,
  };
  const { client, clock } = lab;
  const recorder = { record: (_: unknown, notice: Notice) => void notices.push(notice) };
  const frame = { reconciler, client, clock, log: silentLog, recorder, openingMs: 1000 };
  const outcome = await runFrame(frame, object ?? (await lab.read(name)), signal);
  return { outcome, notices };
}

async function conditionOf(lab: RuntimeLab, type: string) {
  return findCondition((await lab.read("app")).status?.conditions, type);
}

/** `Type=Status/Reason` of each stored condition. */
async function summary(lab: RuntimeLab): Promise<string[]> {
  const { status } = await lab.read("app");
  return (status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status}/${reason}`);
}

test("a first run adds the finalizer and writes the status once", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const { outcome } = await runOnce(lab, "app");
  expect(outcome).toMatchObject({ ending: "done", afterMs: 60_000 });
  expect(lab.written()).toEqual(["patch GitRepository/app", "patch GitRepository/app/status"]);
  expect((await lab.read("app")).metadata.finalizers).toEqual([fluxFinalizer]);
  expect((await lab.read("app")).status).toMatchObject({ observedGeneration: 1 });
});

test("a wait of an open outcome is not shown until it has become long", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const sinceMs = lab.clock.monotonicMs();
  const reconcile: Work = async () => {
    throw new Waiting("Progressing", "checking", { until: ["topic"], afterMs: 60_000, ready: "Unknown", sinceMs });
  };
  await lab.clock.advance(400);
  expect((await runOnce(lab, "app", { reconcile })).outcome).toMatchObject({
    ending: "wait",
    afterMs: 600,
    until: ["topic"],
  });
  expect(lab.written()).toEqual([]);
  await lab.clock.advance(600);
  expect((await runOnce(lab, "app", { reconcile })).outcome).toMatchObject({ ending: "wait", afterMs: 60_000 });
  expect(lab.written()).toEqual(["patch GitRepository/app/status"]);
});

test("a run that changes nothing writes nothing", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await runOnce(lab, "app");
  lab.written();
  const { notices } = await runOnce(lab, "app");
  expect([lab.written(), notices]).toEqual([[], []]);
});

test("a run that changes nothing writes only the answer to a request", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  await runOnce(lab, "app");
  lab.written();
  await lab.patch("app", { metadata: { annotations: { [requestedAtAnnotation]: "now" } } });
  const before = await lab.read("app");
  await runOnce(lab, "app");
  const after = await lab.read("app");
  expect(lab.written()).toEqual(["patch GitRepository/app/status"]);
  expect(after.status).toEqual({ ...before.status, lastHandledReconcileAt: "now" });
});

test("the finalizer is added beside one that somebody else adds at the same time", async () => {
  await using lab = await runtimeLab();
  const object = await lab.create("app");
  await lab.patch("app", { metadata: { finalizers: ["example.com/theirs"] } });
  await runOnce(lab, "app", { object });
  expect((await lab.read("app")).metadata.finalizers).toEqual(["example.com/theirs", fluxFinalizer]);
});

test("no finalizer is added to an object that is being deleted meanwhile", async () => {
  await using lab = await runtimeLab();
  const object = await lab.create("app", { metadata: { finalizers: ["example.com/theirs"] } });
  await lab.delete("app");
  const { outcome } = await runOnce(lab, "app", { object });
  expect(outcome.ending).toBe("gone");
  expect((await lab.read("app")).metadata.finalizers).toEqual(["example.com/theirs"]);
});

test("an object that was replaced by another of the same name is left alone", async () => {
  await using lab = await runtimeLab();
  const object = await lab.create("app");
  await lab.delete("app");
  await lab.create("app");
  expect((await runOnce(lab, "app", { object })).outcome.ending).toBe("gone");
  expect((await lab.read("app")).metadata.finalizers).toBeUndefined();
});

test("a suspended object is not touched", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", { spec: { suspend: true } });
  expect((await runOnce(lab, "app")).outcome.ending).toBe("suspended");
  expect(lab.written()).toEqual([]);
});

test("a deleted object is finalized even if it is suspended, then it goes", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", { ...held, spec: { suspend: true } });
  await lab.delete("app");
  const finalized: string[] = [];
  const finalize = async ({ metadata }: GitRepository) => void finalized.push(metadata.name);
  expect((await runOnce(lab, "app", { finalize })).outcome.ending).toBe("gone");
  expect(finalized).toEqual(["app"]);
  await expect(lab.read("app")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a failed finalization keeps the finalizer, says why, and is tried again", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  await lab.delete("app");
  const finalize = async () => Promise.reject(new Error("storage is read-only"));
  const { outcome, notices } = await runOnce(lab, "app", { finalize });
  expect(outcome).toMatchObject({ ending: "retry", afterMs: undefined });
  expect(await conditionOf(lab, "Ready")).toMatchObject({ status: "False", message: "storage is read-only" });
  expect(notices).toMatchObject([{ severity: "error", reason: "Failed", message: "storage is read-only" }]);
  expect((await lab.read("app")).metadata.finalizers).toEqual([fluxFinalizer]);
});

test("a finalizer whose removal conflicts is removed from the newest state", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", { metadata: { finalizers: [fluxFinalizer, "example.com/theirs"] } });
  await lab.delete("app");
  const finalize = async () => void (await lab.patch("app", { metadata: { labels: { by: "someone" } } }));
  expect((await runOnce(lab, "app", { finalize })).outcome.ending).toBe("gone");
  expect((await lab.read("app")).metadata.finalizers).toEqual(["example.com/theirs"]);
});

const endings: readonly [string, unknown, object, string[], string[]][] = [
  [
    "a wait",
    new Waiting("DependencyNotReady", "waiting", { until: ["x"], afterMs: 7 }),
    { ending: "wait", afterMs: 7, until: ["x"] },
    ["Reconciling=True/ProgressingWithRetry", "Ready=False/DependencyNotReady"],
    ["info DependencyNotReady"],
  ],
  [
    "a wait whose outcome is open",
    new Waiting("Progressing", "checking", { until: [], afterMs: 7, ready: "Unknown" }),
    { ending: "wait", afterMs: 7 },
    ["Reconciling=True/Progressing", "Ready=Unknown/Progressing"],
    [],
  ],
  [
    "a stall",
    new Stalled("URLInvalid", "bad URL"),
    { ending: "stall" },
    ["Stalled=True/URLInvalid", "Ready=False/URLInvalid"],
    ["error URLInvalid"],
  ],
  [
    "a failure",
    new Failed("GitOperationFailed", "no route", { afterMs: 9, condition: "FetchFailed", until: ["y"] }),
    { ending: "retry", afterMs: 9, until: ["y"] },
    ["Reconciling=True/ProgressingWithRetry", "Ready=False/GitOperationFailed", "FetchFailed=True/GitOperationFailed"],
    ["error GitOperationFailed"],
  ],
  [
    "an error that the kind judges",
    new Error("surprise"),
    { ending: "retry", afterMs: undefined },
    ["Reconciling=True/ProgressingWithRetry", "Ready=False/Failed"],
    ["error Failed"],
  ],
];

test.each(endings)(
  "%s is told by conditions, one write and one notice",
  async (_, thrown, outcome, conditions, told) => {
    await using lab = await runtimeLab();
    await lab.create("app", held);
    const run = await runOnce(lab, "app", { reconcile: () => Promise.reject(thrown) });
    expect(run.outcome).toMatchObject(outcome);
    expect(await summary(lab)).toEqual(conditions);
    expect(lab.written()).toEqual(["patch GitRepository/app/status"]);
    expect(run.notices.map(({ severity, reason }) => `${severity} ${reason}`)).toEqual(told);
  },
);

const generations: readonly [string, Work, number][] = [
  ["moves with success", succeed, 1],
  ["moves with a stall", async () => Promise.reject(new Stalled("URLInvalid", "bad")), 1],
  ["stays with a failure", async () => Promise.reject(new Failed("Failed", "bad")), -1],
  ["stays with a wait", async () => Promise.reject(new Waiting("Waiting", "x", { until: [], afterMs: 1 })), -1],
];

test.each(generations)(
  "observedGeneration %s, while a request is answered each time",
  async (_, reconcile, expected) => {
    await using lab = await runtimeLab();
    await lab.create("app", { metadata: { ...held.metadata, annotations: { [requestedAtAnnotation]: "soon" } } });
    await runOnce(lab, "app", { reconcile });
    expect((await lab.read("app")).status).toMatchObject({
      observedGeneration: expected,
      lastHandledReconcileAt: "soon",
    });
  },
);

test("a condition of the kind's own keeps the generation that it was said of until it is said anew", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const store: Work = async (_, run) => {
    run.facts.set("ArtifactInStorage", { status: "True", reason: "Succeeded", message: "stored" });
    return done;
  };
  await runOnce(lab, "app", { reconcile: store });
  await lab.patch("app", { spec: { interval: "2m" } });
  await runOnce(lab, "app", { reconcile: async () => Promise.reject(new Failed("Failed", "bad")) });
  expect(await conditionOf(lab, "ArtifactInStorage")).toMatchObject({ observedGeneration: 1 });
  await runOnce(lab, "app", { reconcile: store });
  expect(await conditionOf(lab, "ArtifactInStorage")).toMatchObject({ observedGeneration: 2 });
});

test("a condition of the kind's own that the run drops is gone, and others' stay", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const theirs = {
    type: "Theirs",
    status: "True",
    reason: "X",
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  };
  await lab.patch("app", { status: { conditions: [theirs] } }, "status");
  await runOnce(lab, "app", {
    reconcile: async () => Promise.reject(new Failed("A", "b", { condition: "FetchFailed" })),
  });
  await runOnce(lab, "app", {
    async reconcile(_, run) {
      run.facts.delete("FetchFailed");
      return done;
    },
  });
  expect(await summary(lab)).toEqual(["Ready=True/Succeeded", "Theirs=True/X"]);
});

test("only a run that takes long shows that it is under way: two writes at most", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const shown: string[] = [];
  await runOnce(lab, "app", {
    async reconcile(_, run) {
      run.progress("fetching");
      await lab.clock.advance(1000);
      while (!(await conditionOf(lab, "Reconciling"))) await nextTurn();
      shown.push((await conditionOf(lab, "Reconciling"))?.message ?? "", ...(await summary(lab)));
      await lab.clock.advance(10_000);
      return done;
    },
  });
  expect(shown).toEqual(["fetching", "Reconciling=True/Progressing", "Ready=Unknown/Progressing"]);
  expect(await summary(lab)).toEqual(["Ready=True/Succeeded"]);
  expect(lab.written()).toHaveLength(2);
});

test("an opening write that is under way when the run ends comes before the closing one", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  let release = () => {};
  const hold = new Promise<void>((resolve) => {
    release = resolve;
  });
  lab.fault = ({ index }) => (index === 0 ? { hold } : undefined);
  const run = runOnce(lab, "app", {
    async reconcile() {
      await lab.clock.advance(1000);
      return done;
    },
  });
  await until(() => lab.client.calls.length === 1);
  await nextTurn();
  release();
  expect((await run).outcome.ending).toBe("done");
  expect(await summary(lab)).toEqual(["Ready=True/Succeeded"]);
  expect(lab.written()).toHaveLength(2);
});

test("a checkpoint stores the draft at once, takes the place of the opening write, and is not sent twice", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const stored: (string | undefined)[] = [];
  await runOnce(lab, "app", {
    async reconcile(_, run) {
      run.status.observedIgnore = "planned";
      await run.checkpoint();
      await run.checkpoint();
      stored.push((await lab.read("app")).status?.observedIgnore);
      await lab.clock.advance(5000);
      return done;
    },
  });
  expect(stored).toEqual(["planned"]);
  expect(lab.written()).toHaveLength(2);
});

test("a checkpoint that cannot be stored stops the run before it goes on", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  lab.fault = ({ index }) => (index === 0 ? { fail: new KubeError("UNAVAILABLE", "down", facts) } : undefined);
  let wentOn = false;
  const { outcome } = await runOnce(lab, "app", {
    async reconcile(_, run) {
      run.status.observedIgnore = "planned";
      await run.checkpoint();
      wentOn = true;
      return done;
    },
  });
  expect([wentOn, outcome.ending]).toEqual([false, "retry"]);
  expect((await lab.read("app")).status?.observedIgnore).toBe("planned");
});

test("a checkpoint for an object that has vanished ends the run", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  let wentOn = false;
  const { outcome } = await runOnce(lab, "app", {
    async reconcile(_, run) {
      await lab.patch("app", { metadata: { finalizers: null } });
      await lab.delete("app");
      run.status.observedIgnore = "planned";
      await run.checkpoint();
      wentOn = true;
      return done;
    },
  });
  expect([wentOn, outcome.ending]).toEqual([false, "gone"]);
});

test("a superseded run records what it did and leaves the request unanswered", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", { metadata: { ...held.metadata, annotations: { [requestedAtAnnotation]: "now" } } });
  const stop = new AbortController();
  const { outcome, notices } = await runOnce(lab, "app", {
    signal: stop.signal,
    async reconcile(_, run) {
      run.status.observedIgnore = "half";
      stop.abort(new Superseded("news"));
      run.signal.throwIfAborted();
      return done;
    },
  });
  const { status } = await lab.read("app");
  expect([outcome.ending, notices]).toEqual(["superseded", []]);
  expect(status).toMatchObject({ observedIgnore: "half", observedGeneration: -1 });
  expect(status?.lastHandledReconcileAt).toBeUndefined();
  expect(await summary(lab)).toEqual(["Reconciling=True/Progressing", "Ready=Unknown/Progressing"]);
});

test("a superseded run that did nothing writes nothing", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const signal = AbortSignal.abort(new KubeError("TIMEOUT", "whatever the reason is", facts));
  const reconcile: Work = async (_, run) => Promise.reject(run.signal.reason);
  expect((await runOnce(lab, "app", { signal, reconcile })).outcome.ending).toBe("superseded");
  expect(lab.written()).toEqual([]);
});

test("an abort during the closing write does not lose it", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const stop = new AbortController();
  lab.fault = () => {
    stop.abort(new Superseded("news"));
    return undefined;
  };
  const { outcome } = await runOnce(lab, "app", { signal: stop.signal });
  expect(outcome.ending).toBe("done");
  expect(await summary(lab)).toEqual(["Ready=True/Succeeded"]);
});

test("a status that the API server refuses is said on the object, and the stored one stays", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  await lab.patch("app", { status: { observedIgnore: "stored" } }, "status");
  const { outcome } = await runOnce(lab, "app", {
    async reconcile(_, run) {
      run.status.observedIgnore = "new";
      run.facts.set("ArtifactInStorage", { status: "True", reason: "not a reason!", message: "" });
      return done;
    },
  });
  expect(outcome.ending).toBe("retry");
  expect(await summary(lab)).toEqual(["Reconciling=True/ProgressingWithRetry", "Ready=False/StatusRefused"]);
  expect((await lab.read("app")).status?.observedIgnore).toBe("stored");
});

test("onWritten() hears of the stored object after the write, and its mistakes do not fail the run", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const heard: (number | undefined)[] = [];
  const { outcome } = await runOnce(lab, "app", {
    onWritten(object, before) {
      heard.push(before.status?.observedGeneration, object.status?.observedGeneration);
      throw new Error("listener");
    },
  });
  expect([heard, outcome.ending]).toEqual([[-1, 1], "done"]);
});

test("a closing write that fails is the caller's to retry", async () => {
  await using lab = await runtimeLab();
  await lab.create("app", held);
  const down = new KubeError("UNAVAILABLE", "down", facts);
  lab.fault = ({ verb }) => (verb === "patch" ? { fail: down } : undefined);
  await expect(runOnce(lab, "app")).rejects.toBe(down);
});
