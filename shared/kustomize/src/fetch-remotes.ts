import { build, type BuildOptions, type BuildResult } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { type FileTree } from "./file-tree.ts";
import { describeRemote, remoteKey, type RemoteRequest } from "./remote-request.ts";
import { type RemoteSource } from "./remotes.ts";
import { type RepositoryUrl } from "./repository-url.ts";

/** Fetches what lies outside a tree. `null` says that there is no such thing; anything else that fails is thrown. */
export interface RemoteFetcher {
  /**
   * The body of a URL. `null` for a status that is no success, and where the URL is that of a repository: kustomize tries
   * every URL as a file before it tries it as a repository.
   * @param options more than `limitBytes` are not to be read.
   */
  file(url: string, options: { signal: AbortSignal; limitBytes: number }): Promise<Uint8Array | null>;
  /** The whole tree of a repository at its ref, fetched within `timeoutMs`. */
  repository(repository: RepositoryUrl, options: { signal: AbortSignal }): Promise<FileTree | null>;
}

/** Whether a remote may be fetched. It is asked before anything is looked up or connected to. */
export type RemotePolicy = (request: RemoteRequest) => boolean;

export interface RemoteBuildOptions extends Omit<BuildOptions, "remotes"> {
  fetch: RemoteFetcher;
  allow: RemotePolicy;
  signal: AbortSignal;
  /** Most bytes of a remote file, 16 MiB by default. */
  limitBytes?: number;
}

/**
 * Builds as `build` does, and fetches the remotes that the kustomizations name, each once: builds, fetches all that was
 * missing, and builds again until nothing is.
 * @throws {KustomizeError} REMOTE for a remote that the policy refuses or that is too large, and what `build` throws.
 */
export async function buildWithRemotes(
  tree: FileTree,
  path: string,
  options: RemoteBuildOptions,
): Promise<BuildResult> {
  const { fetch, allow, signal, limitBytes = 16 * 1024 * 1024, ...rest } = options;
  const remotes = new FetchedRemotes();
  const cache = rest.cache ?? new BuildCache();
  for (;;) {
    signal.throwIfAborted();
    const outcome = tryBuild(() => build(tree, path, { ...rest, cache, remotes }));
    if ("result" in outcome) return outcome.result;
    for (const request of outcome.missing) demandAllowed(request, allow);
    await Promise.all(outcome.missing.map((request) => remotes.fetch(request, fetch, { signal, limitBytes })));
  }
}

function tryBuild(run: () => BuildResult): { result: BuildResult } | { missing: readonly RemoteRequest[] } {
  try {
    return { result: run() };
  } catch (thrown) {
    const missing = missingRemotes(thrown);
    if (missing.length === 0) throw thrown;
    return { missing };
  }
}

/** The remotes that a failed build lacked; none if it failed for another reason. */
export function missingRemotes(thrown: unknown): readonly RemoteRequest[] {
  if (!(thrown instanceof KustomizeError)) return [];
  return "missing" in thrown.data ? (thrown.data.missing ?? []) : [];
}

function demandAllowed(request: RemoteRequest, allow: RemotePolicy): void {
  if (!allow(request)) throw refusal(request, "the policy does not allow it");
}

function refusal(request: RemoteRequest, fact: string): KustomizeError {
  return new KustomizeError("REMOTE", `Cannot fetch ${describeRemote(request)}: ${fact}`, { chain: [] });
}

/** What was fetched so far. */
class FetchedRemotes implements RemoteSource {
  readonly #files = new Map<string, Uint8Array | null>();
  readonly #trees = new Map<string, FileTree | null>();

  file(url: string): Uint8Array | null | undefined {
    return this.#files.get(remoteKey({ type: "file", url }));
  }

  repository(repository: RepositoryUrl): FileTree | null | undefined {
    return this.#trees.get(remoteKey({ type: "repository", repository }));
  }

  async fetch(
    request: RemoteRequest,
    fetcher: RemoteFetcher,
    options: { signal: AbortSignal; limitBytes: number },
  ): Promise<void> {
    const key = remoteKey(request);
    if (request.type === "repository") {
      this.#trees.set(key, await fetcher.repository(request.repository, { signal: options.signal }));
      return;
    }
    const content = await fetcher.file(request.url, options);
    if (content !== null && content.length > options.limitBytes) {
      throw refusal(request, `it has more than ${options.limitBytes} bytes`);
    }
    this.#files.set(key, content);
  }
}

/**
 * A policy that allows `https:` and `ssh:` remotes (also `git@host:path`) on the named hosts and nothing else: neither
 * plain `http:`, nor `file:`, nor URLs with a password, nor a `timeout` of more than `maxTimeoutMs` (five minutes by default).
 * @param hosts such as `github.com`; with a port if there is one, `git.example.com:8443`.
 */
export function allowHosts(hosts: readonly string[], { maxTimeoutMs = 300_000 } = {}): RemotePolicy {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return (request) => {
    const url = request.type === "file" ? request.url : request.repository.url;
    if (request.type === "repository" && request.repository.timeoutMs > maxTimeoutMs) return false;
    const host = secureHost(url);
    return host !== undefined && allowed.has(host);
  };
}

/** The host of an `https:` or `ssh:` URL or of `user@host:path`, in lower case; undefined for any other. */
function secureHost(url: string): string | undefined {
  const match = /^(?:https:\/\/|ssh:\/\/(?:[\w-]+@)?|[\w-]+@)([a-z0-9.-]+(?::[0-9]+)?)(?:[/:?#]|$)/i.exec(url);
  return match?.[1]?.toLowerCase();
}
