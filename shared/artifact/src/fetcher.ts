import { Agent } from "undici";
import { type Clock } from "@sluice/base";
import { download } from "./download.ts";
import { SharedJobs } from "./shared-jobs.ts";
import { type ArtifactTree, DEFAULT_TREE_LIMITS, type TreeLimits, unpackTree } from "./tree.ts";
import { TreeCache } from "./tree-cache.ts";

/** The part of `status.artifact` that a consumer needs. */
export interface FetchableArtifact {
  url: string;
  digest: string;
}

/** Artifacts as in-memory trees, shared by all consumers of a process. */
export interface ArtifactFetcher extends AsyncDisposable {
  /**
   * The files of an artifact. Whoever asks for the same digest gets the same tree: it is downloaded and unpacked once, even
   * when many ask at once, and there are never two copies of it in memory.
   * @throws {ArtifactError} URL_REFUSED, NOT_FOUND, UNREACHABLE, DIGEST_INVALID, DIGEST_MISMATCH, TOO_LARGE, ARCHIVE_INVALID,
   *   ENTRY_INVALID.
   * @throws the signal's reason when it aborts; the download goes on if somebody else waits for it.
   */
  tree(artifact: FetchableArtifact, signal: AbortSignal): Promise<ArtifactTree>;
}

/** Settings of a fetcher. */
export interface FetcherOptions {
  clock: Clock;
  /** Memory for trees that nobody may be using, in bytes; the least recently used go first. Default 256 MiB. */
  cacheBytes?: number;
  limits?: TreeLimits;
  /** Hosts (`name` or `name:port`) an artifact may come from. Default: every host. */
  allowedHosts?: readonly string[];
  /** Tries after the first one. Default 9. */
  retries?: number;
}

/** Creates the fetcher that all consumers of one process share. */
export function artifactFetcher(options: FetcherOptions): ArtifactFetcher {
  const limits = options.limits ?? DEFAULT_TREE_LIMITS;
  const cache = new TreeCache(options.cacheBytes ?? 256 << 20);
  const jobs = new SharedJobs<ArtifactTree>();
  const agent = new Agent({ connections: 16, headersTimeout: 30_000, bodyTimeout: 30_000 });
  const downloads = {
    clock: options.clock,
    dispatcher: agent,
    retries: options.retries ?? 9,
    minRetryMs: 100,
    maxRetryMs: 30_000,
    limitBytes: limits.archiveBytes,
    allowedHosts: options.allowedHosts,
  };
  const fetchTree = async (artifact: FetchableArtifact, signal: AbortSignal) => {
    const archive = await download(artifact, downloads, signal);
    const tree = await unpackTree(archive, { digest: artifact.digest, limits });
    const other = cache.get(artifact.digest); // the same content may have come from another URL meanwhile
    if (other === undefined) cache.add(artifact.digest, tree);
    return other ?? tree;
  };
  return {
    async tree(artifact, signal) {
      signal.throwIfAborted();
      const known = cache.get(artifact.digest);
      if (known !== undefined) return known;
      return jobs.join(`${artifact.digest} ${artifact.url}`, (shared) => fetchTree(artifact, shared), signal);
    },
    async [Symbol.asyncDispose]() {
      cache.clear();
      await agent.destroy();
    },
  };
}
