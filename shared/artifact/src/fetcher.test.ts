import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { type Clock, systemClock } from "@sluice/base";
import { expect, test } from "vitest";
import { type DigestAlgorithm, digestOf } from "./digest.ts";
import { artifactFetcher, type FetcherOptions } from "./fetcher.ts";
import { writeTar } from "./tar-write.ts";
import { type ArtifactTree } from "./tree.ts";

const { signal } = new AbortController();

async function archive(files: Record<string, string>): Promise<Buffer> {
  const entries = Object.entries(files).map(([path, text]) => {
    const bytes = Buffer.from(text);
    return { type: "file" as const, path, executable: false, size: bytes.length, read: () => bytes };
  });
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar([{ type: "directory", path: "." }, ...entries])) chunks.push(chunk);
  return gzipSync(Buffer.concat(chunks));
}

/** A clock whose waits end at once; it writes down how long they should have been. */
function impatientClock(waits: number[]): Clock {
  return {
    ...systemClock,
    after(delayMs, task) {
      waits.push(delayMs);
      const turn = setImmediate(task);
      return { [Symbol.dispose]: () => clearImmediate(turn) };
    },
  };
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function lab(answer: Answer | Buffer, options: Partial<FetcherOptions> = {}) {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    if (Buffer.isBuffer(answer)) response.end(answer);
    else answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const waits: number[] = [];
  const fetcher = artifactFetcher({ clock: impatientClock(waits), ...options });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    ...{ requests, waits, fetcher, host, url: `http://${host}/a.tar.gz` },
    async [Symbol.asyncDispose]() {
      await fetcher[Symbol.asyncDispose]();
      server.close();
      server.closeAllConnections();
    },
  };
}

test("tree() gives the files of an artifact", async () => {
  const bytes = await archive({ "a.yaml": "A", "d/b.yaml": "B", "d/c.yaml": "A" });
  await using cx = await lab(bytes);
  const tree = await cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  expect([...tree.files()]).toEqual(["a.yaml", "d/b.yaml", "d/c.yaml"]);
  expect(Buffer.from(tree.read("d/b.yaml") ?? "").toString()).toBe("B");
  expect([tree.list(""), tree.list("d"), tree.list("none"), tree.list("a.yaml")]).toEqual([
    ["a.yaml", "d"],
    ["b.yaml", "c.yaml"],
    undefined,
    undefined,
  ]);
  expect([tree.read("none"), tree.read("d"), tree.digest("none")]).toEqual([undefined, undefined, undefined]);
  expect(tree.digest("a.yaml")).toBe(tree.digest("d/c.yaml"));
  expect(tree.digest("a.yaml")).toBe(digestOf(Buffer.from("A")));
  expect(tree.artifactDigest).toBe(digestOf(bytes));
});

test("a thousand callers at once cost one download and get the same tree", async () => {
  const bytes = await archive({ a: "A" });
  await using cx = await lab(bytes);
  const asked = Array.from({ length: 1000 }, () =>
    cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, new AbortController().signal),
  );
  expect(new Set(await Promise.all(asked)).size).toBe(1);
  await cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  expect(cx.requests).toHaveLength(1);
});

test("the same content from two URLs at once is one tree", async () => {
  const bytes = await archive({ a: "A" });
  await using cx = await lab(bytes);
  const digest = digestOf(bytes);
  const trees = await Promise.all(
    ["x", "y"].map((path) => cx.fetcher.tree({ url: `http://${cx.host}/${path}`, digest }, signal)),
  );
  expect(trees[0]).toBe(trees[1]);
});

test("a tree above the cache's limit is still the same tree while somebody holds it", async () => {
  const bytes = await archive({ a: "A" });
  await using cx = await lab(bytes, { cacheBytes: 0 });
  const first = await cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  const second = await cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  expect(second).toBe(first);
  expect(cx.requests).toHaveLength(1);
});

test.each(["sha1", "sha256", "sha384", "sha512"] as DigestAlgorithm[])("a %s digest is verified", async (algorithm) => {
  const bytes = await archive({ a: "A" });
  await using cx = await lab(bytes);
  const digest = digestOf(bytes, algorithm);
  expect((await cx.fetcher.tree({ url: cx.url, digest }, signal)).artifactDigest).toBe(digest);
  const other = digest.replace(/.$/, (last) => (last === "0" ? "1" : "0"));
  await expect(cx.fetcher.tree({ url: cx.url, digest: other }, signal)).rejects.toMatchObject({
    code: "DIGEST_MISMATCH",
    data: { want: other, got: digest },
  });
});

test.each(["", "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:abc", `sha256:${"A".repeat(64)}`, "constructor:00"])(
  "the digest %j is refused before anything is sent",
  async (digest) => {
    await using cx = await lab(Buffer.from(""));
    await expect(cx.fetcher.tree({ url: cx.url, digest }, signal)).rejects.toMatchObject({ code: "DIGEST_INVALID" });
    expect(cx.requests).toEqual([]);
  },
);

const someDigest = digestOf(Buffer.from("x"));

test("404 is NOT_FOUND at once", async () => {
  await using cx = await lab((_, response) => void response.writeHead(404).end());
  await expect(cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal)).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  expect(cx.requests).toHaveLength(1);
});

test("503 and broken connections are tried 9 times more, at growing intervals", async () => {
  let count = 0;
  await using cx = await lab((request, response) => {
    if (count++ % 2 === 0) response.writeHead(503).end();
    else request.socket.destroy();
  });
  const failing = cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal);
  await expect(failing).rejects.toMatchObject({ code: "UNREACHABLE", data: { tries: 10 } });
  expect(cx.requests).toHaveLength(10);
  expect(cx.waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600]);
});

