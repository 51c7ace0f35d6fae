import { expect, test } from "vitest";
import { startGitServer } from "./git-server.ts";

test("the same commits have the same hashes in every run", async () => {
  await using one = await startGitServer();
  await using two = await startGitServer();
  const hashes = await Promise.all(
    [one, two].map(async (server) => {
      const repository = await server.create("app");
      await repository.commit({ files: { a: "1", "d/b": { executable: "2" } }, message: "first" });
      await repository.commit({ files: { a: null, c: { symlink: "d/b" } }, message: "second" });
      return repository.head();
    }),
  );
  expect(hashes[0]).toBe(hashes[1]);
});

test("revert() brings the last but one tree back, as a new commit", async () => {
  await using server = await startGitServer();
  const repository = await server.create("app");
  const first = await repository.commit({ files: { a: "1" } });
  await repository.commit({ files: { a: "2", b: "1" } });
  const reverted = await repository.revert();
  const treeOf = (commit: string) => repository.git("rev-parse", `${commit}^{tree}`);
  expect(await treeOf(reverted)).toBe(await treeOf(first));
  expect(await repository.git("rev-list", "--count", "main")).toBe("3");
});

test("forcePush() leaves one commit without history", async () => {
  await using server = await startGitServer();
  const repository = await server.create("app");
  await repository.commit({ files: { a: "1" } });
  await repository.forcePush({ files: { b: "1" } });
  expect(await repository.git("rev-list", "--count", "main")).toBe("1");
  expect(await repository.git("ls-tree", "--name-only", "main")).toBe("b");
});

test("requests are counted by step, and forget() starts anew", async () => {
  await using server = await startGitServer();
  const repository = await server.create("app");
  await repository.commit({ files: { a: "1" } });
  await repository.git("ls-remote", server.url("app"));
  expect(server.requests.map(({ step }) => step)).toEqual(["refs", "pack"]);
  server.forget();
  expect(server.requests).toEqual([]);
});

test("a fault holds for its step until it is taken back", async () => {
  await using server = await startGitServer();
  const repository = await server.create("app");
  await repository.commit({ files: { a: "1" } });
  server.fault({ kind: "status", status: 500 }, "pack");
  await expect(repository.git("ls-remote", server.url("app"))).rejects.toThrow("500");
  server.fault(undefined);
  await expect(repository.git("ls-remote", server.url("app"))).resolves.toContain("refs/heads/main");
});

test("a repository outside the server's own is 404", async () => {
  await using server = await startGitServer();
  for (const path of [
    "/none/info/refs?service=git-upload-pack",
    "/..%2f..%2fetc/info/refs?service=git-upload-pack",
    "/",
  ]) {
    expect((await fetch(`${server.baseUrl}${path}`)).status).toBe(404);
  }
});
