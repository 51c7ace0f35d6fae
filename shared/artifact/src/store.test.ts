import { appendFile, chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync, gunzipSync } from "node:zlib";
import { scratchDir } from "@sluice/base";
import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { digestOf } from "./digest.ts";
import { type ArtifactRef, openStore } from "./store.ts";
import { readTar } from "./tar-read.ts";
import { type TarEntry } from "./tar-write.ts";

const { signal } = new AbortController();
const policy = { ttlMs: 60_000, records: 2 };

function entries(files: Record<string, string>): TarEntry[] {
  const paths = Object.keys(files).sort();
  return paths.map((path) => {
    const bytes = Buffer.from(files[path] ?? "");
    return { type: "file", path, executable: false, size: bytes.length, read: () => bytes };
  });
}

async function lab() {
  const scratch = await scratchDir("sluice-store");
  const clock = fakeClock(Date.UTC(2026, 0, 2));
  const root = join(scratch.path, "data");
  const open = () => openStore({ root, advertisedAddress: "source.local.:9090", clock });
  return { root, clock, open, store: await open(), [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose]() };
}

const ref = (commit: string): ArtifactRef => ({
  kind: "GitRepository",
  namespace: "apps",
  name: "web",
  revision: `main@sha1:${commit}`,
  fileName: `${commit}.tar.gz`,
});

test("put() stores a tar.gz and describes it as status.artifact does", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("abc"), entries({ "a.yaml": "hello" }), { signal });
  const bytes = await readFile(join(cx.root, artifact.path));
  expect(artifact).toEqual({
    digest: digestOf(bytes),
    path: "gitrepository/apps/web/abc.tar.gz",
    url: "http://source.local.:9090/gitrepository/apps/web/abc.tar.gz",
    revision: "main@sha1:abc",
    lastUpdateTime: "2026-01-02T00:00:00Z",
    size: bytes.length,
  });
  const [file] = readTar(gunzipSync(bytes), { entries: 10 }).files;
  expect([file?.path, Buffer.from(file?.content ?? "").toString()]).toEqual(["a.yaml", "hello"]);
});

test("put() makes files 0600 and directories 0700, and a gzip header without time or system", async () => {
  await using cx = await lab();
  const { path } = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  const file = join(cx.root, path);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect((await stat(join(file, ".."))).mode & 0o777).toBe(0o700);
  expect((await readFile(file)).subarray(0, 10).toString("hex")).toBe("1f8b08000000000000ff");
});

test("put() of the same tree gives the same bytes in every store", async () => {
  await using one = await lab();
  await using two = await lab();
  await two.clock.advance(5_000_000);
  const files = { "a.yaml": "a".repeat(100_000), "b/c.yaml": "b" };
  const first = await one.store.put(ref("abc"), entries(files), { signal });
  const second = await two.store.put(ref("abc"), entries(files), { signal });
  expect(second.digest).toBe(first.digest);
});

test("put() leaves a file with the same content untouched", async () => {
  await using cx = await lab();
  const first = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  const before = await stat(join(cx.root, first.path));
  await cx.clock.advance(60_000);
  expect(await cx.store.put(ref("abc"), entries({ a: "1" }), { signal })).toEqual(first);
  expect((await stat(join(cx.root, first.path))).ino).toBe(before.ino);
});

test("put() keeps a file that holds the same tar in another compression", async () => {
  await using cx = await lab();
  const first = await cx.store.put(ref("abc"), entries({ a: "1".repeat(9000) }), { signal });
  const file = join(cx.root, first.path);
  const other = gzipSync(gunzipSync(await readFile(file)), { level: 1 });
  await writeFile(file, other);
  const second = await cx.store.put(ref("abc"), entries({ a: "1".repeat(9000) }), { signal });
  expect(second.digest).toBe(digestOf(other));
  expect(await readFile(file)).toEqual(other);
});

test("put() replaces a file whose content is another one or damaged", async () => {
  await using cx = await lab();
  const first = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  await writeFile(join(cx.root, first.path), "damaged");
  const second = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  expect(second.digest).toBe(first.digest);
  expect((await cx.store.put(ref("abc"), entries({ a: "2" }), { signal })).digest).not.toBe(first.digest);
});

test("a failed put() leaves the old file and nothing else behind", async () => {
  await using cx = await lab();
  const first = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  async function* failing(): AsyncGenerator<TarEntry> {
    yield* entries({ a: "2" });
    throw new Error("the source broke");
  }
  await expect(cx.store.put(ref("abc"), failing(), { signal })).rejects.toThrow("the source broke");
  expect(await cx.store.verify(first)).toBe("ok");
  expect(await readdir(join(cx.root, ".tmp"))).toEqual([]);
});

test("put() fails with TOO_LARGE over its limit", async () => {
  await using cx = await lab();
  const putting = cx.store.put(ref("abc"), entries({ a: "x".repeat(5000) }), { signal, limitBytes: 4096 });
  await expect(putting).rejects.toMatchObject({ code: "TOO_LARGE", data: { limit: 4096 } });
});

test("put() ends with the signal's reason when it aborts", async () => {
  await using cx = await lab();
  const controller = new AbortController();
  async function* slow(): AsyncGenerator<TarEntry> {
    yield* entries({ a: "1" });
    controller.abort();
    yield* entries({ b: "1" });
  }
  await expect(cx.store.put(ref("abc"), slow(), { signal: controller.signal })).rejects.toMatchObject({
    name: "AbortError",
  });
  expect(await readdir(join(cx.root, ".tmp"))).toEqual([]);
});

test.each(["../x", "a/b", "..", ".hidden", "", "a\0b", "x".repeat(300)])("put() refuses the name %j", async (name) => {
  await using cx = await lab();
  const putting = cx.store.put({ ...ref("abc"), name }, entries({ a: "1" }), { signal });
  await expect(putting).rejects.toMatchObject({ code: "NAME_INVALID" });
});

