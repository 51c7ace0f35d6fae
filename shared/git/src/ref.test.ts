import { expect, test } from "vitest";
import { type GitRefSpec, revisionOf, wishOf } from "./ref.ts";

const commit = "a".repeat(40);

test.each<[GitRefSpec, object]>([
  [{}, { kind: "ref", ref: "refs/heads/master", label: "master" }],
  [{ branch: "" }, { kind: "ref", ref: "refs/heads/master", label: "master" }],
  [{ branch: "feature/x" }, { kind: "ref", ref: "refs/heads/feature/x", label: "feature/x" }],
  [
    { branch: "main", semver: "1.x" },
    { kind: "semver", range: "1.x" },
  ],
  [
    { semver: "1.x", tag: "v1" },
    { kind: "ref", ref: "refs/tags/v1", label: "v1" },
  ],
  [
    { tag: "v1", name: "refs/heads/x" },
    { kind: "ref", ref: "refs/heads/x", label: "refs/heads/x" },
  ],
  [
    { name: "refs/heads/x", commit },
    { kind: "commit", commit },
  ],
  [
    { branch: "main", commit },
    { kind: "commit", commit, branch: "main" },
  ],
  [{ commit: "b".repeat(64) }, { kind: "commit", commit: "b".repeat(64) }],
])("wishOf(%j) is %j", (spec, wish) => expect(wishOf(spec)).toEqual(wish));

const hostile = [
  "--upload-pack=touch x",
  "-c core.sshCommand=x",
  "refs/heads/../../x",
  "a@{1}",
  "@",
  "a\0b",
  "a\nb",
  "a b",
  "a..b",
  "a:b",
  "a^",
  "a~1",
  "*",
  "a[b",
  "a\\b",
  "/a",
  "a/",
  "a//b",
  ".a",
  "a/.b",
  "a.",
  "a.lock",
  "a.lock/b",
  "x".repeat(4096),
];

test.each(hostile.flatMap((value) => (["branch", "tag", "name"] as const).map((field) => [field, value] as const)))(
  "wishOf() refuses the %s %j",
  (field, value) => expect(() => wishOf({ [field]: value })).toThrow(expect.objectContaining({ code: "REF_INVALID" })),
);

test.each([...hostile, "abc", "A".repeat(40), "a".repeat(41), `${commit}^{tree}`])(
  "wishOf() refuses the commit %j",
  (value) => {
    expect(() => wishOf({ commit: value })).toThrow(expect.objectContaining({ code: "REF_INVALID" }));
  },
);

test("revisionOf() names the hash algorithm, after the label if there is one", () => {
  expect([revisionOf(commit), revisionOf(commit, "main"), revisionOf("b".repeat(64), "v1")]).toEqual([
    `sha1:${commit}`,
    `main@sha1:${commit}`,
    `v1@sha256:${"b".repeat(64)}`,
  ]);
});