test("a download that breaks off is tried again from the start", async () => {
  const bytes = await archive({ a: "A".repeat(5000) });
  let count = 0;
  await using cx = await lab((request, response) => {
    response.writeHead(200, { "Content-Length": bytes.length });
    if (count++ > 0) return void response.end(bytes);
    response.write(bytes.subarray(0, 20), () => request.socket.destroy());
  });
  const tree = await cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  expect(tree.read("a")).toHaveLength(5000);
});

test("403 is not tried again", async () => {
  await using cx = await lab((_, response) => void response.writeHead(403).end());
  await expect(cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal)).rejects.toMatchObject({
    code: "UNREACHABLE",
    data: { tries: 1, status: 403 },
  });
});

test("a redirect is not followed", async () => {
  await using cx = await lab(
    (_, response) => void response.writeHead(302, { Location: "http://169.254.169.254/" }).end(),
  );
  await expect(cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal)).rejects.toMatchObject({
    data: { status: 302 },
  });
});

test.each([
  "http://169.254.169.254/x",
  "https://kubernetes.default/x",
  "http://[::1]/x",
  "file:///etc/passwd",
  "nonsense",
  "http://me:pw@source.local/x",
])("the URL %j is refused where only artifact hosts are allowed", async (url) => {
  await using cx = await lab(Buffer.from(""), { allowedHosts: ["source.local"] });
  await expect(cx.fetcher.tree({ url, digest: someDigest }, signal)).rejects.toMatchObject({ code: "URL_REFUSED" });
});

test("an allowed host may be given with its port, and a trailing dot does not matter", async () => {
  const bytes = await archive({ a: "A" });
  await using cx = await lab(bytes, { allowedHosts: ["LOCALHOST.", "127.0.0.1:1"] });
  const byName = cx.url.replace("127.0.0.1", "localhost");
  expect([...(await cx.fetcher.tree({ url: byName, digest: digestOf(bytes) }, signal)).files()]).toEqual(["a"]);
  await expect(cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal)).rejects.toMatchObject({
    code: "URL_REFUSED",
  });
});

const limits = { archiveBytes: 4000, unpackedBytes: 100_000, entries: 10 };

test("an archive above the cap is TOO_LARGE", async () => {
  await using cx = await lab(Buffer.alloc(4001, "x"), { limits });
  await expect(cx.fetcher.tree({ url: cx.url, digest: someDigest }, signal)).rejects.toMatchObject({
    code: "TOO_LARGE",
    data: { what: "archive", limit: 4000 },
  });
});

test("a small archive that unpacks to much is TOO_LARGE", async () => {
  const bytes = gzipSync(Buffer.alloc(1_000_000));
  await using cx = await lab(bytes, { limits });
  await expect(cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal)).rejects.toMatchObject({
    code: "TOO_LARGE",
    data: { what: "unpacked archive", limit: 100_000 },
  });
});

test.each([
  ["not gzip", async () => Buffer.from("hello, this is not gzip at all")],
  ["truncated", async () => (await archive({ a: "A" })).subarray(0, -9)],
  ["followed by garbage", async () => Buffer.concat([await archive({ a: "A" }), Buffer.from("garbage")])],
  ["two members", async () => Buffer.concat([await archive({ a: "A" }), await archive({ b: "B" })])],
  ["not a tar", async () => gzipSync("x".repeat(2000))],
])("an archive that is %s is ARCHIVE_INVALID", async (_, make) => {
  const bytes = await make();
  await using cx = await lab(bytes);
  const failing = cx.fetcher.tree({ url: cx.url, digest: digestOf(bytes) }, signal);
  await expect(failing).rejects.toMatchObject({ code: "ARCHIVE_INVALID" });
});

test("a caller who gives up leaves at once; the others still get the tree", async () => {
  const bytes = await archive({ a: "A" });
  let release = () => {};
  await using cx = await lab((_, response) => {
    release = () => void response.end(bytes);
    leaving.abort(new Error("gone"));
  });
  const leaving = new AbortController();
  const artifact = { url: cx.url, digest: digestOf(bytes) };
  const [gone, staying] = [cx.fetcher.tree(artifact, leaving.signal), cx.fetcher.tree(artifact, signal)];
  await expect(gone).rejects.toThrow("gone");
  release();
  expect((await staying).read("a")).toHaveLength(1);
  expect(cx.requests).toHaveLength(1);
});

test("when the last caller gives up, the download ends, and a later one starts anew", async () => {
  const bytes = await archive({ a: "A" });
  const first = new AbortController();
  let closed: Promise<unknown> | undefined;
  await using cx = await lab((request, response) => {
    if (closed !== undefined) return void response.end(bytes);
    closed = new Promise((resolve) => request.socket.once("close", resolve));
    first.abort(new Error("gone"));
  });
  const artifact = { url: cx.url, digest: digestOf(bytes) };
  await expect(cx.fetcher.tree(artifact, first.signal)).rejects.toThrow("gone");
  await closed;
  const tree: ArtifactTree = await cx.fetcher.tree(artifact, signal);
  expect(tree.bytes).toBeGreaterThan(0);
});

test("a failure is not remembered", async () => {
  const bytes = await archive({ a: "A" });
  let count = 0;
  await using cx = await lab(
    (_, response) => void (count++ === 0 ? response.writeHead(404).end() : response.end(bytes)),
  );
  const artifact = { url: cx.url, digest: digestOf(bytes) };
  await expect(cx.fetcher.tree(artifact, signal)).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect([...(await cx.fetcher.tree(artifact, signal)).files()]).toEqual(["a"]);
});
