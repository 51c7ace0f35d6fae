import { type Kustomization } from "@sluice/api";
import { type ArtifactFetcher, type ArtifactTree } from "@sluice/artifact";
import { type Clock, sha256Hex, systemClock } from "@sluice/base";
import { memoryTree } from "@sluice/kustomize";
import { configMapFile } from "@sluice/testkit";
import { expect, test } from "vitest";
import { Builds } from "./builds.ts";
import { type SourceArtifact } from "./sources.ts";

const { signal } = new AbortController();

function app(spec: Partial<Kustomization["spec"]> = {}): Kustomization {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name: "app", namespace: "default" },
    spec: { interval: "1h", prune: true, path: "app", sourceRef: { kind: "GitRepository", name: "repo" }, ...spec },
  };
}

function treeOf(files: Readonly<Record<string, string>>): ArtifactTree {
  const tree = memoryTree(files);
  const digest = (path: string) => (files[path] === undefined ? undefined : sha256Hex(files[path]));
  const paths = Object.keys(files);
  return {
    ...{ read: tree.read.bind(tree), list: tree.list.bind(tree), digest },
    files: () => paths,
    bytes: 0,
    artifactDigest: "",
  };
}

/** Builds from artifacts that are named by their digest, and counts the fetches. */
function buildsOf(trees: Readonly<Record<string, Readonly<Record<string, string>>>>, clock: Clock = systemClock) {
  const fetched: string[] = [];
  const fetcher: ArtifactFetcher = {
    async tree({ digest }) {
      fetched.push(digest);
      return treeOf(trees[digest] ?? {});
    },
    async [Symbol.asyncDispose]() {},
  };
  return { builds: new Builds(fetcher, clock), fetched };
}

function artifact(digest: string): SourceArtifact {
  return { digest, path: "p", url: "http://x/p", revision: digest, lastUpdateTime: "2026-01-01T00:00:00Z" };
}

const files = { "app/a.yaml": configMapFile("a"), "other/b.yaml": configMapFile("b") };

test("build() of the same artifact neither fetches nor builds again", async () => {
  const { builds, fetched } = buildsOf({ one: files });
  const first = await builds.build(app(), artifact("one"), signal);
  expect(await builds.build(app(), artifact("one"), signal)).toBe(first);
  expect([builds.counts.builds, fetched]).toEqual([1, ["one"]]);
});

test("build() of an artifact in which nothing that was read has changed gives the same value", async () => {
  const { builds } = buildsOf({ one: files, two: { ...files, "other/b.yaml": configMapFile("c") } });
  const first = await builds.build(app(), artifact("one"), signal);
  expect(builds.isFromAnother("default/app", "two")).toBe(true);
  expect(await builds.build(app(), artifact("two"), signal)).toBe(first);
  expect(builds.isFromAnother("default/app", "two")).toBe(false);
  expect(builds.counts.builds).toBe(1);
});

test("build() builds again when a file changed, appeared or vanished", async () => {
  const { builds } = buildsOf({
    one: files,
    changed: { ...files, "app/a.yaml": configMapFile("a", { v: "2" }) },
    appeared: { ...files, "app/z.yaml": configMapFile("z") },
    vanished: { "app/z.yaml": configMapFile("z") },
  });
  for (const digest of ["one", "changed", "appeared", "vanished"]) await builds.build(app(), artifact(digest), signal);
  expect(builds.counts.builds).toBe(4);
});

test("build() builds again only for changes of the spec that have an influence", async () => {
  const { builds } = buildsOf({ one: files });
  await builds.build(app(), artifact("one"), signal);
  await builds.build(
    app({ interval: "5m", wait: true, prune: false, force: true, timeout: "1m" }),
    artifact("one"),
    signal,
  );
  expect(builds.counts.builds).toBe(1);
  await builds.build(app({ namePrefix: "x-" }), artifact("one"), signal);
  await builds.build(app({ namePrefix: "x-", path: "other" }), artifact("one"), signal);
  expect(builds.counts.builds).toBe(3);
});

test("a build that fails is not remembered, and leaves none of an earlier one", async () => {
  const { builds } = buildsOf({ one: files, broken: { "app/kustomization.yaml": "resources: [gone.yaml]" } });
  await builds.build(app(), artifact("one"), signal);
  await expect(builds.build(app(), artifact("broken"), signal)).rejects.toThrow(/gone\.yaml/);
  expect(builds.size).toBe(0);
  await builds.build(app(), artifact("one"), signal);
  expect(builds.counts.builds).toBe(3);
});

