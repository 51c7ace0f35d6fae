import { expect, test } from "vitest";
import { type ArtifactTree } from "./tree.ts";
import { TreeCache } from "./tree-cache.ts";

const tree = (bytes: number, artifactDigest = ""): ArtifactTree => ({
  bytes,
  artifactDigest,
  read: () => undefined,
  list: () => undefined,
  digest: () => undefined,
  files: () => [],
});

test("TreeCache lets go of the least recently used beyond its limit", () => {
  const cache = new TreeCache(20);
  for (const name of ["a", "b"]) cache.add(name, tree(10));
  cache.get("a");
  cache.add("c", tree(10));
  expect(cache.bytes).toBe(20);
  cache.add("d", tree(20));
  expect(cache.bytes).toBe(20);
});

test("TreeCache gives back a tree it let go of while somebody holds it", () => {
  const cache = new TreeCache(10);
  const first = tree(10, "first");
  cache.add("a", first);
  cache.add("b", tree(10));
  expect(cache.get("a")).toBe(first);
  expect(cache.bytes).toBe(10);
});

test("TreeCache counts a tree once, however often it is added", () => {
  const cache = new TreeCache(100);
  const same = tree(10);
  cache.add("a", same);
  cache.add("a", same);
  expect(cache.bytes).toBe(10);
});
