import { failureOf } from "./classify.ts";
import { type GitEngine } from "./engine.ts";
import { GitError } from "./errors.ts";
import { type Git } from "./git.ts";
import { parseRefs, type RemoteRefs, tagsOf } from "./ls-remote.ts";
import { type GitRefSpec, type RefWish, type ResolvedRef, revisionOf, wishOf } from "./ref.ts";
import { checkRemote, type GitRemote } from "./remote.ts";
import { type RemoteSession, withRemote } from "./remote-call.ts";

/** `Git.resolve` by `git ls-remote`. */
export async function resolveRef(
  engine: GitEngine,
  cx: { remote: GitRemote; spec: GitRefSpec; options: Parameters<Git["resolve"]>[2] },
): Promise<ResolvedRef> {
  const remote = checkRemote(cx.remote);
  const wish = wishOf(cx.spec);
  if (wish.kind === "commit") return pinned(wish);
  return withRemote({ engine, remote, options: cx.options }, async (session) => {
    const refs = await listRefs(session, { engine, only: scopeOf(wish) });
    const found = choose(wish, refs, cx.options.pickTag);
    if (found !== undefined) return found;
    throw await absence(session, { engine, wish, refs });
  });
}

function pinned(wish: { commit: string; branch?: string }): ResolvedRef {
  const { commit, branch } = wish;
  if (branch === undefined) return { revision: revisionOf(commit), commit };
  return { revision: revisionOf(commit, branch), commit, ref: `refs/heads/${branch}` };
}

type Scope = "heads" | "tags" | "all";

/** The smallest part of the remote's refs that holds what is wanted: the server sends no others. */
function scopeOf(wish: Exclude<RefWish, { kind: "commit" }>): Scope {
  if (wish.kind === "semver" || wish.ref.startsWith("refs/tags/")) return "tags";
  return wish.ref.startsWith("refs/heads/") ? "heads" : "all";
}

async function listRefs(session: RemoteSession, cx: { engine: GitEngine; only: Scope }): Promise<RemoteRefs> {
  const scope = cx.only === "all" ? [] : [`--${cx.only}`];
  const { remote } = session;
  const outcome = await session.run({
    args: (url) => ["ls-remote", "--quiet", ...scope, "--", url],
    limitBytes: cx.engine.limits.refsBytes,
  });
  if (outcome.exitCode !== 0) throw failureOf(outcome.stderr, { remote });
  return parseRefs(outcome.stdout.toString("utf8"));
}

function choose(
  wish: Exclude<RefWish, { kind: "commit" }>,
  refs: RemoteRefs,
  pickTag: Parameters<Git["resolve"]>[2]["pickTag"],
): ResolvedRef | undefined {
  if (wish.kind === "semver") {
    const tag = pickTag?.(wish.range, tagsOf(refs));
    return tag && { revision: revisionOf(tag.commit, tag.name), commit: tag.commit, ref: `refs/tags/${tag.name}` };
  }
  const commit = refs.get(wish.ref);
  return commit === undefined ? undefined : { revision: revisionOf(commit, wish.label), commit, ref: wish.ref };
}

const MAX_KNOWN = 5;

/** Why nothing was found: an empty repository (which costs one more question), or no such ref. */
async function absence(
  session: RemoteSession,
  cx: { engine: GitEngine; wish: Exclude<RefWish, { kind: "commit" }>; refs: RemoteRefs },
): Promise<GitError> {
  const { url } = session.remote;
  const all = cx.refs.size > 0 ? cx.refs : await listRefs(session, { engine: cx.engine, only: "all" });
  if (all.size === 0) return new GitError("EMPTY", `Cannot read repository "${url}": it has no commits`, { url });
  if (cx.wish.kind === "semver") {
    const message = `Cannot read repository "${url}": no tag satisfies "${cx.wish.range}"`;
    return new GitError("REF_NOT_FOUND", message, { url, ref: cx.wish.range });
  }
  const { ref } = cx.wish;
  const prefix = "refs/heads/";
  const isBranch = ref.startsWith(prefix);
  const known = isBranch
    ? [...all.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
    : [];
  const hint =
    known.length === 0
      ? ""
      : `; it has ${known.slice(0, MAX_KNOWN).join(", ")}${known.length > MAX_KNOWN ? ", ..." : ""}`;
  const what = isBranch ? `branch "${cx.wish.label}"` : `"${ref}"`;
  return new GitError("REF_NOT_FOUND", `Cannot read repository "${url}": ${what} not found${hint}`, {
    url,
    ref,
    known: known.slice(0, MAX_KNOWN),
  });
}
