import { type GitRepository } from "@sluice/api";
import { conditionOf, type SourceLab, sourceLab, type SourceLabOptions, untilPasses } from "@sluice/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

const lab = (options: Omit<SourceLabOptions, "run"> = {}) =>
  sourceLab({ ...options, run: (flags, deps, signal) => runSource(parseConfig(flags, {}), deps, signal) });

const revision = (repo: GitRepository | undefined) => repo?.status?.artifact?.revision;
const digest = (repo: GitRepository | undefined) => repo?.status?.artifact?.digest;

/** A lab whose object `app` follows `main` and is ready. */
async function readyLab(options: Omit<SourceLabOptions, "run"> = {}, spec: { interval?: string } = {}) {
  const cx = await lab(options);
  const remote = await cx.git.create("app");
  const first = await remote.commit({ files: { "app.yaml": "a: 1" }, message: "first\n\nwith a body" });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" }, ...spec });
  const ready = await cx.ready("app");
  return Object.assign(cx, { remote, first, firstReady: ready });
}

describe("references", () => {
  let cx: SourceLab;
  let older = "";
  let newer = "";

  beforeAll(async () => {
    cx = await lab();
    const remote = await cx.git.create("app");
    older = await remote.commit({ files: { a: "1" } });
    newer = await remote.commit({ files: { a: "2" } });
    await remote.branch("feature", older);
    await remote.branch("master", newer);
    await remote.tag("v1.0.0", { at: older });
    await remote.tag("v1.1.0", { at: newer, annotated: true });
    await remote.tag("v2.0.0-rc.1", { at: older });
    await remote.tag("v3", { at: older });
  });
  afterAll(() => cx[Symbol.asyncDispose]());

  test.each<[string, () => Record<string, string> | undefined, () => string]>([
    ["branch", () => ({ branch: "feature" }), () => `feature@sha1:${older}`],
    ["nothing: master", () => undefined, () => `master@sha1:${newer}`],
    ["tag", () => ({ tag: "v1.0.0" }), () => `v1.0.0@sha1:${older}`],
    ["annotated tag", () => ({ tag: "v1.1.0" }), () => `v1.1.0@sha1:${newer}`],
    ["version range, without pre-releases", () => ({ semver: ">=1.0.0" }), () => `v1.1.0@sha1:${newer}`],
    ["name of a branch", () => ({ name: "refs/heads/feature" }), () => `refs/heads/feature@sha1:${older}`],
    ["name of a tag", () => ({ name: "refs/tags/v1.1.0" }), () => `refs/tags/v1.1.0@sha1:${newer}`],
    ["commit", () => ({ commit: older }), () => `sha1:${older}`],
    ["commit of a branch", () => ({ commit: older, branch: "main" }), () => `main@sha1:${older}`],
    ["tag before semver", () => ({ tag: "v1.0.0", semver: ">=1.0.0" }), () => `v1.0.0@sha1:${older}`],
    ["semver before branch", () => ({ semver: "1.0.x", branch: "main" }), () => `v1.0.0@sha1:${older}`],
    ["name before tag", () => ({ name: "refs/heads/main", tag: "v1.0.0" }), () => `refs/heads/main@sha1:${newer}`],
    ["commit before name", () => ({ commit: older, name: "refs/heads/main" }), () => `sha1:${older}`],
  ])("the artifact follows the reference by %s", async (title, ref, wanted) => {
    const name = title.replace(/[^a-z]+/g, "-");
    await cx.add(name, { url: cx.git.url("app"), ...(ref() && { ref: ref() ?? {} }) });
    expect(revision(await cx.ready(name))).toBe(wanted());
  });

  test("an empty ref counts as none", async () => {
    await cx.add("empty-ref", { url: cx.git.url("app"), ref: {} });
    expect(revision(await cx.ready("empty-ref"))).toBe(`master@sha1:${newer}`);
  });
});

test("the first artifact is told by the status, an event and the bus, and can be fetched", async () => {
  await using cx = await readyLab();
  const { status } = cx.firstReady;
  const message = `stored artifact for revision 'main@sha1:${cx.first}'`;
  expect(status?.conditions?.map(({ type, status, reason, message }) => [type, status, reason, message])).toEqual([
    ["Ready", "True", "Succeeded", message],
    ["ArtifactInStorage", "True", "Succeeded", message],
  ]);
  expect(await cx.files(cx.firstReady)).toEqual({ "app.yaml": "a: 1" });
  expect(await cx.event("app", "NewArtifact")).toMatchObject({
    type: "Normal",
    message: "stored artifact for commit 'first'",
    metadata: {
      annotations: {
        "source.toolkit.fluxcd.io/revision": `main@sha1:${cx.first}`,
        "source.toolkit.fluxcd.io/digest": status?.artifact?.digest,
      },
    },
  });
  const { revision, digest, url, size } = status?.artifact ?? {};
  await untilPasses(() =>
    expect(cx.notices).toEqual([
      { kind: "GitRepository", namespace: "default", name: "app", revision, digest, url, size },
    ]),
  );
});

test("a push becomes an artifact at the next interval", async () => {
  await using cx = await readyLab({}, { interval: "50ms" });
  const second = await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
  const repo = await cx.until("app", (seen) => revision(seen) === `main@sha1:${second}`);
  expect(await cx.files(repo)).toEqual({ "app.yaml": "a: 2" });
});

