import { expect, test } from "vitest";
import { declaredUrls, repositoryId } from "./aliases.ts";

test.each([
  "git@github.com:org/repo.git",
  "ssh://git@github.com/org/repo",
  "ssh://git@github.com:22/org/repo.git",
  "https://github.com/org/repo",
  "https://token@GitHub.com/org/repo.git/",
])("repositoryId() gives %s and its other spellings the same name", (url) => {
  expect(repositoryId(url)).toBe("github.com/org/repo");
});

test("repositoryId() tells repositories of one host apart", () => {
  expect(repositoryId("https://github.com/org/repo")).not.toBe(repositoryId("https://github.com/org/Repo"));
});

test("declaredUrls() finds the GitRepositories of a bootstrap manifest, and only those", () => {
  const text =
    "kind: GitRepository\nspec:\n  url: ssh://git@h/r\n---\nkind: Kustomization\nspec:\n  url: https://x/y\n---\n";
  expect(declaredUrls(text)).toEqual(["ssh://git@h/r"]);
});

test("declaredUrls() finds nothing in what is not YAML", () => {
  expect(declaredUrls("a: [")).toEqual([]);
});
