import { createServer } from "node:http";
import { type Clock, listenOn } from "@sluice/base";
import { type Environment } from "./environment.ts";
import { gitBackend } from "./http-backend.ts";
import { localRepository, type LocalRepository } from "./local-repository.ts";

/** A repository that is being served. Disposing it ends open connections. */
export interface ServedRepository extends AsyncDisposable {
  /** The URL to clone from. */
  readonly url: string;
  readonly port: number;
  readonly repository: LocalRepository;
}

/**
 * Serves the repository at `path` over smart HTTP, to be read only. What is served is what is committed at the moment of each
 * request; a work tree's uncommitted changes are not.
 * @param options.host default 127.0.0.1.
 * @param options.port default 0: a free one.
 * @param options.name the last part of the URL, default `repository`.
 * @throws {GitError} NOT_A_REPOSITORY, GIT_MISSING.
 */
export async function serveRepository(options: {
  path: string;
  clock: Clock;
  signal: AbortSignal;
  host?: string;
  port?: number;
  name?: string;
  environment?: Environment;
}): Promise<ServedRepository> {
  const { path, host = "127.0.0.1", port = 0, name = "repository" } = options;
  const repository = await localRepository(path, options);
  const backend = gitBackend(options);
  const prefix = `/${encodeURIComponent(name)}`;
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? "/", "http://localhost");
    const rest = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : "";
    const asked = { gitDir: repository.commonDir, path: rest, query, request, response };
    backend(asked).catch(() => response.destroy());
  });
  const listening = await listenOn(server, { host, port });
  return {
    url: `http://${listening.address}${prefix}`,
    port: listening.port,
    repository,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}