test("isAffected() tells of changes without building; forget() drops a Kustomization", async () => {
  const { builds } = buildsOf({ one: files });
  expect(builds.isAffected("default/app", treeOf(files))).toBe(true);
  await builds.build(app(), artifact("one"), signal);
  expect(builds.isAffected("default/app", treeOf({ ...files, "other/b.yaml": "x: 1" }))).toBe(false);
  expect(builds.isAffected("default/app", treeOf({ ...files, "app/a.yaml": configMapFile("b") }))).toBe(true);
  builds.forget("default/app");
  expect([builds.size, builds.isAffected("default/app", treeOf(files))]).toEqual([0, true]);
});

test("a push costs what it touches: the Kustomizations that read a changed file, and of their bases those above it", async () => {
  const overlay = (name: string) => `resources: [../../base]\nnamePrefix: ${name}-\n`;
  const first = {
    "base/kustomization.yaml": "resources: [web, db]\n",
    "base/web/kustomization.yaml": "resources: [web.yaml]\n",
    "base/web/web.yaml": configMapFile("web"),
    "base/db/kustomization.yaml": "resources: [db.yaml]\n",
    "base/db/db.yaml": configMapFile("db"),
    ...Object.fromEntries(["dev", "test", "prod"].map((name) => [`apps/${name}/kustomization.yaml`, overlay(name)])),
  };
  const second = { ...first, "apps/dev/kustomization.yaml": overlay("next") };
  const third = { ...second, "base/web/web.yaml": configMapFile("web", { v: "2" }) };
  const { builds } = buildsOf({ first, second, third });
  const costOf = async (revision: string) => {
    const before = builds.counts;
    for (const name of ["dev", "test", "prod"]) {
      const one = app({ path: `apps/${name}` });
      await builds.build({ ...one, metadata: { ...one.metadata, name } }, artifact(revision), signal);
    }
    const after = builds.counts;
    const keys = ["builds", "filesParsed", "basesBuilt", "basesReused"] as const;
    return Object.fromEntries(keys.map((key) => [key, after[key] - before[key]]));
  };
  expect(await costOf("first")).toEqual({ builds: 3, filesParsed: 8, basesBuilt: 3, basesReused: 2 });
  expect(await costOf("second")).toEqual({ builds: 1, filesParsed: 1, basesBuilt: 0, basesReused: 1 });
  expect(await costOf("third")).toEqual({ builds: 3, filesParsed: 1, basesBuilt: 2, basesReused: 3 });
});

/** A clock on which every look finds another second gone, so that a build pauses wherever it can. */
function hastyClock(): Clock {
  let now = 0;
  return { ...systemClock, monotonicMs: () => (now += 1000) };
}

const MANY = Array.from({ length: 1000 }, (_, at) => configMapFile(`m${at}`)).join("\n---\n");

test("while a large build is under way other work goes on, small builds of other artifacts too", async () => {
  const { builds } = buildsOf({ large: { "app/a.yaml": MANY }, small: files }, hastyClock());
  let turns = 0;
  let ended = false;
  const count = () => {
    turns += 1;
    if (!ended) setImmediate(count);
  };
  setImmediate(count);
  const order: string[] = [];
  const build = async (name: string, digest: string) => {
    const { objects } = await builds.build({ ...app(), metadata: { name } }, artifact(digest), signal);
    order.push(`${digest}: ${objects.length}`);
  };
  await Promise.all([build("one", "large"), build("two", "small")]);
  ended = true;
  expect(order).toEqual(["small: 1", "large: 1000"]);
  expect(turns).toBeGreaterThan(1000);
});

test("builds of one artifact at the same time build a base that they share once", async () => {
  const overlay = "resources: [../base]\nnamespace: x\n";
  const shared = { "base/kustomization.yaml": "resources: [m.yaml]\n", "base/m.yaml": MANY };
  const folders = ["a", "b", "c"];
  const tree = { ...shared, ...Object.fromEntries(folders.map((name) => [`${name}/kustomization.yaml`, overlay])) };
  const { builds } = buildsOf({ one: tree }, hastyClock());
  const build = (path: string) => builds.build({ ...app({ path }), metadata: { name: path } }, artifact("one"), signal);
  await Promise.all(folders.map(build));
  expect(builds.counts).toMatchObject({ builds: 3, basesBuilt: 1, basesReused: 2 });
});

test("a large build stops once its reconciliation is given up, and those in line behind it go on", async () => {
  const { builds } = buildsOf({ large: { "app/a.yaml": MANY, "other/b.yaml": configMapFile("b") } }, hastyClock());
  const stop = new AbortController();
  const given = builds.build(app(), artifact("large"), stop.signal);
  const next = builds.build({ ...app({ path: "other" }), metadata: { name: "next" } }, artifact("large"), signal);
  setImmediate(() => stop.abort(new Error("given up")));
  await expect(given).rejects.toThrow("given up");
  expect((await next).objects).toHaveLength(1);
});
