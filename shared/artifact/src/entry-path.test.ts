import { expect, test } from "vitest";
import { compareWalkOrder, pathFault } from "./entry-path.ts";

test.each(["a", "a/b.yaml", "a..b", "..a/b", "späth/ü.yaml", "a b", "-x", "a/".repeat(255).concat("b")])(
  "pathFault() accepts %j",
  (path) => expect(pathFault(path)).toBeUndefined(),
);

test.each([
  ["", "is empty"],
  ["/a", "is absolute"],
  ["..", "is not a normal path"],
  ["../x", "is not a normal path"],
  ["a/..", "is not a normal path"],
  ["a//b", "is not a normal path"],
  ["a/", "is not a normal path"],
  ["./a", "is not a normal path"],
  ["a\\..\\b", "holds a backslash"],
  ["a\0b", "holds a control character"],
  ["a\nb", "holds a control character"],
  ["a\uFFFD", "is not valid UTF-8"],
  ["x".repeat(4097), "is longer than 4096 bytes"],
  ["a/".repeat(256).concat("b"), "is deeper than 256 directories"],
])("pathFault() refuses %j: it %s", (path, why) => expect(pathFault(path)).toBe(why));

test("compareWalkOrder() puts a directory's content right after it, names by their UTF-8 bytes", () => {
  const walk = ["A", "a", "a/b", "a/b/c", "a/z", "a-b", "a.b", "ab", "\uffee", "\u{1f600}"];
  expect([...walk].reverse().sort(compareWalkOrder)).toEqual(walk);
});
