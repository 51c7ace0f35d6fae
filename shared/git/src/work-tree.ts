import { resolve } from "node:path";
import { gitEnvironment } from "./environment.ts";
import { GitError } from "./errors.ts";
import { type LocalGitOptions } from "./local-repository.ts";
import { runGit } from "./process.ts";

/**
 * The URLs of a local repository's remotes, each once.
 * @throws {GitError} GIT_MISSING, FAILED
 */
export async function localRemotes(path: string, options: LocalGitOptions): Promise<string[]> {
  const listed = await localGit(path, ["config", "--local", "--get-regexp", "^remote\\..*\\.url$"], {
    ...options,
    allowed: [0, 1],
  });
  const urls = listed.split("\n").map((line) => line.slice(line.indexOf(" ") + 1).trim());
  return [...new Set(urls.filter((url) => url !== ""))];
}

/**
 * Makes a repository of a directory, with everything in it as the first commit on branch `main`. Its own configuration names an author, so that
 * the user can commit on a machine where git knows nobody.
 * @throws {GitError} GIT_MISSING, FAILED
 */
export async function createRepository(path: string, options: LocalGitOptions & { message: string }): Promise<void> {
  await localGit(path, ["init", "--quiet", "--initial-branch=main"], options);
  await localGit(path, ["config", "user.name", "Sluice"], options);
  await localGit(path, ["config", "user.email", "sluice@example.com"], options);
  await localGit(path, ["add", "--all"], options);
  await localGit(path, ["commit", "--quiet", `--message=${options.message}`], options);
}

async function localGit(
  path: string,
  args: readonly string[],
  options: LocalGitOptions & { allowed?: readonly number[] },
): Promise<string> {
  const env = gitEnvironment(options.environment ?? {}, [["safe.directory", "*"]]);
  const { exitCode, stdout, stderr } = await runGit(
    { args, env, cwd: resolve(path) },
    { ...options, limitBytes: 1 << 20 },
  );
  if ((options.allowed ?? [0]).includes(exitCode)) return stdout.toString("utf8");
  const detail = stderr.trim();
  throw new GitError("FAILED", `Cannot run git ${args[0]} in "${path}": ${detail}`, { detail });
}
