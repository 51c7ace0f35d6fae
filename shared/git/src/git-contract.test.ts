import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { loopbackCertificate, startGitServer } from "@sluice/testkit";
import { describe, expect, test } from "vitest";
import { type CallOptions, type Git, type GitTree } from "./git.ts";
import { type GitLimits } from "./limits.ts";
import { nativeGit } from "./native-git.ts";
import { type GitRefSpec } from "./ref.ts";

const call: CallOptions = { signal: new AbortController().signal, timeoutMs: 20_000 };

/** A server with one repository `app`, an engine, and a place for its bare repository. */
async function lab(
  make: (limits?: Partial<GitLimits>) => Git,
  options: Parameters<typeof startGitServer>[0] & { limits?: Partial<GitLimits> } = {},
) {
  const server = await startGitServer(options);
  const scratch = await scratchDir("sluice-git-test");
  const app = await server.create("app");
  const git = make(options.limits);
  const remote = { url: server.url("app") };
  return {
    ...{ server, app, git, remote, dir: join(scratch.path, "app") },
    resolve: (spec: GitRefSpec = { branch: "main" }) => git.resolve(remote, spec, call),
    async fetch(spec: GitRefSpec = { branch: "main" }) {
      const resolved = await git.resolve(remote, spec, call);
      return git.fetch(join(scratch.path, "app"), remote, resolved, call);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

async function contents(tree: GitTree): Promise<Record<string, string>> {
  const texts = await Promise.all(
    tree.files.map(async (file) => [file.path, Buffer.from(await file.read()).toString()]),
  );
  return Object.fromEntries(texts) as Record<string, string>;
}

/** What every engine behind {@link Git} must do. */
function gitContract(name: string, make: (limits?: Partial<GitLimits>) => Git): void {
  describe(name, () => {
    test("resolve() gives the branch's head as <branch>@sha1:<hash>, asking for refs once and for no objects", async () => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { "a.yaml": "a" } });
      expect(await cx.resolve()).toEqual({ revision: `main@sha1:${commit}`, commit, ref: "refs/heads/main" });
      expect(cx.server.requests.filter(({ step }) => step === "refs")).toHaveLength(1);
      expect(cx.server.requests.length).toBeLessThanOrEqual(2);
    });

    test("resolve() follows master when the spec names nothing", async () => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { a: "a" }, branch: "master" });
      expect((await cx.resolve({})).revision).toBe(`master@sha1:${commit}`);
    });

    test.each([true, false])("resolve() gives the commit of a tag (annotated: %s)", async (annotated) => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { a: "a" } });
      await cx.app.tag("v1.0.0", { annotated });
      expect(await cx.resolve({ tag: "v1.0.0" })).toEqual({
        revision: `v1.0.0@sha1:${commit}`,
        commit,
        ref: "refs/tags/v1.0.0",
      });
    });

    test("resolve() gives the whole ref name for spec.name", async () => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { a: "a" } });
      await cx.app.git("update-ref", "refs/pull/7/head", commit);
      expect((await cx.resolve({ name: "refs/pull/7/head" })).revision).toBe(`refs/pull/7/head@sha1:${commit}`);
    });

    test("resolve() asks pickTag for a version range and gives the tag form", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "a" } });
      await cx.app.tag("v1.0.0", { annotated: true });
      const second = await cx.app.commit({ files: { a: "b" } });
      await cx.app.tag("v1.1.0", { annotated: true });
      const asked: string[] = [];
      const found = await cx.git.resolve(
        cx.remote,
        { semver: "1.x" },
        {
          ...call,
          pickTag(range, tags) {
            asked.push(range, ...tags.map((tag) => tag.name));
            return tags.at(-1);
          },
        },
      );
      expect(asked).toEqual(["1.x", "v1.0.0", "v1.1.0"]);
      expect(found).toEqual({ revision: `v1.1.0@sha1:${second}`, commit: second, ref: "refs/tags/v1.1.0" });
    });

    test("resolve() asks nobody about a commit", async () => {
      await using cx = await lab(make);
      const commit = "0".repeat(39).concat("1");
      expect(await cx.resolve({ commit, branch: "main" })).toEqual({
        revision: `main@sha1:${commit}`,
        commit,
        ref: "refs/heads/main",
      });
      expect(await cx.resolve({ commit })).toEqual({ revision: `sha1:${commit}`, commit });
      expect(cx.server.requests).toEqual([]);
    });

    test("resolve() fails with EMPTY for a repository without commits", async () => {
      await using cx = await lab(make);
      await expect(cx.resolve()).rejects.toMatchObject({ code: "EMPTY" });
    });

    test("resolve() names branches that exist when the wanted one does not", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "a" } });
      await expect(cx.resolve({ branch: "mian" })).rejects.toMatchObject({
        code: "REF_NOT_FOUND",
        data: { ref: "refs/heads/mian", known: ["main"] },
      });
    });

    test.each([{ tag: "v9" }, { semver: ">=9" }, { name: "refs/heads/none" }])(
      "resolve() fails with REF_NOT_FOUND for %o",
      async (spec) => {
        await using cx = await lab(make);
        await cx.app.commit({ files: { a: "a" } });
        await expect(cx.resolve(spec)).rejects.toMatchObject({ code: "REF_NOT_FOUND" });
      },
    );

    test("resolve() fails with NOT_FOUND for a repository that does not exist", async () => {
      await using cx = await lab(make);
      await expect(cx.git.resolve({ url: cx.server.url("nothing") }, {}, call)).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
    });

    test("fetch() brings the commit, and openTree() reads its files with their modes", async () => {
      await using cx = await lab(make);
      const submodule = "1".repeat(40);
      const hash = await cx.app.commit({
        files: {
          "a.yaml": "a",
          "d/b.sh": { executable: "b" },
          link: { symlink: "a.yaml" },
          sub: { submodule },
          leer: "",
        },
        message: "first line\n\nbody",
      });
      const info = await cx.fetch();
      expect(info).toMatchObject({
        hash,
        subject: "first line",
        author: { name: "Test Author", email: "author@example.com" },
      });
      expect(info.committer.timeMs).toBe(1_700_000_001_000);
      await using tree = await cx.git.openTree(cx.dir, hash, call);
      expect(tree.files.map(({ path, mode, size }) => [path, mode, size])).toEqual([
        ["a.yaml", "file", 1],
        ["d/b.sh", "executable", 1],
        ["leer", "file", 0],
        ["link", "symlink", 6],
        ["sub", "gitlink", 0],
      ]);
      const readable = tree.files.filter(({ mode }) => mode !== "gitlink");
      expect(await contents({ ...tree, files: readable })).toEqual({
        "a.yaml": "a",
        "d/b.sh": "b",
        leer: "",
        link: "a.yaml",
      });
    });

    test("fetch() asks nobody when it already has the commit", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "a" } });
      const resolved = await cx.resolve();
      await cx.git.fetch(cx.dir, cx.remote, resolved, call);
      cx.server.forget();
      expect((await cx.git.fetch(cx.dir, cx.remote, resolved, call)).hash).toBe(resolved.commit);
      expect(cx.server.requests).toEqual([]);
    });

    test("fetch() follows a branch through commits, a revert and a force-push", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "1", b: "1" } });
      const first = await cx.fetch();
      await cx.app.commit({ files: { a: "2", b: null } });
      const second = await cx.fetch();
      await cx.app.revert();
      const third = await cx.fetch();
      await cx.app.forcePush({ files: { c: "3" } });
      const fourth = await cx.fetch();
      expect(third.tree).toBe(first.tree);
      expect(second.tree).not.toBe(first.tree);
      await using tree = await cx.git.openTree(cx.dir, fourth.hash, call);
      expect(await contents(tree)).toEqual({ c: "3" });
    });

    test("fetch() brings a commit that is not the head of anything", async () => {
      await using cx = await lab(make);
      const old = await cx.app.commit({ files: { a: "1" } });
      await cx.app.commit({ files: { a: "2" } });
      expect((await cx.fetch({ commit: old })).hash).toBe(old);
    });

    test("fetch() fails with REF_NOT_FOUND for a commit that does not exist, and the next one works", async () => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { a: "1" } });
      await expect(cx.fetch({ commit: "1".repeat(40) })).rejects.toMatchObject({ code: "REF_NOT_FOUND" });
      expect((await cx.fetch()).hash).toBe(commit);
    });

    test("fetch() still brings a commit whose branch was deleted after resolve()", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "1" } });
      await cx.app.commit({ files: { b: "1" }, branch: "gone" });
      const resolved = await cx.resolve({ branch: "gone" });
      await cx.app.deleteBranch("gone");
      expect((await cx.git.fetch(cx.dir, cx.remote, resolved, call)).hash).toBe(resolved.commit);
      await expect(cx.resolve({ branch: "gone" })).rejects.toMatchObject({ code: "REF_NOT_FOUND" });
    });

    test("fetch() works with a server that gives only what its refs point at", async () => {
      await using cx = await lab(make, { legacy: true });
      const old = await cx.app.commit({ files: { a: "1" } });
      await cx.app.commit({ files: { a: "2" } });
      expect((await cx.fetch()).subject).toBe("change");
      expect((await cx.fetch({ commit: old, branch: "main" })).hash).toBe(old);
      expect((await cx.fetch({ commit: old })).hash).toBe(old);
      await expect(cx.fetch({ commit: "1".repeat(40) })).rejects.toMatchObject({ code: "REF_NOT_FOUND" });
    });

    test("credentials reach the server, and only when they are asked for over TLS or allowed", async () => {
      const auth = { username: "me", password: "p@ss w:rd" };
      await using cx = await lab(make, { auth, tls: loopbackCertificate });
      const commit = await cx.app.commit({ files: { a: "1" } });
      const remote = { ...cx.remote, auth: { kind: "basic", ...auth }, caPem: loopbackCertificate.cert } as const;
      const resolved = await cx.git.resolve(remote, { branch: "main" }, call);
      expect((await cx.git.fetch(cx.dir, remote, resolved, call)).hash).toBe(commit);
    });

    test("a bearer token reaches the server", async () => {
      await using cx = await lab(make, { auth: { token: "t0ken" } });
      const commit = await cx.app.commit({ files: { a: "1" } });
      const remote = { ...cx.remote, auth: { kind: "bearer", token: "t0ken" }, allowInsecureAuth: true } as const;
      expect((await cx.git.resolve(remote, { branch: "main" }, call)).commit).toBe(commit);
    });

    test("credentials within the URL are used, and shown nowhere", async () => {
      await using cx = await lab(make, { auth: { username: "me", password: "right" } });
      const url = (password: string) => cx.remote.url.replace("://", `://me:${password}@`);
      const commit = await cx.app.commit({ files: { a: "1" } });
      const resolve = (password: string) =>
        cx.git.resolve({ url: url(password), allowInsecureAuth: true }, { branch: "main" }, call);
      expect((await resolve("right")).commit).toBe(commit);
      const failure: unknown = await resolve("wr0ng-secret").catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: "AUTH_FAILED" });
      expect(JSON.stringify(failure) + String(failure)).not.toContain("wr0ng-secret");
    });

    test("missing credentials fail with AUTH_FAILED, without a prompt", async () => {
      await using cx = await lab(make, { auth: { username: "me", password: "right" } });
      await expect(cx.resolve()).rejects.toMatchObject({ code: "AUTH_FAILED" });
    });

    test("credentials are refused over plain HTTP before anything is sent", async () => {
      await using cx = await lab(make);
      const remote = { ...cx.remote, auth: { kind: "basic", username: "a", password: "b" } } as const;
      await expect(cx.git.resolve(remote, {}, call)).rejects.toMatchObject({ code: "INSECURE_CREDENTIALS" });
      expect(cx.server.requests).toEqual([]);
    });

    test("a redirect to another host fails and never gets the credentials", async () => {
      const auth = { username: "me", password: "secret" };
      await using other = await startGitServer();
      await using cx = await lab(make, { auth });
      cx.server.fault({ kind: "redirect", to: other.baseUrl });
      const remote = { ...cx.remote, auth: { kind: "basic", ...auth }, allowInsecureAuth: true } as const;
      await expect(cx.git.resolve(remote, { branch: "main" }, call)).rejects.toMatchObject({
        code: "REDIRECT_REFUSED",
      });
      expect(other.requests).toEqual([]);
    });

    test("a certificate that nobody vouches for fails with UNREACHABLE", async () => {
      await using cx = await lab(make, { tls: loopbackCertificate });
      await expect(cx.resolve()).rejects.toMatchObject({ code: "UNREACHABLE" });
    });

    test.each([
      ["refuse", { kind: "refuse" }, "UNREACHABLE"],
      ["status 503", { kind: "status", status: 503 }, "UNREACHABLE"],
      ["status 403", { kind: "status", status: 403 }, "AUTH_FAILED"],
      ["a web page", { kind: "body", body: "<!DOCTYPE html>\n<html><title>welcome</title>\n</html>\n" }, "PROTOCOL"],
      [
        "garbage",
        { kind: "body", body: "zzzz", contentType: "application/x-git-upload-pack-advertisement" },
        "PROTOCOL",
      ],
      ["half the refs", { kind: "cut", afterBytes: 20 }, "UNREACHABLE"],
    ] as const)("resolve() tells what is wrong when the server gives %s", async (_, fault, code) => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "1" } });
      cx.server.fault(fault, "refs");
      await expect(cx.resolve()).rejects.toMatchObject({ code });
    });

    test.each([
      ["hangs", { kind: "hang" }],
      ["stalls", { kind: "stall", afterBytes: 10 }],
    ] as const)("resolve() fails with TIMEOUT when the server %s", async (_, fault) => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "1" } });
      cx.server.fault(fault);
      const late = cx.git.resolve(cx.remote, { branch: "main" }, { ...call, timeoutMs: 150 });
      await expect(late).rejects.toMatchObject({ code: "TIMEOUT", data: { timeoutMs: 150 } });
    });

    test("fetch() recovers after a pack that broke off", async () => {
      await using cx = await lab(make);
      const commit = await cx.app.commit({ files: { a: "x".repeat(5000) } });
      const resolved = await cx.resolve();
      cx.server.fault({ kind: "cut", afterBytes: 60 }, "pack");
      const broken: unknown = await cx.git.fetch(cx.dir, cx.remote, resolved, call).catch((thrown: unknown) => thrown);
      expect(["UNREACHABLE", "PROTOCOL"]).toContain((broken as { code: string }).code);
      cx.server.fault(undefined);
      expect((await cx.git.fetch(cx.dir, cx.remote, resolved, call)).hash).toBe(commit);
    });

    test("an abort ends the call with the signal's reason", async () => {
      await using cx = await lab(make);
      await cx.app.commit({ files: { a: "1" } });
      cx.server.fault({ kind: "hang" });
      const controller = new AbortController();
      const waiting = cx.git.resolve(cx.remote, { branch: "main" }, { signal: controller.signal, timeoutMs: 20_000 });
      controller.abort(new Error("not needed any more"));
      await expect(waiting).rejects.toThrow("not needed any more");
    });

    test("openTree() leaves out what a file system must not see, and says so", async () => {
      await using cx = await lab(make);
      const hash = await cx.app.commitRawTree([
        ["100644", "..", "x"],
        ["100644", ".GIT", "x"],
        ["100644", "a\\b", "x"],
        ["100644", "a\nb", "x"],
        ["100644", Buffer.from([0xff, 0xfe]), "x"],
        ["100644", "git~1", "x"],
        ["100644", "good", "x"],
      ]);
      const info = await cx.fetch();
      await using tree = await cx.git.openTree(cx.dir, info.hash, call);
      expect(info.hash).toBe(hash);
      expect(tree.files.map(({ path }) => path)).toEqual(["good"]);
      expect(tree.dropped.map(({ path }) => path)).toEqual(["..", ".GIT", "a\\b", "a\nb", "\uFFFD\uFFFD", "git~1"]);
    });

    test("openTree() fails with TOO_LARGE over the cap of files", async () => {
      await using cx = await lab(make, { limits: { files: 2 } });
      await cx.app.commit({ files: { a: "1", b: "1", c: "1" } });
      const { hash } = await cx.fetch();
      await expect(cx.git.openTree(cx.dir, hash, call)).rejects.toMatchObject({
        code: "TOO_LARGE",
        data: { what: "files" },
      });
    });

    test("a file over the cap fails with TOO_LARGE when it is read, and not before", async () => {
      await using cx = await lab(make, { limits: { fileBytes: 10, treeBytes: 15 } });
      await cx.app.commit({ files: { big: "x".repeat(11), one: "x".repeat(10), two: "x".repeat(10) } });
      const { hash } = await cx.fetch();
      await using tree = await cx.git.openTree(cx.dir, hash, call);
      const [big, one, two] = tree.files;
      await expect(big?.read()).rejects.toMatchObject({ code: "TOO_LARGE", data: { what: "file", path: "big" } });
      await expect(one?.read()).resolves.toHaveLength(10);
      await expect(two?.read()).rejects.toMatchObject({ code: "TOO_LARGE", data: { what: "tree" } });
    });

    test("fetch() fails with TOO_LARGE when the pack exceeds the cap", async () => {
      await using cx = await lab(make, { limits: { packBytes: 4096 } });
      const noise = Array.from({ length: 4000 }, (_, i) => Math.sin(i).toString(36)).join("");
      await cx.app.commit({ files: { noise } });
      await expect(cx.fetch()).rejects.toMatchObject({ code: "TOO_LARGE", data: { what: "pack", limit: 4096 } });
    });

    test("a repository with sha256 hashes is read like any other", async () => {
      await using cx = await lab(make);
      const modern = await cx.server.create("modern", { objectFormat: "sha256" });
      const commit = await modern.commit({ files: { a: "1" } });
      const remote = { url: cx.server.url("modern") };
      const resolved = await cx.git.resolve(remote, { branch: "main" }, call);
      expect(resolved.revision).toBe(`main@sha256:${commit}`);
      expect((await cx.git.fetch(cx.dir, remote, resolved, call)).hash).toBe(commit);
    });
  });
}

gitContract("nativeGit", (limits) =>
  nativeGit({ clock: systemClock, environment: { PATH: process.env["PATH"] }, ...(limits && { limits }) }),
);