test("a push becomes an artifact at once when a request comes over the bus", async () => {
  await using cx = await readyLab();
  const second = await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
  cx.bus.publishRequest({ kind: "GitRepository", namespace: "default", name: "app", requestedAt: "now" });
  await cx.until("app", (seen) => revision(seen) === `main@sha1:${second}`);
});

test("a request for an object that is not there, or of another kind, changes nothing", async () => {
  await using cx = await readyLab();
  for (const [kind, name] of [
    ["GitRepository", "nobody"],
    ["Bucket", "app"],
  ] as const)
    cx.bus.publishRequest({ kind, namespace: "default", name, requestedAt: "now" });
  expect(revision(await cx.reconcile("app"))).toBe(revision(cx.firstReady));
});

test("a revert brings the same digest back", async () => {
  await using cx = await readyLab();
  await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
  const changed = await cx.reconcile("app");
  const reverted = await cx.remote.revert();
  const again = await cx.reconcile("app");
  expect(digest(changed)).not.toBe(digest(cx.firstReady));
  expect([revision(again), digest(again)]).toEqual([`main@sha1:${reverted}`, digest(cx.firstReady)]);
});

test("a force push that drops the history is followed", async () => {
  await using cx = await readyLab();
  const forced = await cx.remote.forcePush({ files: { "new.yaml": "n" } });
  expect(revision(await cx.reconcile("app"))).toBe(`main@sha1:${forced}`);
});

test("a reference to the same commit by another name changes the revision, not the file", async () => {
  await using cx = await readyLab();
  await cx.remote.branch("other");
  await cx.change("app", { spec: { ref: { branch: "other" } } });
  const moved = await cx.ready("app");
  expect(moved.status?.artifact).toMatchObject({
    revision: `other@sha1:${cx.first}`,
    digest: digest(cx.firstReady),
    path: cx.firstReady.status?.artifact?.path,
  });
});

test("tags of equal version are ordered by the time of their commits, which are fetched once", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  const commits = [];
  for (const build of ["c", "a", "b"]) {
    commits.push(await remote.commit({ files: { build } }));
    await remote.tag(`1.0.0+${build}`);
  }
  await cx.add("app", { url: cx.git.url("app"), ref: { semver: "1.x" } });
  expect(revision(await cx.ready("app"))).toBe(`1.0.0+b@sha1:${commits[2]}`);
  cx.git.forget();
  await cx.reconcile("app");
  expect(cx.git.requests.map(({ step }) => step)).toEqual(["refs", "pack"]);
});

test("a run that finds nothing new asks once for references, and writes only the answer to the request", async () => {
  await using cx = await readyLab();
  cx.git.forget();
  const answered = await cx.reconcile("app");
  // One round trip of protocol version 2: the capabilities, then the references.
  expect(cx.git.requests.map(({ step }) => step)).toEqual(["refs", "pack"]);
  const { lastHandledReconcileAt, ...status } = answered.status ?? {};
  expect(lastHandledReconcileAt).toBe("request-1");
  expect(status).toEqual(cx.firstReady.status);
});

test("interval ticks without news write nothing and say nothing", async () => {
  await using cx = await readyLab({}, { interval: "30ms" });
  const writes = () => ["patch:gitrepositories/status", "patch:gitrepositories"].map((verb) => cx.requests(verb));
  const before = writes();
  cx.git.forget();
  await untilPasses(() => expect(cx.git.requests.filter(({ step }) => step === "refs").length).toBeGreaterThan(3));
  await cx.stop();
  const steps = cx.git.requests.map(({ step }) => step);
  expect(steps.filter((step) => step === "pack").length).toBeLessThanOrEqual(
    steps.filter((step) => step === "refs").length,
  );
  expect(writes()).toEqual(before);
  expect(cx.notices.length).toBe(1);
  expect(cx.eventsOf("app")).toEqual(["NewArtifact"]);
});

test("while a new revision cannot be stored, the object says what is outdated and what failed, and keeps the old artifact", async () => {
  await using cx = await readyLab({ flags: ["--artifact-max-size=8192"] });
  const second = await cx.remote.commit({ files: { big: "x".repeat(20_000) } });
  const failed = await cx.reconcile("app");
  expect(conditionOf(failed, "ArtifactOutdated")).toEqual({
    status: "True",
    reason: "NewRevision",
    message: `new upstream revision 'main@sha1:${second}'`,
  });
  expect(conditionOf(failed, "StorageOperationFailed")).toMatchObject({
    status: "True",
    reason: "ArchiveOperationFailed",
  });
  expect(conditionOf(failed, "Ready")?.message).toMatch(/exceeds limit 8192 bytes/);
  expect(failed.status?.artifact).toEqual(cx.firstReady.status?.artifact);
  expect(await cx.files(failed)).toEqual({ "app.yaml": "a: 1" });
  await cx.remote.commit({ files: { big: null } });
  const healed = await cx.reconcile("app");
  expect(healed.status?.conditions?.map(({ type }) => type)).toEqual(["Ready", "ArtifactInStorage"]);
});
