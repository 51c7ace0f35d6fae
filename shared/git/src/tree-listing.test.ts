import { expect, test } from "vitest";
import { parseCommit } from "./commit.ts";
import { parseRefs, tagsOf } from "./ls-remote.ts";
import { parseListing, unsafePath } from "./tree-listing.ts";

const hash = "0123456789abcdef0123456789abcdef01234567";

test("parseListing() reads mode, hash, size and path", () => {
  expect(parseListing(`100755 blob ${hash}      12\ta b/ü.sh`)).toEqual({
    mode: "executable",
    hash,
    size: 12,
    path: "a b/ü.sh",
  });
  expect(parseListing(`160000 commit ${hash}       -\tsub`)).toEqual({ mode: "gitlink", hash, size: 0, path: "sub" });
  expect(parseListing("nonsense")).toBeUndefined();
});

test.each(["a", ".github/x", "a/.gitignore", "git", "a.git", "x/git~2", ".gitkeep"])(
  "unsafePath() lets %j pass",
  (path) => {
    expect(unsafePath(path)).toBeUndefined();
  },
);

test.each([
  ".git/config",
  "a/.GIT/hooks/x",
  "git~1",
  ".git ",
  ".git.",
  ".g\u200cit/x",
  ".git::$INDEX_ALLOCATION/x",
  "..",
  "a//b",
  "a\\b",
  "a\nb",
  "\uFFFD",
  "/a",
  "a/".repeat(4000) + "b",
])("unsafePath() stops %j", (path) => expect(unsafePath(path)).toBeDefined());

test("parseRefs() follows annotated tags to their commits and skips other lines", () => {
  const peeled = "f".repeat(40);
  const refs = parseRefs(`warning: x\n${hash}\tHEAD\n${hash}\trefs/tags/v1\n${peeled}\trefs/tags/v1^{}\n`);
  expect([...refs]).toEqual([
    ["HEAD", hash],
    ["refs/tags/v1", peeled],
  ]);
  expect(tagsOf(refs)).toEqual([{ name: "v1", commit: peeled }]);
});

test("parseCommit() reads a commit with a signature, and survives malformed ones", () => {
  const text = `tree ${hash}\nparent ${hash}\nparent ${hash}\nauthor A U <a@b> 1700000000 +0200\ncommitter C <c@d> 1700000001 -0100\ngpgsig -----BEGIN\n x\n -----END\n\n  subject \n\nbody\n`;
  expect(parseCommit("h", text)).toMatchObject({
    tree: hash,
    parents: [hash, hash],
    author: { name: "A U", email: "a@b", timeMs: 1_700_000_000_000 },
    committer: { name: "C", email: "c@d", timeMs: 1_700_000_001_000 },
    subject: "subject",
  });
  expect(parseCommit("h", "author nonsense")).toMatchObject({ tree: "", author: { name: "", timeMs: 0 }, subject: "" });
});