test("put() fails with STORAGE_FAILED, and names the errno, when the disk refuses", async () => {
  await using cx = await lab();
  await writeFile(join(cx.root, "gitrepository"), "in the way");
  const putting = cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  await expect(putting).rejects.toMatchObject({
    code: "STORAGE_FAILED",
    data: { errno: expect.stringMatching(/^E/) as unknown },
  });
});

test("a store with another digest algorithm names, finds and verifies artifacts by it", async () => {
  await using cx = await lab();
  const before = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  const store = await openStore({
    root: cx.root,
    advertisedAddress: "s:1",
    clock: cx.clock,
    digestAlgorithm: "sha512",
  });
  const after = await store.put(ref("abc"), entries({ a: "1" }), { signal });
  expect(after.digest).toBe(digestOf(await readFile(join(cx.root, after.path)), "sha512"));
  expect([await store.verify(after), await store.verify(before)]).toEqual(["ok", "ok"]);
  await appendFile(join(cx.root, after.path), "x");
  expect([await store.verify(after), await store.verify(before)]).toEqual(["corrupt", "corrupt"]);
});

test("discard() removes one file and nothing else", async () => {
  await using cx = await lab();
  const one = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  const two = await cx.store.put(ref("two"), entries({ a: "2" }), { signal });
  await cx.store.discard(one);
  await cx.store.discard(one);
  expect([await cx.store.verify(one), await cx.store.verify(two)]).toEqual(["missing", "ok"]);
});

test("verify() tells ok, missing and corrupt apart", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  expect(await cx.store.verify(artifact)).toBe("ok");
  await appendFile(join(cx.root, artifact.path), "x");
  expect(await cx.store.verify(artifact)).toBe("corrupt");
  await rm(join(cx.root, artifact.path));
  expect(await cx.store.verify(artifact)).toBe("missing");
});

test("verify() does not read a file again that has the size and time it was verified with", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  await chmod(join(cx.root, artifact.path), 0o000);
  expect(await cx.store.verify(artifact)).toBe("ok");
  const reopened = await cx.open();
  await chmod(join(cx.root, artifact.path), 0o600);
  expect(await reopened.verify(artifact)).toBe("ok");
});

test("verify() fails with NAME_INVALID for a path outside the store", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("abc"), entries({ a: "1" }), { signal });
  await expect(cx.store.verify({ ...artifact, path: "../../../etc/passwd" })).rejects.toMatchObject({
    code: "NAME_INVALID",
  });
});

test("collect() removes superseded files after the TTL, counted from when they were superseded", async () => {
  await using cx = await lab();
  const old = await cx.store.put(ref("old"), entries({ a: "1" }), { signal });
  await cx.clock.advance(3_600_000);
  const current = await cx.store.put(ref("new"), entries({ a: "2" }), { signal });
  expect(await cx.store.collect(ref("new"), current, policy, cx.clock.now())).toEqual([]);
  await cx.clock.advance(60_001);
  expect(await cx.store.collect(ref("new"), current, policy, cx.clock.now())).toEqual([old.path]);
  expect(await cx.store.verify(old)).toBe("missing");
  expect(await cx.store.verify(current)).toBe("ok");
});

test("collect() keeps a file that became current again by a revert", async () => {
  await using cx = await lab();
  const one = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  const two = await cx.store.put(ref("two"), entries({ a: "2" }), { signal });
  await cx.store.collect(ref("two"), two, policy, cx.clock.now());
  await cx.clock.advance(50_000);
  expect(await cx.store.put(ref("one"), entries({ a: "1" }), { signal })).toEqual(one);
  await cx.store.collect(ref("one"), one, policy, cx.clock.now());
  await cx.clock.advance(60_001);
  expect(await cx.store.collect(ref("one"), one, policy, cx.clock.now())).toEqual([two.path]);
  expect(await cx.store.verify(one)).toBe("ok");
});

test("collect() of an object without files removes nothing", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  expect(await cx.store.collect({ ...ref("one"), name: "other" }, artifact, policy, cx.clock.now())).toEqual([]);
});

test("remove() takes an object's files, and the folder of its namespace when nothing else is there", async () => {
  await using cx = await lab();
  const web = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  const api = await cx.store.put({ ...ref("one"), name: "api" }, entries({ a: "1" }), { signal });
  await cx.store.remove(ref("one"));
  expect([await cx.store.verify(web), await cx.store.verify(api)]).toEqual(["missing", "ok"]);
  await cx.store.remove({ ...ref("one"), name: "api" });
  expect(await readdir(join(cx.root, "gitrepository"))).toEqual([]);
  await cx.store.remove(ref("one"));
});

test("openStore() removes temporary files that a killed process left, and keeps artifacts", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  await mkdir(join(cx.root, ".tmp"), { recursive: true });
  await writeFile(join(cx.root, ".tmp", "half"), "half");
  const reopened = await cx.open();
  expect(await readdir(join(cx.root, ".tmp"))).toEqual([]);
  expect(await reopened.verify(artifact)).toBe("ok");
});

test("lastUpdateTime is the time of writing, also after a restart", async () => {
  await using cx = await lab();
  const artifact = await cx.store.put(ref("one"), entries({ a: "1" }), { signal });
  await cx.clock.advance(86_400_000);
  const again = await (await cx.open()).put(ref("one"), entries({ a: "1" }), { signal });
  expect(again.lastUpdateTime).toBe(artifact.lastUpdateTime);
  await utimes(join(cx.root, artifact.path), 0, 0);
  expect(await cx.store.verify(artifact)).toBe("ok");
});
