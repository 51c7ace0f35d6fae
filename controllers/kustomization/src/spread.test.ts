import { type Kustomization } from "@sluice/api";
import { type ArtifactTree } from "@sluice/artifact";
import { silentLog, systemClock } from "@sluice/base";
import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { Builds } from "./builds.ts";
import { type SourceArtifact } from "./sources.ts";
import { Dependents, spread, type SpreadOptions } from "./spread.ts";

const ref = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", namespace: "default", name: "repo" };
const artifact: SourceArtifact = {
  ...{ digest: "sha256:1", path: "p", url: "http://x/p", revision: "r2", lastUpdateTime: "2026-01-01T00:00:00Z" },
};

function app(name: string, { isReady = true, revision = "r1", suspend = false, source = "repo" } = {}): Kustomization {
  const ready = {
    type: "Ready",
    status: isReady ? "True" : "False",
    reason: "x",
    message: "",
    lastTransitionTime: "",
  } as const;
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "default" },
    spec: { interval: "1h", prune: true, suspend, sourceRef: { kind: "GitRepository", name: source } },
    status: { lastAppliedRevision: revision, conditions: [ready] },
  };
}

/** Whom `spread` queues, when looking into the artifact is `tree`. */
async function spreadTo(apps: readonly Kustomization[], tree: SpreadOptions["fetcher"]["tree"], clock = fakeClock()) {
  const queued: string[] = [];
  const dependents = new Dependents();
  for (const each of apps) dependents.note(each);
  const fetcher = { tree, [Symbol.asyncDispose]: async () => {} };
  const done = spread(ref, artifact, {
    ...{
      fetcher,
      dependents,
      clock,
      log: silentLog,
      signal: new AbortController().signal,
      builds: new Builds(fetcher, systemClock),
    },
    controller: {
      get: (key) => apps.find(({ metadata }) => `default/${metadata.name}` === key),
      enqueue: (key, priority) => void queued.push(`${key} ${priority}`),
      supersede: (key) => void queued.push(`${key} superseded`),
    },
  });
  await clock.advance(5000);
  await done;
  return queued;
}

const emptyTree = { list: () => undefined, read: () => undefined } as unknown as ArtifactTree;

test("spread() leaves out those that have the revision, are suspended, or have another source", async () => {
  const others = [app("a", { revision: "r2" }), app("b", { suspend: true }), app("c", { source: "other" })];
  let looks = 0;
  const look = async () => {
    looks += 1;
    return emptyTree;
  };
  expect(await spreadTo(others, look)).toEqual([]);
  expect(looks).toBe(0);
});

test("spread() supersedes those that are not ready or may be affected", async () => {
  const queued = await spreadTo([app("new"), app("failed", { isReady: false })], async () => emptyTree);
  expect(queued).toEqual(["default/new superseded", "default/failed superseded"]);
});

test("spread() queues everybody when the artifact cannot be looked at, and when that takes too long", async () => {
  const apps = [app("a"), app("failed", { isReady: false })];
  const expected = ["default/a normal", "default/failed superseded"];
  expect(await spreadTo(apps, () => Promise.reject(new Error("down")))).toEqual(expected);
  const hangs: SpreadOptions["fetcher"]["tree"] = (_, signal) =>
    new Promise((__, reject) => signal.addEventListener("abort", () => reject(signal.reason as Error)));
  expect(await spreadTo(apps, hangs)).toEqual(expected);
});

test("Dependents follow a Kustomization that changes its source, and forget it", () => {
  const dependents = new Dependents();
  dependents.note(app("a"));
  dependents.note(app("b"));
  expect(dependents.of(ref)).toEqual(["default/a", "default/b"]);
  dependents.note(app("a", { source: "other" }));
  expect(dependents.of(ref)).toEqual(["default/b"]);
  expect(dependents.of({ ...ref, name: "other" })).toEqual(["default/a"]);
  dependents.forget("default/a");
  dependents.forget("default/unknown");
  expect(dependents.of({ ...ref, name: "other" })).toEqual([]);
});
