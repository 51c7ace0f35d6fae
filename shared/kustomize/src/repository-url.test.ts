import { expect, test } from "vitest";
import { parseRepository } from "./repository-url.ts";

/** What `parseRepository` of kustomize 5.8.1 says too: url, path, ref. */
const KNOWN: readonly (readonly [entry: string, url: string, path: string, ref: string])[] = [
  ["https://github.com/owner/repo", "https://github.com/owner/repo", "", ""],
  ["https://github.com/owner/repo//a/b?ref=v1", "https://github.com/owner/repo", "a/b", "v1"],
  ["http://github.com/owner/repo/a?ref=v1", "https://github.com/owner/repo", "a", "v1"],
  ["github.com/owner/repo/a/b", "https://github.com/owner/repo", "a/b", ""],
  ["GitHub.com:owner/repo", "https://github.com/owner/repo", "", ""],
  ["git@github.com/owner/repo/a", "git@github.com:owner/repo", "a", ""],
  ["ssh://github.com/owner/repo", "github.com:owner/repo", "", ""],
  ["https://example.com/owner/repo.git/a", "https://example.com/owner/repo.git", "a", ""],
  ["https://example.com/a/b/c/repo//d", "https://example.com/a/b/c/repo", "d", ""],
  ["https://example.com/a/b/c/d", "https://example.com/a/b", "c/d", ""],
  ["git@example.com:group/sub/repo.git//p?ref=f/x", "git@example.com:group/sub/repo.git", "p", "f/x"],
  ["ssh://git@example.com:22/owner/repo?version=v2", "ssh://git@example.com:22/owner/repo", "", "v2"],
  ["git::https://example.com/owner/repo?version=a&ref=b", "https://example.com/owner/repo", "", "b"],
  ["HTTPS://example.com/owner/repo", "https://example.com/owner/repo", "", ""],
  ["https://dev.example.com/o/p/_git/repo/a?ref=v1", "https://dev.example.com/o/p/_git/repo", "a", "v1"],
  ["file:///srv/git/repo", "file:///srv/git/repo", "", ""],
  ["file:///srv/repo.git/a", "file:///srv/repo.git", "a", ""],
  ["https://example.com/owner/repo//a/../b/", "https://example.com/owner/repo", "b", ""],
  ["https://example.com/owner/repo?ref=a%2Fb", "https://example.com/owner/repo", "", "a/b"],
  ["https://example.com/owner/repo?ref=a;b", "https://example.com/owner/repo", "", ""],
];

for (const [entry, url, path, ref] of KNOWN) {
  test(`parseRepository() finds repository, path and ref in ${entry}`, () => {
    expect(parseRepository(entry)).toMatchObject({ url, path, ref });
  });
}

const PATHS = [
  "base",
  "../base",
  "/srv/base",
  "example.com/owner/repo",
  "example.com/owner/repo.git",
  "gh:owner/repo",
  "https://example.com",
  "https://example.com/repo",
  "https://example.com/owner/repo//../other",
  "github.com/owner",
  "",
];

for (const entry of PATHS) {
  test(`parseRepository() takes "${entry}" for a path`, () => {
    expect(parseRepository(entry)).toBeUndefined();
  });
}

const QUERIES: readonly (readonly [query: string, timeoutMs: number, submodules: boolean])[] = [
  ["", 27_000, true],
  ["timeout=5", 5000, true],
  ["timeout=1m30s", 90_000, true],
  ["timeout=0", 27_000, true],
  ["timeout=-3s", 27_000, true],
  ["timeout=soon", 27_000, true],
  ["submodules=false", 27_000, false],
  ["submodules=F&timeout=2s", 2000, false],
  ["submodules=no", 27_000, true],
  ["submodules=false&submodules=true", 27_000, false],
  ["submodules=false&ref=%zz", 27_000, true],
];

for (const [query, timeoutMs, submodules] of QUERIES) {
  test(`parseRepository() reads timeout and submodules of "?${query}"`, () => {
    expect(parseRepository(`https://example.com/o/r?${query}`)).toMatchObject({ timeoutMs, submodules });
  });
}
