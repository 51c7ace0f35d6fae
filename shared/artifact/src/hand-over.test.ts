import { join } from "node:path";
import { scratchDir, silentLog, systemClock } from "@sluice/base";
import { expect, test } from "vitest";
import { artifactFetcher } from "./fetcher.ts";
import { loadIgnore } from "./load-ignore.ts";
import { serveArtifacts } from "./server.ts";
import { openStore } from "./store.ts";
import { type TreeFile, treeEntries } from "./tree-entries.ts";

const { signal } = new AbortController();

test("what a tree holds, without what it ignores, arrives at a consumer through store, server and fetcher", async () => {
  await using scratch = await scratchDir("sluice-hand-over");
  const root = join(scratch.path, "data");
  const tree: TreeFile[] = Object.entries({
    ".sourceignore": "*.md",
    "README.md": "# no",
    "apps/web/deploy.yaml": "kind: Deployment",
    "apps/web/run.sh": "#!/bin/sh",
  }).map(([path, text]) => ({
    path,
    mode: path.endsWith(".sh") ? "executable" : "file",
    size: text.length,
    read: async () => Buffer.from(text),
  }));
  await using store = await openStore({ root, advertisedAddress: "placeholder", clock: systemClock });
  const ref = { kind: "GitRepository", namespace: "a", name: "b", revision: "main@sha1:1", fileName: "1.tar.gz" };
  const stored = await store.put(ref, treeEntries(tree, await loadIgnore(tree), signal), { signal });
  await using server = await serveArtifacts({ root, host: "127.0.0.1", port: 0, log: silentLog });
  await using fetcher = artifactFetcher({ clock: systemClock, allowedHosts: [`127.0.0.1:${server.port}`] });
  const got = await fetcher.tree({ url: `${server.url}/${stored.path}`, digest: stored.digest }, signal);
  expect([...got.files()]).toEqual([".sourceignore", "apps/web/deploy.yaml", "apps/web/run.sh"]);
  expect(Buffer.from(got.read("apps/web/deploy.yaml") ?? "").toString()).toBe("kind: Deployment");
});
