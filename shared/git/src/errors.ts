import { ToolkitError } from "@sluice/base";

/** Everything that can go wrong in this room, with the facts that go with it. URLs carry no credentials. */
export interface GitErrors {
  /** The URL has no host, holds control characters, or is not a URL. */
  URL_INVALID: { url: string };
  /** The URL's scheme is not one that this engine speaks. */
  SCHEME_UNSUPPORTED: { url: string; scheme: string };
  /** Credentials would be sent over plain HTTP. */
  INSECURE_CREDENTIALS: { url: string };
  /** A branch, tag, ref name or commit that git would not accept, or that could be taken for an option. */
  REF_INVALID: { field: string; value: string };
  /** The remote refuses the credentials, or wants some. */
  AUTH_FAILED: { url: string };
  /** The remote has no such repository. */
  NOT_FOUND: { url: string };
  /** The repository has no such branch, tag, ref or commit; for a branch, `known` are some that exist. */
  REF_NOT_FOUND: { url: string; ref: string; known?: string[] };
  /** The repository has no commits. */
  EMPTY: { url: string };
  /** No connection, a broken connection, a TLS failure, or a server error. */
  UNREACHABLE: { url: string; detail: string };
  /** The answer is not that of a git server, or what it sent is damaged. */
  PROTOCOL: { url: string; detail: string };
  /** The server redirects to another host, which is never followed with credentials. */
  REDIRECT_REFUSED: { url: string; to: string };
  /** The work took longer than its timeout. */
  TIMEOUT: { url: string; timeoutMs: number };
  /** A cap was exceeded; `what` names it. */
  TOO_LARGE: { what: "pack" | "file" | "files" | "tree" | "refs" | "output"; limit: number; path?: string };
  /** The local repository is damaged. It has been removed; the next fetch starts anew. */
  CORRUPT: { dir: string; detail: string };
  /** The local disk refused. */
  STORAGE_FAILED: { dir: string; detail: string };
  /** There is no git on this machine, or it cannot be started. */
  GIT_MISSING: { detail: string };
  /** The path is not a git repository. */
  NOT_A_REPOSITORY: { path: string };
  /** git failed in a way that has no code of its own. */
  FAILED: { detail: string };
}

/** The error class of this room; match on `code`. */
export class GitError<C extends keyof GitErrors = keyof GitErrors> extends ToolkitError<C, GitErrors[C]> {}

/** True if `thrown` is a {@link GitError} with this code. */
export function isGitError<C extends keyof GitErrors>(thrown: unknown, code: C): thrown is GitError<C> {
  return thrown instanceof GitError && thrown.code === code;
}
