import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { readdir, readFile, rm, writeFile, chmod, stat } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { startGitServer } from "@sluice/testkit";
import { expect, test, vi } from "vitest";
import { type CallOptions } from "./git.ts";
import { nativeGit } from "./native-git.ts";

const call: CallOptions = { signal: new AbortController().signal, timeoutMs: 20_000 };
const git = nativeGit({ clock: systemClock });

async function lab(options: Parameters<typeof startGitServer>[0] = {}) {
  const server = await startGitServer(options);
  const scratch = await scratchDir("sluice-faults");
  const app = await server.create("app");
  const dir = join(scratch.path, "app.git");
  const remote = { url: server.url("app") };
  const fetch = async (from: Parameters<typeof git.fetch>[1] = remote) =>
    git.fetch(dir, from, await git.resolve(from, { branch: "main" }, call), call);
  return {
    ...{ server, scratch, app, dir, remote, fetch },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

/** The files of a repository's only pack. */
async function packsOf(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, "objects/pack"));
  return names.filter((name) => name.endsWith(".pack")).map((name) => join(dir, "objects/pack", name));
}

test("fetch() sends only what is missing", async () => {
  await using cx = await lab();
  const noise = (seed: number) => Array.from({ length: 3000 }, (_, i) => Math.sin(i * seed).toString(36)).join("");
  await cx.app.commit({ files: { big: noise(1), "small.yaml": "1" } });
  await cx.fetch();
  const [first] = await packsOf(cx.dir);
  await cx.app.commit({ files: { "small.yaml": "2" } });
  await cx.fetch();
  const sizes = await Promise.all((await packsOf(cx.dir)).map(async (pack) => (await stat(pack)).size));
  expect(sizes).toHaveLength(2);
  expect((await stat(first ?? "")).size).toBeGreaterThan(20_000);
  expect(Math.min(...sizes)).toBeLessThan(1000);
});

test("after 30 packs the repository is packed anew, and still fetches and reads", async () => {
  await using cx = await lab();
  for (let i = 0; i < 32; i++) {
    await cx.app.commit({ files: { a: String(i) } });
    await cx.fetch();
  }
  expect((await packsOf(cx.dir)).length).toBeLessThan(5);
  await cx.app.commit({ files: { a: "last" } });
  const { hash } = await cx.fetch();
  await using tree = await git.openTree(cx.dir, hash, call);
  expect(Buffer.from((await tree.files[0]?.read()) ?? "").toString()).toBe("last");
}, 60_000);

test.each([
  ["HEAD is gone", (dir: string) => rm(join(dir, "HEAD"))],
  ["the config is nonsense", (dir: string) => writeFile(join(dir, "config"), "[[[")],
  ["it is marked as stale", (dir: string) => writeFile(join(dir, "sluice-stale"), "")],
  ["the directory is a file", async (dir: string) => rm(dir, { recursive: true }).then(() => writeFile(dir, "x"))],
  ["the ref is nonsense", (dir: string) => writeFile(join(dir, "refs/sluice/current"), "nonsense\n")],
  ["the objects are gone", (dir: string) => rm(join(dir, "objects/pack"), { recursive: true })],
  [
    "dead locks lie about",
    (dir: string) =>
      writeFile(join(dir, "shallow.lock"), "").then(() => writeFile(join(dir, "refs/sluice/current.lock"), "")),
  ],
])("fetch() recovers when %s", async (_, damage) => {
  await using cx = await lab();
  await cx.app.commit({ files: { a: "1" } });
  await cx.fetch();
  await damage(cx.dir);
  const commit = await cx.app.commit({ files: { a: "2" } });
  expect((await cx.fetch()).hash).toBe(commit);
  await using tree = await git.openTree(cx.dir, commit, call);
  expect(Buffer.from((await tree.files[0]?.read()) ?? "").toString()).toBe("2");
});

test("a damaged object fails with CORRUPT when it is read; the repository is then gone, and the next fetch() works", async () => {
  await using cx = await lab();
  await cx.app.commit({ files: { a: "x".repeat(3000), b: "y" } });
  const { hash } = await cx.fetch();
  const [pack = ""] = await packsOf(cx.dir);
  await chmod(pack, 0o600);
  const bytes = await readFile(pack);
  await writeFile(pack, bytes.fill(0xee, 12, bytes.length - 20));
  const reading = async () => {
    await using tree = await git.openTree(cx.dir, hash, call);
    await Promise.all(tree.files.map((file) => file.read()));
  };
  await expect(reading()).rejects.toMatchObject({ code: "CORRUPT" });
  await expect(stat(cx.dir)).rejects.toMatchObject({ code: "ENOENT" });
  await cx.fetch();
  await expect(reading()).resolves.toBeUndefined();
});

test("openTree() fails with CORRUPT for a commit that was never fetched", async () => {
  await using cx = await lab();
  await cx.app.commit({ files: { a: "1" } });
  await cx.fetch();
  await expect(git.openTree(cx.dir, "1".repeat(40), call)).rejects.toMatchObject({ code: "CORRUPT" });
});

