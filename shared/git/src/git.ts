import { type CommitInfo } from "./commit.ts";
import { type GitRefSpec, type RemoteTag, type ResolvedRef } from "./ref.ts";
import { type GitRemote } from "./remote.ts";

/** Limits of time that every call over the network takes. */
export interface CallOptions {
  signal: AbortSignal;
  /** Milliseconds after which the call fails with TIMEOUT. */
  timeoutMs: number;
}

/** What a file of a tree is. A `gitlink` is a submodule, whose content is elsewhere. */
export type TreeMode = "file" | "executable" | "symlink" | "gitlink";

/** One file of a commit's tree. */
export interface GitFile {
  /** Relative, slash-separated, safe: see `unsafePath`. */
  path: string;
  mode: TreeMode;
  /** The hash of its content: equal contents have equal hashes. */
  hash: string;
  /** Length of the content in bytes; 0 for a gitlink. */
  size: number;
  /**
   * The content; for a symlink, its target. Several reads may be under way at once.
   * @throws {GitError} TOO_LARGE over the cap for a file or for the tree; CORRUPT.
   */
  read(): Promise<Uint8Array>;
}

/** An open tree. Its files can be read until it is disposed. */
export interface GitTree extends AsyncDisposable {
  readonly files: readonly GitFile[];
  /** Paths that no file system should see, left out of `files`: at most 100 of them. */
  readonly dropped: readonly { path: string; why: string }[];
}

/**
 * What Sluice needs of git, whatever engine does it. All methods throw `GitError`, or the signal's reason when it aborts; when
 * they have thrown, nothing runs any more.
 */
export interface Git {
  /**
   * Asks the remote which commit the spec stands for now: one round trip, none for a commit.
   * @param options.pickTag for `spec.semver`: the tag that satisfies the range best, or undefined if none does.
   * @throws {GitError} URL_INVALID, REF_INVALID, REF_NOT_FOUND, EMPTY, AUTH_FAILED, NOT_FOUND, UNREACHABLE, PROTOCOL, TIMEOUT...
   */
  resolve(
    remote: GitRemote,
    spec: GitRefSpec,
    options: CallOptions & { pickTag?: (range: string, tags: readonly RemoteTag[]) => RemoteTag | undefined },
  ): Promise<ResolvedRef>;

  /**
   * Brings one commit, without its history, into the bare repository at `dir`; only objects that are missing are sent. The
   * repository is created if absent and created anew if damaged. One call at a time per `dir`.
   * @throws {GitError} REF_NOT_FOUND if the commit is gone, TOO_LARGE, AUTH_FAILED, UNREACHABLE, PROTOCOL, TIMEOUT...
   */
  fetch(dir: string, remote: GitRemote, resolved: ResolvedRef, options: CallOptions): Promise<CommitInfo>;

  /**
   * Opens the tree of a commit that was fetched into `dir`.
   * @throws {GitError} TOO_LARGE over the cap of files; CORRUPT if objects are damaged or missing: the repository is then removed.
   */
  openTree(dir: string, commit: string, options: { signal: AbortSignal }): Promise<GitTree>;
}
