import { ALL_REFS, BareRepository, CURRENT_REF } from "./bare-repository.ts";
import { failureOf } from "./classify.ts";
import { type CommitInfo, parseCommit } from "./commit.ts";
import { type GitEngine } from "./engine.ts";
import { GitError } from "./errors.ts";
import { type CallOptions } from "./git.ts";
import { checkCommit, type ResolvedRef } from "./ref.ts";
import { checkRemote, type GitRemote } from "./remote.ts";
import { type RemoteSession, withRemote } from "./remote-call.ts";

interface FetchCx {
  engine: GitEngine;
  repository: BareRepository;
  resolved: ResolvedRef;
  session: RemoteSession;
}

/** `Git.fetch`. If a local repository from before may be to blame for a failure, it is thrown away and everything fetched anew. */
export async function fetchCommit(
  engine: GitEngine,
  cx: { dir: string; remote: GitRemote; resolved: ResolvedRef; options: CallOptions },
): Promise<CommitInfo> {
  const remote = checkRemote(cx.remote);
  const commit = checkCommit(cx.resolved.commit);
  const repository = new BareRepository(engine, cx.dir);
  return withRemote({ engine, remote, options: cx.options }, async (session) => {
    const fetching = { engine, repository, resolved: cx.resolved, session };
    const { isNew } = await repository.prepare(commit, session.signal);
    try {
      return await fetchInto(fetching);
    } catch (thrown) {
      if (isNew || !mayBeLocal(thrown)) throw thrown;
      await repository.remove();
      await repository.prepare(commit, session.signal);
      return fetchInto(fetching);
    }
  });
}

/** A pack that builds on damaged objects of ours fails in the same way as one that arrived damaged. */
function mayBeLocal(thrown: unknown): boolean {
  return thrown instanceof GitError && ["CORRUPT", "PROTOCOL", "FAILED"].includes(thrown.code);
}

async function fetchInto(cx: FetchCx): Promise<CommitInfo> {
  const { repository, session, resolved } = cx;
  if (!(await repository.holds(resolved.commit, session.signal))) {
    try {
      await receive(cx);
    } finally {
      await repository.clearLeftovers();
    }
    await repository.tidy(session.signal);
  }
  return readCommit(cx);
}

/** Asks for the commit by hash. A server too old to allow that is asked for the ref that had it, then for all history. */
async function receive(cx: FetchCx): Promise<void> {
  const { commit, ref } = cx.resolved;
  const refusal = await pull(cx, { wanted: [`+${commit}:${CURRENT_REF}`], depth: 1 });
  if (refusal === undefined) return;
  if (!refusal.unadvertised) throw refusal.error;
  const byRef = ref === undefined ? refusal : await pull(cx, { wanted: [ref], depth: 1 });
  if (byRef !== undefined || !(await hasCommit(cx))) {
    const failure = await pullEverything(cx);
    if (failure !== undefined) throw failure.error;
    if (!(await hasCommit(cx))) throw refusal.error;
  }
  await cx.repository.setCurrent(commit, cx.session.signal);
  await cx.repository.forgetAll(cx.session.signal);
}

function pullEverything(cx: FetchCx): Promise<PullFailure | undefined> {
  const wanted = [`+refs/heads/*:${ALL_REFS}/heads/*`, `+refs/tags/*:${ALL_REFS}/tags/*`];
  return pull(cx, { wanted, depth: WHOLE_HISTORY });
}

/** What git itself takes for infinite. */
const WHOLE_HISTORY = 2 ** 31 - 1;

/** Why a fetch failed; `unadvertised` if only because the server gives nothing but what its refs point at. */
interface PullFailure {
  error: GitError;
  unadvertised: boolean;
}

async function pull(
  cx: FetchCx,
  { wanted, depth }: { wanted: readonly string[]; depth: number },
): Promise<PullFailure | undefined> {
  const { engine, repository, resolved, session } = cx;
  const { packBytes } = engine.limits;
  const { exitCode, stderr } = await session.run({
    args: (url) => [
      `--git-dir=${repository.dir}`,
      ...["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"],
      ...[`--depth=${depth}`, "--", url, ...wanted],
    ],
    settings: [["fetch.unpackLimit", "1"]],
    maxFileBytes: packBytes,
  });
  if (exitCode === 0) return undefined;
  const { remote } = session;
  const cut = (await repository.largestLeftoverBytes()) >= packBytes;
  const error = cut
    ? new GitError("TOO_LARGE", `Cannot read repository "${remote.url}": its pack exceeds limit ${packBytes} bytes`, {
        what: "pack",
        limit: packBytes,
      })
    : failureOf(stderr, { remote, dir: repository.dir, ref: resolved.commit });
  return { error, unadvertised: stderr.includes("unadvertised object") };
}

async function hasCommit({ repository, resolved, session }: FetchCx): Promise<boolean> {
  const { exitCode } = await repository.git(["cat-file", "-e", `${resolved.commit}^{tree}`], session.signal);
  return exitCode === 0;
}

async function readCommit({ repository, resolved, session }: FetchCx): Promise<CommitInfo> {
  const { exitCode, stdout, stderr } = await repository.git(["cat-file", "commit", resolved.commit], session.signal);
  if (exitCode !== 0) throw repository.damaged(stderr);
  return parseCommit(resolved.commit, stdout.toString("utf8"));
}
