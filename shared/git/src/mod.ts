/**
 * Git: which commit a ref stands for, incremental fetch into bare repositories, reading trees without a work tree, serving a local
 * repository over smart HTTP, and noticing commits in it. The engine is the machine's `git`, behind the interface {@link Git}.
 *
 * Imports base only. Fails with {@link GitError}, whose codes are the keys of `GitErrors`; messages and data hold no credentials.
 */
export { type CommitInfo, type Signature } from "./commit.ts";
export { type Environment } from "./environment.ts";
export { GitError, type GitErrors, isGitError } from "./errors.ts";
export { type CallOptions, type Git, type GitFile, type GitTree, type TreeMode } from "./git.ts";
export { type BackendRequest, type GitBackend, gitBackend } from "./http-backend.ts";
export { DEFAULT_GIT_LIMITS, type GitLimits } from "./limits.ts";
export { type LocalGitOptions, type LocalRepository, localRepository } from "./local-repository.ts";
export { nativeGit } from "./native-git.ts";
export { DEFAULT_BRANCH, type GitRefSpec, type RemoteTag, type ResolvedRef, revisionOf } from "./ref.ts";
export { type GitAuth, type GitRemote, redactUrl } from "./remote.ts";
export { type ServedRepository, serveRepository } from "./serve-repository.ts";
export { watchRefs } from "./watch-refs.ts";
export { createRepository, localRemotes } from "./work-tree.ts";
