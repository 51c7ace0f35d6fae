import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GitRepository } from "@sluice/api";
import { conditionOf, freePort, sourceLab, type SourceLabOptions, untilPasses } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

const lab = (options: Omit<SourceLabOptions, "run"> = {}) =>
  sourceLab({ ...options, run: (flags, deps, signal) => runSource(parseConfig(flags, {}), deps, signal) });

/** A lab whose object `app` is ready; the artifact server keeps its address over restarts. */
async function readyLab(options: Omit<SourceLabOptions, "run"> = {}) {
  const cx = await lab(options);
  const remote = await cx.git.create("app");
  await remote.commit({ files: { "app.yaml": "a: 1" } });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  return Object.assign(cx, { remote, firstReady: await cx.ready("app") });
}

const fileOf = (cx: { storage: string }, repo: GitRepository) => join(cx.storage, repo.status?.artifact?.path ?? "");
const cacheOf = (cx: { storage: string }, repo: GitRepository) =>
  join(cx.storage, ".git-cache", repo.metadata.uid ?? "");
const fixedAddress = { flags: ["--storage-adv-addr=source.example:80"] };
const roundTrip = ["refs", "pack"];

test("a suspended object is left alone until it is resumed", async () => {
  await using cx = await readyLab();
  await cx.change("app", { spec: { suspend: true } });
  const second = await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
  cx.git.forget();
  await cx.change("app", { metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": "1" } } });
  await cx.add("other", { url: cx.git.url("app"), ref: { branch: "main" } });
  await cx.ready("other");
  const asleep = await cx.until("app", () => true);
  expect(asleep?.status).toEqual(cx.firstReady.status);
  await cx.change("app", { spec: { suspend: false } });
  expect((await cx.ready("app")).status?.artifact?.revision).toBe(`main@sha1:${second}`);
});

test("deletion removes the artifacts and the Git cache of the object, and nothing of another one", async () => {
  await using cx = await readyLab();
  await cx.add("other", { url: cx.git.url("app"), ref: { branch: "main" } });
  const other = await cx.ready("other");
  await cx.client.delete({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    namespace: "default",
    name: "app",
  });
  await cx.until("app", (repo) => repo === undefined);
  expect(await readdir(join(cx.storage, "gitrepository/default"))).toEqual(["other"]);
  expect(await readdir(join(cx.storage, ".git-cache"))).toEqual([other.metadata.uid]);
  expect(await cx.files(other)).toEqual({ "app.yaml": "a: 1" });
  expect(await cx.event("app", "GarbageCollectionSucceeded")).toMatchObject({
    type: "Normal",
    message: "garbage collected artifacts for deleted resource",
  });
});

test("a suspended object that is deleted is cleaned up as well", async () => {
  await using cx = await readyLab();
  await cx.change("app", { spec: { suspend: true } });
  await cx.client.delete({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    namespace: "default",
    name: "app",
  });
  await cx.until("app", (repo) => repo === undefined);
  expect(await readdir(join(cx.storage, "gitrepository"))).toEqual([]);
});

test("an artifact that was damaged on the disk is told, and made anew with the same digest", async () => {
  await using cx = await readyLab();
  await writeFile(fileOf(cx, cx.firstReady), "damaged");
  const repaired = await cx.reconcile("app");
  expect(await cx.event("app", "ArtifactVerificationFailed")).toMatchObject({ type: "Warning" });
  expect(repaired.status?.artifact).toEqual(cx.firstReady.status?.artifact);
  expect(await cx.files(repaired)).toEqual({ "app.yaml": "a: 1" });
});

test("an artifact that was removed from the disk is made anew from the Git cache", async () => {
  await using cx = await readyLab();
  await rm(fileOf(cx, cx.firstReady));
  cx.git.forget();
  const repaired = await cx.reconcile("app");
  expect(await cx.files(repaired)).toEqual({ "app.yaml": "a: 1" });
  expect(cx.git.requests.map(({ step }) => step)).toEqual(roundTrip);
});

test("a Git cache that was damaged is made anew", async () => {
  await using cx = await readyLab();
  await rm(join(cacheOf(cx, cx.firstReady), "objects"), { recursive: true });
  await rm(fileOf(cx, cx.firstReady));
  const repaired = await cx.reconcile("app");
  expect(await cx.files(repaired)).toEqual({ "app.yaml": "a: 1" });
});

test("a status that another tool or a stranger wrote is replaced by what is in storage", async () => {
  await using cx = await readyLab();
  await cx.stop();
  const { artifact } = cx.firstReady.status ?? {};
  for (const forged of [{ digest: `blake3:${"0".repeat(64)}` }, { path: "../../../etc/passwd" }]) {
    const kind = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" };
    const body = { status: { artifact: { ...artifact, ...forged } } };
    await cx.client.patch(
      { ...kind, namespace: "default", name: "app" },
      { type: "merge", body },
      { subresource: "status" },
    );
    cx.start();
    const repaired = await cx.until(
      "app",
      (repo) => repo?.status?.artifact?.digest === artifact?.digest && repo?.status?.artifact?.path === artifact?.path,
    );
    expect(repaired).toBeDefined();
    await cx.stop();
  }
});

test("when the storage was wiped while the repository is away, its artifact is advertised no longer", async () => {
  await using cx = await readyLab(fixedAddress);
  await cx.stop();
  await rm(cx.storage, { recursive: true });
  cx.git.fault({ kind: "refuse" });
  cx.start();
  const lost = await cx.until("app", (repo) => repo?.status?.artifact === undefined);
  expect(conditionOf(lost, "ArtifactInStorage")).toBeUndefined();
  await cx.untilReason("app", "GitOperationFailed");
  cx.git.fault(undefined);
  const healed = await cx.ready("app");
  expect(healed.status?.artifact?.digest).toBe(cx.firstReady.status?.artifact?.digest);
});

test("a restart fetches nothing, writes nothing, and tells the bus what there is", async () => {
  await using cx = await readyLab(fixedAddress);
  await untilPasses(() => expect(cx.notices.length).toBe(1));
  await cx.stop();
  cx.git.forget();
  const before = await cx.client.get({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    namespace: "default",
    name: "app",
  });
  cx.start();
  await untilPasses(() => expect(cx.notices.length).toBe(2));
  await cx.stop();
  expect(cx.notices[1]).toEqual(cx.notices[0]);
  expect(cx.git.requests.map(({ step }) => step)).toEqual(roundTrip);
  const after = await cx.client.get({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    namespace: "default",
    name: "app",
  });
  expect(after).toEqual(before);
});

test("after a restart under another address, the status names the new one, also while the repository is away", async () => {
  await using cx = await readyLab();
  await cx.stop();
  cx.git.fault({ kind: "refuse" });
  cx.start(["--storage-adv-addr=other.example:80"]);
  const moved = await cx.until("app", (repo) => /^http:\/\/other.example:80\//.test(repo?.status?.artifact?.url ?? ""));
  expect(moved?.status?.artifact?.digest).toBe(cx.firstReady.status?.artifact?.digest);
});

test("superseded artifacts go when their time is over, the current one stays", async () => {
  await using cx = await readyLab({ flags: ["--artifact-retention-ttl=1ms"] });
  await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
  await cx.reconcile("app");
  const current = await cx.reconcile("app");
  const names = await readdir(join(cx.storage, "gitrepository/default/app"));
  expect(names).toEqual([(current.status?.artifact?.path ?? "").split("/").at(-1)]);
  expect(await cx.event("app", "GarbageCollectionSucceeded")).toMatchObject({
    message: "garbage collected 1 artifacts",
  });
});

test("within their time, no more superseded artifacts are kept than the records say", async () => {
  await using cx = await readyLab({ flags: ["--artifact-retention-records=2"] });
  for (const value of [2, 3, 4]) {
    await cx.remote.commit({ files: { "app.yaml": `a: ${value}` } });
    await cx.reconcile("app");
  }
  expect((await readdir(join(cx.storage, "gitrepository/default/app"))).length).toBe(2);
});

test("Git caches are never served, and those of objects that are no more are removed at the start", async () => {
  await using cx = await readyLab();
  const { origin } = new URL(cx.firstReady.status?.artifact?.url ?? "");
  const head = `.git-cache/${cx.firstReady.metadata.uid}/HEAD`;
  await access(join(cx.storage, head));
  for (const path of [head, encodeURIComponent(head), "gitrepository", ".tmp", ""])
    expect([path, (await fetch(`${origin}/${path}`)).status]).toEqual([path, path === "" ? 200 : 404]);
  await cx.stop();
  await mkdir(join(cx.storage, ".git-cache/orphan/objects"), { recursive: true });
  cx.start();
  await untilPasses(async () =>
    expect(await readdir(join(cx.storage, ".git-cache"))).toEqual([cx.firstReady.metadata.uid]),
  );
});

test("a standby is alive but not ready, and becomes ready when it leads", async () => {
  const lease = {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    namespace: "flux-system",
    name: "source-controller-leader-election",
  };
  const port = await freePort();
  await using cx = await lab({ stopped: true });
  await cx.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "flux-system" } });
  const now = new Date().toISOString().replace("Z", "000Z");
  await cx.client.create({
    apiVersion: lease.apiVersion,
    kind: lease.kind,
    metadata: { name: lease.name, namespace: lease.namespace },
    spec: {
      holderIdentity: "another",
      leaseDurationSeconds: 3600,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: 0,
    },
  });
  cx.start([`--health-addr=127.0.0.1:${port}`, "--enable-leader-election", "--leader-election-retry-period=100ms"]);
  const probe = async (path: string) => (await fetch(`http://127.0.0.1:${port}/${path}`)).status;
  await untilPasses(async () => expect(await probe("healthz")).toBe(200));
  expect(await probe("readyz")).toBe(503);
  await cx.client.delete(lease);
  await untilPasses(async () => expect(await probe("readyz")).toBe(200));
});