test("a timeout leaves no process behind", async () => {
  await using cx = await lab();
  await cx.app.commit({ files: { a: "1" } });
  cx.server.fault({ kind: "hang" });
  const late = git.resolve(cx.remote, { branch: "main" }, { ...call, timeoutMs: 100 });
  await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
  expect(await commandLinesWith(cx.remote.url)).toEqual([]);
});

/** The command lines of all processes that hold `text`; on systems without /proc, none. */
async function commandLinesWith(text: string): Promise<string[]> {
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return lines.filter((line) => line.includes(text));
}

test("credentials never appear on a command line", async () => {
  const auth = { username: "me", password: "canary-secret" };
  await using cx = await lab({ auth });
  await cx.app.commit({ files: { a: "1" } });
  cx.server.fault({ kind: "hang" });
  const controller = new AbortController();
  const remote = { ...cx.remote, auth: { kind: "basic", ...auth }, allowInsecureAuth: true } as const;
  const waiting = git.resolve(remote, { branch: "main" }, { ...call, signal: controller.signal });
  await vi.waitUntil(() => cx.server.requests.length > 0, { timeout: 10_000, interval: 5 });
  const lines = await commandLinesWith(cx.remote.url);
  controller.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(lines.join()).not.toMatch(/canary-secret|Y2FuYXJ5|bWU6Y2FuYXJ5/);
});

test("a redirect on the same host is followed with the credentials", async () => {
  const auth = { username: "me", password: "secret" };
  await using cx = await lab({ auth });
  const commit = await cx.app.commit({ files: { a: "1" } });
  const front = createServer((request, response) => {
    if (request.url?.startsWith("/old/")) {
      response.writeHead(301, { Location: request.url.replace("/old/", "/app/") }).end();
      return;
    }
    const headers = { ...request.headers } as Record<string, string>;
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const body = request.method === "POST" ? Buffer.concat(chunks) : undefined;
      const init = { method: request.method ?? "GET", headers, ...(body && { body }) };
      for (const name of ["host", "connection", "content-length", "transfer-encoding"]) delete headers[name];
      const answer = await fetch(`${cx.server.baseUrl}${request.url}`, init);
      response.writeHead(answer.status, { "Content-Type": answer.headers.get("content-type") ?? "" });
      response.end(Buffer.from(await answer.arrayBuffer()));
    })();
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(front.address() as AddressInfo).port}/old`;
    const remote = { url, auth: { kind: "basic", ...auth }, allowInsecureAuth: true } as const;
    expect((await cx.fetch(remote)).hash).toBe(commit);
  } finally {
    front.close();
    front.closeAllConnections();
  }
});

test("a redirect is followed without credentials", async () => {
  await using cx = await lab();
  await using old = await startGitServer();
  const commit = await cx.app.commit({ files: { a: "1" } });
  old.fault({ kind: "redirect", to: cx.server.baseUrl });
  expect((await cx.fetch({ url: old.url("app") })).hash).toBe(commit);
});

/** A pack's header that claims `objects` objects, wrapped as upload-pack sends it. */
function lyingPack(objects: number): string {
  const header = Buffer.alloc(12);
  header.write("PACK");
  header.writeUInt32BE(2, 4);
  header.writeUInt32BE(objects, 8);
  const line = (bytes: Buffer) => `${(bytes.length + 4).toString(16).padStart(4, "0")}${bytes.toString("latin1")}`;
  return `${line(Buffer.from("packfile\n"))}${line(Buffer.concat([Buffer.from([1]), header]))}0000`;
}

test.each([1, 2 ** 31])(
  "a pack that claims %d objects and has none fails, and the next fetch() works",
  async (objects) => {
    await using cx = await lab();
    const commit = await cx.app.commit({ files: { a: "1" } });
    const resolved = await git.resolve(cx.remote, { branch: "main" }, call);
    const contentType = "application/x-git-upload-pack-result";
    cx.server.fault({ kind: "body", body: Buffer.from(lyingPack(objects), "latin1"), contentType }, "pack");
    const failing = git.fetch(cx.dir, cx.remote, resolved, call);
    await expect(failing).rejects.toMatchObject({ code: expect.stringMatching(/PROTOCOL|UNREACHABLE/) as unknown });
    cx.server.fault(undefined);
    expect((await cx.fetch()).hash).toBe(commit);
  },
);

test("directories 4000 deep do not stop the rest of the tree from being read", async () => {
  await using cx = await lab();
  await cx.app.commit({ files: { [`${"d/".repeat(4000)}f`]: "1", good: "1" } });
  const { hash } = await cx.fetch();
  await using tree = await git.openTree(cx.dir, hash, call);
  expect(tree.files.map(({ path }) => path)).toEqual(["good"]);
  expect(tree.dropped).toHaveLength(1);
});

test("a git that is not there fails with GIT_MISSING", async () => {
  const lost = nativeGit({ clock: systemClock, environment: { PATH: "/nowhere" } });
  await expect(lost.resolve({ url: "http://127.0.0.1:1/x" }, {}, call)).rejects.toMatchObject({ code: "GIT_MISSING" });
});
