import {
  type CallOptions,
  type CommitInfo,
  type Git,
  type GitRefSpec,
  type GitRemote,
  type RemoteTag,
  type ResolvedRef,
  revisionOf,
} from "@sluice/git";
import { bestTags } from "./pick-tag.ts";

/** Most tags of one version whose commits are compared; of more, the last ones by name. */
const MAX_EQUAL_TAGS = 32;
const MAX_REMEMBERED = 10_000;

export interface ResolveRequest {
  remote: GitRemote;
  ref: GitRefSpec;
  limit: CallOptions;
  /** Brings a commit into the repository's cache. */
  fetch(resolved: ResolvedRef): Promise<CommitInfo>;
}

/**
 * Finds the commit that a reference stands for. Tags of equal version are compared by the time of their commits, which have to be
 * fetched for that, each once: a commit never changes.
 * @source spec/flux-api.md 2.1
 */
export class RefResolver {
  readonly #git: Git;
  readonly #commitTimes = new Map<string, number>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** @throws {GitError | ExprError} as `Git.resolve` and `bestTags` do */
  async resolve(request: ResolveRequest): Promise<ResolvedRef> {
    let equal: readonly RemoteTag[] = [];
    const pickTag = (range: string, tags: readonly RemoteTag[]) => {
      equal = bestTags(range, tags).slice(-MAX_EQUAL_TAGS);
      return equal.at(-1);
    };
    const resolved = await this.#git.resolve(request.remote, request.ref, { ...request.limit, pickTag });
    const differ = equal.some(({ commit }) => commit !== equal[0]?.commit);
    return differ ? this.#newest(equal, request) : resolved;
  }

  async #newest(tags: readonly RemoteTag[], request: ResolveRequest): Promise<ResolvedRef> {
    const dated: { resolved: ResolvedRef; timeMs: number }[] = [];
    for (const tag of tags) {
      const resolved = refOfTag(tag);
      dated.push({ resolved, timeMs: await this.#timeOf(resolved, request) });
    }
    return dated.reduce((newest, other) => (other.timeMs >= newest.timeMs ? other : newest)).resolved;
  }

  async #timeOf(resolved: ResolvedRef, request: ResolveRequest): Promise<number> {
    const known = this.#commitTimes.get(resolved.commit);
    if (known !== undefined) return known;
    const { timeMs } = (await request.fetch(resolved)).committer;
    if (this.#commitTimes.size >= MAX_REMEMBERED) this.#commitTimes.clear();
    this.#commitTimes.set(resolved.commit, timeMs);
    return timeMs;
  }
}

function refOfTag({ name, commit }: RemoteTag): ResolvedRef {
  return { revision: revisionOf(commit, name), commit, ref: `refs/tags/${name}` };
}
