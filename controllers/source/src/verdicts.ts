import { ArtifactError, type ArtifactErrors } from "@sluice/artifact";
import { ExprError, type ExprErrors } from "@sluice/expr";
import { GitError, type GitErrors } from "@sluice/git";
import { type Verdict } from "@sluice/runtime";

const fetching = { reason: "GitOperationFailed", then: "retry", condition: "FetchFailed" } as const;
const misspelt = { reason: "GitOperationFailed", then: "stall", condition: "FetchFailed" } as const;
const refused = { reason: "AuthenticationFailed", then: "retry", condition: "FetchFailed" } as const;
const badUrl = { reason: "URLInvalid", then: "stall", condition: "FetchFailed" } as const;
const storing = { reason: "ArchiveOperationFailed", then: "retry", condition: "StorageOperationFailed" } as const;

const ofGit = {
  AUTH_FAILED: refused,
  CORRUPT: fetching,
  EMPTY: { ...fetching, reason: "EmptyGitRepository" },
  FAILED: fetching,
  GIT_MISSING: fetching,
  INSECURE_CREDENTIALS: { ...refused, then: "stall" },
  NOT_A_REPOSITORY: fetching,
  NOT_FOUND: fetching,
  PROTOCOL: fetching,
  REDIRECT_REFUSED: fetching,
  REF_INVALID: misspelt,
  REF_NOT_FOUND: fetching,
  SCHEME_UNSUPPORTED: badUrl,
  STORAGE_FAILED: { ...storing, reason: "DirectoryCreationFailed" },
  TIMEOUT: fetching,
  TOO_LARGE: fetching,
  UNREACHABLE: fetching,
  URL_INVALID: badUrl,
} as const satisfies Record<keyof GitErrors, Verdict>;

const ofArtifact = {
  ARCHIVE_INVALID: storing,
  DIGEST_INVALID: storing,
  DIGEST_MISMATCH: storing,
  ENTRY_INVALID: storing,
  IGNORE_INVALID: { ...storing, reason: "SourceIgnoreError" },
  NAME_INVALID: { ...storing, reason: "InvalidPath", then: "stall" },
  NOT_FOUND: storing,
  STORAGE_FAILED: storing,
  TOO_LARGE: storing,
  UNREACHABLE: storing,
  URL_REFUSED: storing,
} as const satisfies Record<keyof ArtifactErrors, Verdict>;

/** What an error means for a GitRepository. A new code does not compile until someone decides its fate. */
export function verdictOf(thrown: unknown): Verdict {
  if (thrown instanceof GitError) return ofGit[(thrown as GitError).code];
  if (thrown instanceof ArtifactError) return ofArtifact[(thrown as ArtifactError).code];
  if (thrown instanceof ExprError)
    return thrown.code === ("RANGE_INVALID" satisfies keyof ExprErrors) ? misspelt : fetching;
  return { reason: "Failed", then: "retry" };
}
