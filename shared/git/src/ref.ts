import { GitError } from "./errors.ts";

/** What to follow. The first that is set counts: commit, name, tag, semver, branch. Nothing set means branch `master`. */
export interface GitRefSpec {
  branch?: string;
  tag?: string;
  /** A version range; which tag satisfies it is decided by the caller's `pickTag`. */
  semver?: string;
  /** A full ref name such as `refs/heads/main` or `refs/pull/1/head`. */
  name?: string;
  /** A full commit hash. */
  commit?: string;
}

/** A ref that was found, pinned to a commit. */
export interface ResolvedRef {
  /** `main@sha1:<hash>`, `sha1:<hash>` for a bare commit, `refs/...@sha1:<hash>` for a ref name. */
  revision: string;
  commit: string;
  /** The full ref name that points at it; absent for a bare commit. */
  ref?: string;
}

/** A tag of the remote and the commit it stands for. */
export interface RemoteTag {
  name: string;
  commit: string;
}

/** What has to be asked of the remote. */
export type RefWish =
  | { kind: "commit"; commit: string; branch?: string }
  | { kind: "ref"; ref: string; label: string }
  | { kind: "semver"; range: string };

/** The branch of a spec that names nothing. @source source-controller */
export const DEFAULT_BRANCH = "master";

/**
 * Turns a spec into the one thing to ask for.
 * @throws {GitError} REF_INVALID if a field that counts is not a valid name or hash.
 * @source section 2.1 of the specification: the order is that of Flux's code, not of its documentation
 */
export function wishOf(spec: GitRefSpec): RefWish {
  if (isSet(spec.commit)) {
    checkCommit(spec.commit);
    if (!isSet(spec.branch)) return { kind: "commit", commit: spec.commit };
    checkName("branch", spec.branch);
    return { kind: "commit", commit: spec.commit, branch: spec.branch };
  }
  if (isSet(spec.name)) return { kind: "ref", ref: checkName("name", spec.name), label: spec.name };
  if (isSet(spec.tag)) return { kind: "ref", ref: `refs/tags/${checkName("tag", spec.tag)}`, label: spec.tag };
  if (isSet(spec.semver)) return { kind: "semver", range: spec.semver };
  const branch = isSet(spec.branch) ? spec.branch : DEFAULT_BRANCH;
  return { kind: "ref", ref: `refs/heads/${checkName("branch", branch)}`, label: branch };
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== "";
}

/** `<label>@<algorithm>:<hash>`, or without label for a bare commit. */
export function revisionOf(commit: string, label?: string): string {
  const digest = `${commit.length === 64 ? "sha256" : "sha1"}:${commit}`;
  return label === undefined ? digest : `${label}@${digest}`;
}

/** @throws {GitError} REF_INVALID unless `commit` is 40 or 64 lower-case hex digits. */
export function checkCommit(commit: string): string {
  if (!/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) throw invalidRef("commit", commit, "not a full lower-case hash");
  return commit;
}

const FORBIDDEN = /[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|\/\.|\.\/|\.lock(\/|$)|^[-./]|[./]$|^@$/;
const MAX_NAME_LENGTH = 1024;

/** @throws {GitError} REF_INVALID for what `git check-ref-format` refuses, a leading dash, or over 1024 characters. */
function checkName(field: string, name: string): string {
  if (name.length > MAX_NAME_LENGTH) throw invalidRef(field, name, `longer than ${MAX_NAME_LENGTH} characters`);
  if (FORBIDDEN.test(name)) throw invalidRef(field, name, "not a valid ref name");
  return name;
}

function invalidRef(field: string, value: string, why: string): GitError<"REF_INVALID"> {
  const shown = value.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 100);
  return new GitError("REF_INVALID", `Cannot use ${field} "${shown}": ${why}`, { field, value: shown });
}
