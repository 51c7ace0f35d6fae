import { resolve } from "node:path";
import { type Clock } from "@sluice/base";
import { type Environment, gitEnvironment } from "./environment.ts";
import { GitError } from "./errors.ts";
import { runGit } from "./process.ts";

/** A repository on this machine: a work tree, a linked work tree, or a bare one. */
export interface LocalRepository {
  /** The directory that holds HEAD: for a linked work tree, its own. */
  gitDir: string;
  /** The directory that holds refs and objects, shared by all work trees. */
  commonDir: string;
  /** The branch that is checked out, or undefined if HEAD is detached. */
  branch?: string;
  /** The commit of HEAD, or undefined if there is none yet. */
  commit?: string;
}

/** How local git commands are run. */
export interface LocalGitOptions {
  clock: Clock;
  signal: AbortSignal;
  environment?: Environment;
}

/**
 * Finds out about the repository at `path` (its root or any directory inside).
 * @throws {GitError} NOT_A_REPOSITORY, GIT_MISSING.
 */
export async function localRepository(path: string, options: LocalGitOptions): Promise<LocalRepository> {
  const cwd = resolve(path);
  const ask = async (...args: string[]) => {
    const env = gitEnvironment(options.environment ?? {}, trust());
    const { exitCode, stdout, stderr } = await runGit({ args, env, cwd }, { ...options, limitBytes: 1 << 20 });
    return { ok: exitCode === 0, text: stdout.toString("utf8").trim(), stderr };
  };
  const dirs = await ask("rev-parse", "--path-format=absolute", "--git-dir", "--git-common-dir").catch(notThere(path));
  const [gitDir, commonDir] = dirs.text.split("\n");
  if (!dirs.ok || gitDir === undefined || commonDir === undefined) throw notARepository(path);
  const [branch, commit] = await Promise.all([
    ask("symbolic-ref", "--quiet", "HEAD"),
    ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}"),
  ]);
  return {
    gitDir,
    commonDir,
    ...(branch.ok && { branch: branch.text.replace(/^refs\/heads\//, "") }),
    ...(commit.ok && { commit: commit.text }),
  };
}

/** The user named the repository: whoever owns it, it may be read. */
function trust() {
  return [["safe.directory", "*"]] as const;
}

/** A directory that does not exist makes the start of git fail, which is no fault of git. */
function notThere(path: string) {
  return (thrown: unknown): never => {
    throw thrown instanceof GitError && /ENOENT|ENOTDIR/.test(thrown.message) ? notARepository(path) : thrown;
  };
}

function notARepository(path: string): GitError<"NOT_A_REPOSITORY"> {
  return new GitError("NOT_A_REPOSITORY", `Cannot use "${path}": not a git repository`, { path });
}
