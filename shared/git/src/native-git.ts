import { type Clock } from "@sluice/base";
import { GitEngine } from "./engine.ts";
import { type Environment } from "./environment.ts";
import { fetchCommit } from "./fetch.ts";
import { type Git } from "./git.ts";
import { DEFAULT_GIT_LIMITS, type GitLimits } from "./limits.ts";
import { openTree } from "./open-tree.ts";
import { resolveRef } from "./resolve.ts";

/**
 * The machine's `git`, spawned for each call: no shell sees a caller's text, no configuration of the host counts, credentials
 * go through the environment only, and each call's process group ends with the call.
 * @param options.environment the host's variables, for PATH and proxies; default: the usual program directories, no proxy.
 * @param options.limits those not given are {@link DEFAULT_GIT_LIMITS}.
 */
export function nativeGit(options: { clock: Clock; limits?: Partial<GitLimits>; environment?: Environment }): Git {
  const limits = { ...DEFAULT_GIT_LIMITS, ...options.limits };
  const engine = new GitEngine({ clock: options.clock, limits, host: options.environment ?? {} });
  return {
    resolve: (remote, spec, call) => resolveRef(engine, { remote, spec, options: call }),
    fetch: (dir, remote, resolved, call) => fetchCommit(engine, { dir, remote, resolved, options: call }),
    openTree: (dir, commit, { signal }) => openTree(engine, { dir, commit, signal }),
  };
}
