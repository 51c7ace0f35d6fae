import { createHash } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { scratchDir, silentLog } from "@sluice/base";
import { expect, test } from "vitest";
import { serveArtifacts } from "./server.ts";

const content = "0123456789";
const sha256 = createHash("sha256").update(content).digest();
const etag = `"${sha256.toString("hex")}"`;

async function lab() {
  const scratch = await scratchDir("sluice-serve");
  const root = join(scratch.path, "data");
  await mkdir(join(root, "gitrepository/apps/web"), { recursive: true });
  await mkdir(join(root, ".tmp"));
  await writeFile(join(root, "gitrepository/apps/web/a.tar.gz"), content);
  await writeFile(join(root, "gitrepository/apps/web/empty.tar.gz"), "");
  await writeFile(join(root, ".tmp/half"), "secret");
  await writeFile(join(scratch.path, "outside"), "secret");
  await symlink(join(scratch.path, "outside"), join(root, "gitrepository/apps/web/link.tar.gz"));
  await symlink(scratch.path, join(root, "linked"));
  const state = { ready: true };
  const server = await serveArtifacts({ root, host: "127.0.0.1", port: 0, log: silentLog, ready: () => state.ready });
  const file = `${server.url}/gitrepository/apps/web/a.tar.gz`;
  return {
    ...{ server, state, file, root },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** A request whose path is sent exactly as given; fetch would tidy it. */
function rawStatus(port: number, path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on("error", reject);
    sent.end();
  });
}

test("GET gives the file with its digest and ETag", async () => {
  await using cx = await lab();
  const response = await fetch(cx.file);
  expect(response.status).toBe(200);
  expect(response.headers.get("etag")).toBe(etag);
  expect(response.headers.get("digest")).toBe(`sha-256=${sha256.toString("base64")}`);
  expect(response.headers.get("content-length")).toBe("10");
  expect(await response.text()).toBe(content);
});

test("HEAD gives the headers only", async () => {
  await using cx = await lab();
  const response = await fetch(cx.file, { method: "HEAD" });
  expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([200, "10", ""]);
});

test.each([
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-3", 206, "789", "bytes 7-9/10"],
  ["bytes=-99", 206, content, "bytes 0-9/10"],
  ["bytes=5-99", 206, "56789", "bytes 5-9/10"],
  ["bytes=10-", 416, "", "bytes */10"],
  ["bytes=-0", 416, "", "bytes */10"],
  ["bytes=4-2", 200, content, null],
  ["bytes=0-1,3-4", 200, content, null],
  ["lines=1-2", 200, content, null],
  ["bytes=-", 200, content, null],
])("Range %j is answered with %d %j", async (range, status, body, contentRange) => {
  await using cx = await lab();
  const response = await fetch(cx.file, { headers: { Range: range } });
  expect([response.status, await response.text(), response.headers.get("content-range")]).toEqual([
    status,
    body,
    contentRange,
  ]);
});

test("a range for another version of the file gives the whole file", async () => {
  await using cx = await lab();
  const response = await fetch(cx.file, { headers: { Range: "bytes=0-1", "If-Range": '"other"' } });
  expect([response.status, await response.text()]).toEqual([200, content]);
});

test.each([
  [etag, 304],
  [`W/${etag}`, 304],
  [`"x", ${etag}`, 304],
  ["*", 304],
  ['"x"', 200],
])("If-None-Match %j is answered with %d", async (tag, status) => {
  await using cx = await lab();
  expect((await fetch(cx.file, { headers: { "If-None-Match": tag } })).status).toBe(status);
});

test("an empty file is served as such", async () => {
  await using cx = await lab();
  const response = await fetch(`${cx.server.url}/gitrepository/apps/web/empty.tar.gz`);
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test.each([
  "/gitrepository/apps/web/none.tar.gz",
  "/gitrepository/apps/web",
  "/gitrepository/apps/web/",
  "/gitrepository/apps/web/a.tar.gz/",
  "/gitrepository/apps/web/link.tar.gz",
  "/linked/outside",
  "/.tmp/half",
  "/../outside",
  "/gitrepository/../../outside",
  "/gitrepository/%2e%2e/%2e%2e/outside",
  "/%2e%2e%2foutside",
  "/..%5coutside",
  "/gitrepository/apps/web/a.tar.gz%00",
  "/%",
  `/${"x".repeat(5000)}`,
])("%j is 404", async (path) => {
  await using cx = await lab();
  expect(await rawStatus(cx.server.port, path)).toBe(404);
});

test("/ answers probes and lists nothing", async () => {
  await using cx = await lab();
  const response = await fetch(`${cx.server.url}/`);
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

test("everything is 503 while not ready", async () => {
  await using cx = await lab();
  cx.state.ready = false;
  expect((await fetch(cx.file)).status).toBe(503);
  expect((await fetch(`${cx.server.url}/`)).status).toBe(503);
  cx.state.ready = true;
  expect((await fetch(cx.file)).status).toBe(200);
});

test.each(["POST", "PUT", "DELETE"])("%s is 405", async (method) => {
  await using cx = await lab();
  const response = await fetch(cx.file, { method });
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});

test("a file that was replaced is served with its new digest", async () => {
  await using cx = await lab();
  await fetch(cx.file);
  await writeFile(join(cx.root, "gitrepository/apps/web/a.tar.gz"), "another content");
  const response = await fetch(cx.file);
  const text = await response.text();
  expect(response.headers.get("etag")).toBe(`"${createHash("sha256").update(text).digest("hex")}"`);
});
