import { ArtifactError } from "@sluice/artifact";
import { ExprError } from "@sluice/expr";
import { GitError } from "@sluice/git";
import { expect, test } from "vitest";
import { verdictOf } from "./verdicts.ts";

test.each([
  [new GitError("TIMEOUT", "m", { url: "u", timeoutMs: 1 }), "GitOperationFailed", "retry", "FetchFailed"],
  [new GitError("AUTH_FAILED", "m", { url: "u" }), "AuthenticationFailed", "retry", "FetchFailed"],
  [new GitError("URL_INVALID", "m", { url: "u" }), "URLInvalid", "stall", "FetchFailed"],
  [new ArtifactError("IGNORE_INVALID", "m", { why: "w" }), "SourceIgnoreError", "retry", "StorageOperationFailed"],
  [new ExprError("RANGE_INVALID", "m", { range: "r" }), "GitOperationFailed", "stall", "FetchFailed"],
  [new TypeError("a bug"), "Failed", "retry", undefined],
])("verdictOf(%o) is %s, to %s", (thrown, reason, then, condition) => {
  expect(verdictOf(thrown)).toEqual({ reason, then, ...(condition && { condition }) });
});
