import { expect, test } from "vitest";
import { compileSegment } from "./glob.ts";
import { compileIgnore, type Ignored, MAX_IGNORE_RULES } from "./ignore.ts";

/** A path that ends with a slash is a directory. */
function isIgnored(ignored: Ignored, path: string): boolean {
  return ignored(path.replace(/\/$/, ""), path.endsWith("/"));
}

const laws: [rules: string, path: string, ignored: boolean][] = [
  ["*.md", "README.md", true],
  ["*.md", "docs/a.md", true],
  ["*.md", "README.mdx", false],
  ["docs", "docs/a.yaml", true],
  ["docs", "a/docs/b", true],
  ["docs/", "docs", false],
  ["docs/", "docs/", true],
  ["docs/", "docs/a.yaml", true],
  ["/docs", "docs/a", true],
  ["/docs", "a/docs", false],
  ["a/b", "a/b", true],
  ["a/b", "a/b/c", true],
  ["a/b", "x/a/b", false],
  ["a/b", "a", false],
  ["**/b", "b", true],
  ["**/b", "x/y/b", true],
  ["**/b/", "x/b", false],
  ["**/b/", "x/b/c", true],
  ["a/**/b", "a/b", true],
  ["a/**/b", "a/x/y/b", true],
  ["a/**", "a/x/y", true],
  ["a/**", "a/", false],
  ["a/**b/c", "a/xb/c", false],
  ["/*", "anything", true],
  ["/*\n!/keep", "keep/x", false],
  ["/*\n!/keep", "other/x", true],
  ["*.yaml\n!a.yaml", "a.yaml", false],
  ["!a.yaml\n*.yaml", "a.yaml", true],
  ["# *.yaml", "a.yaml", false],
  ["*.yaml   ", "a.yaml", true],
  ["*.yaml\r\n*.json\r\n", "a.json", true],
  ["\\!a", "!a", true],
  ["\\#a", "#a", true],
  ["[ab].txt", "a.txt", true],
  ["[^ab].txt", "a.txt", false],
  ["[^ab].txt", "c.txt", true],
  ["[a-", "[a-", false],
  ["file?.txt", "file1.txt", true],
  ["file?.txt", "file.txt", false],
  ["a*c*e", "abcde", true],
  ["a*c*e", "abcd", false],
];

test.each(laws)("with the rules %j the path %j is ignored: %s", (spec, path, expected) => {
  expect(isIgnored(compileIgnore({ files: [], spec }), path)).toBe(expected);
});

test.each([
  [".git/config", true],
  [".gitignore", true],
  ["sub/.gitattributes", true],
  ["logo.png", true],
  ["a/chart.tar.gz", true],
  [".github/workflows/ci.yaml", true],
  ["deep/.sops.yaml", true],
  ["app.yaml", false],
  [".sourceignore", false],
])("without rules, %j is ignored: %s", (path, expected) => {
  expect(isIgnored(compileIgnore({ files: [] }), path)).toBe(expected);
});

test("one rule of the user's ends the default excludes, but not those for version control", () => {
  const ignored = compileIgnore({ files: [], spec: "nothing" });
  expect([".github/x", "a.png", ".sops.yaml"].map((path) => isIgnored(ignored, path))).toEqual([false, false, false]);
  expect(isIgnored(ignored, ".gitignore")).toBe(true);
});

test("comments and blank lines are not rules: the default excludes stay", () => {
  expect(isIgnored(compileIgnore({ files: [{ dir: "", text: "# nothing\n\n  \n" }] }), "a.png")).toBe(true);
});

test("a file's rules count in its directory only, later files override earlier ones, and spec.ignore overrides all", () => {
  const files = [
    { dir: "", text: "*.txt" },
    { dir: "a", text: "!keep.txt\n/top.yaml" },
  ];
  const ignored = compileIgnore({ files });
  expect(
    ["keep.txt", "a/keep.txt", "a/b/keep.txt", "a/top.yaml", "top.yaml", "a/b/top.yaml"].map((p) =>
      isIgnored(ignored, p),
    ),
  ).toEqual([true, false, false, true, false, false]);
  expect(isIgnored(compileIgnore({ files, spec: "keep.txt" }), "a/keep.txt")).toBe(true);
});

test("too many rules are refused", () => {
  const spec = "x\n".repeat(MAX_IGNORE_RULES + 1);
  expect(() => compileIgnore({ files: [], spec })).toThrow(expect.objectContaining({ code: "IGNORE_INVALID" }));
});

test("too long rules are refused", () => {
  const spec = "x".repeat(2 << 20);
  expect(() => compileIgnore({ files: [], spec })).toThrow(expect.objectContaining({ code: "IGNORE_INVALID" }));
});

test("a pattern of many stars is decided in a number of steps that is not exponential", () => {
  const pattern = compileSegment(`${"*a".repeat(100)}b`);
  expect(pattern?.("a".repeat(4000))).toBe(false);
});

test.each(["[", "[]", "[a", "[a-]", "[-a]", "a\\", "[^]"])("the malformed pattern %j does not compile", (pattern) => {
  expect(compileSegment(pattern)).toBeUndefined();
});
