import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock } from "@sluice/base";
import { isGitError, type LocalRepository, localRemotes, localRepository, serveRepository } from "@sluice/git";
import { declaredUrls, repositoryId } from "./aliases.ts";
import { type Following } from "./bootstrap.ts";
import { CliError } from "./errors.ts";

/** Where manifests come from. */
export interface Source extends AsyncDisposable {
  /** What the GitRepository is given. */
  url: string;
  ref: Following;
  /** The repository on this machine, if it is one. */
  local: LocalRepository | undefined;
  /** The URL that stands in for `url`, if this source is that repository. */
  redirect(url: string): string | undefined;
}

/**
 * Opens what the user named: a directory is served over smart HTTP, a URL is taken as it is.
 * @throws {CliError} SOURCE_INVALID
 */
export async function openSource(
  source: string,
  options: { path: string; clock: Clock; signal: AbortSignal },
): Promise<Source> {
  if (await isDirectory(source)) return openLocal(source, options);
  if (/^(https?|ssh):\/\//.test(source)) {
    return {
      url: source,
      ref: { branch: "main" },
      local: undefined,
      redirect: () => undefined,
      async [Symbol.asyncDispose]() {},
    };
  }
  throw new CliError(
    "SOURCE_INVALID",
    `Cannot use source "${source}": neither a directory nor a URL that begins with http://, https:// or ssh://`,
    { source },
  );
}

async function openLocal(
  path: string,
  { path: entry, clock, signal }: { path: string; clock: Clock; signal: AbortSignal },
): Promise<Source> {
  const local = await localRepository(path, { clock, signal }).catch((thrown: unknown) => {
    if (!isGitError(thrown, "NOT_A_REPOSITORY")) throw thrown;
    throw new CliError(
      "SOURCE_INVALID",
      `Cannot use source "${path}": not a git repository; "git init" and a commit make it one`,
      { source: path },
    );
  });
  if (local.commit === undefined)
    throw new CliError("SOURCE_INVALID", `Cannot use source "${path}": it has no commit yet`, { source: path });
  const served = await serveRepository({ path, clock, signal, name: "source" });
  const remotes = await localRemotes(path, { clock, signal });
  const ids = new Set([...remotes, ...(await bootstrapUrls(join(path, entry)))].map(repositoryId));
  return {
    url: served.url,
    ref: local.branch === undefined ? { commit: local.commit } : { branch: local.branch },
    local,
    redirect: (url) => (ids.has(repositoryId(url)) ? served.url : undefined),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** The URLs under which `flux bootstrap` knows the repository: those of the sync manifests in `<entry>/flux-system`. */
async function bootstrapUrls(entry: string): Promise<string[]> {
  const folder = join(entry, "flux-system");
  const names = await readdir(folder).catch(() => []);
  const manifests = names.filter((name) => /\.ya?ml$/.test(name));
  const texts = await Promise.all(manifests.map((name) => readFile(join(folder, name), "utf8")));
  return texts.flatMap(declaredUrls);
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
