import { type Kustomization } from "@sluice/api";
import { type ArtifactFetcher, type ArtifactTree } from "@sluice/artifact";
import { canonicalJson, type Clock, inTurns, sha256Hex } from "@sluice/base";
import { BuildCache, type CacheCounts } from "@sluice/kustomize";
import { type RenderResult, render, renderInputsChanged } from "@sluice/render";
import { keyOf } from "@sluice/runtime";
import { type SourceArtifact } from "./sources.ts";

/** Source text whose parsed form is kept; that takes about ten times as much memory. */
const PARSED_SOURCE_BYTES = 6 << 20;

/** What was built last for one Kustomization. */
interface Built {
  /** Digest of the artifact it was built from, or was found to be equal for. */
  artifactDigest: string;
  /** Digest of the parts of the spec that a build depends on. */
  specDigest: string;
  result: RenderResult;
}

/**
 * Builds by Kustomization; a build whose inputs did not change is not repeated. A large one lets other work go on. Builds of one
 * artifact follow each other, because they are likely to share bases, which the later ones then find in the cache.
 */
export class Builds {
  readonly #fetcher: ArtifactFetcher;
  readonly #clock: Clock;
  readonly #cache = new BuildCache(PARSED_SOURCE_BYTES);
  readonly #built = new Map<string, Built>();
  /** By the digest of an artifact, the end of its last build that is waiting or under way. */
  readonly #lines = new Map<string, Promise<unknown>>();
  #count = 0;

  constructor(fetcher: ArtifactFetcher, clock: Clock) {
    this.#fetcher = fetcher;
    this.#clock = clock;
  }

  /** Work done so far: builds, and what they parsed, built and took from the cache. */
  get counts(): Readonly<CacheCounts & { builds: number }> {
    return { builds: this.#count, ...this.#cache.counts };
  }

  /** The objects of `app` in `artifact`; the same value as last time if nothing that was read has changed. */
  async build(app: Kustomization, artifact: SourceArtifact, signal: AbortSignal): Promise<RenderResult> {
    const key = keyOf(app);
    const specDigest = digestOfSpec(app);
    const last = this.#built.get(key);
    const sameSpec = last?.specDigest === specDigest;
    if (last && sameSpec && last.artifactDigest === artifact.digest) return last.result;
    const tree = await this.#fetcher.tree(artifact, signal);
    if (last && sameSpec && !renderInputsChanged(last.result.inputs, tree)) {
      last.artifactDigest = artifact.digest;
      return last.result;
    }
    this.#built.delete(key);
    this.#count++;
    const owner = { namespace: app.metadata.namespace ?? "default", name: app.metadata.name };
    const steps = render({ tree, owner, spec: app.spec, cache: this.#cache });
    const result = await this.#inLine(artifact.digest, () => inTurns(steps, { clock: this.#clock, signal }));
    this.#built.set(key, { artifactDigest: artifact.digest, specDigest, result });
    return result;
  }

  /** Runs `task` once those before it of the same line have ended, however they did. */
  async #inLine<T>(line: string, task: () => Promise<T>): Promise<T> {
    const mine = (this.#lines.get(line) ?? Promise.resolve()).then(task, task);
    this.#lines.set(line, mine);
    try {
      return await mine;
    } finally {
      if (this.#lines.get(line) === mine) this.#lines.delete(line);
    }
  }

  /** True if building `key` from `tree` could give other objects than last time, or if nothing was built yet. */
  isAffected(key: string, tree: ArtifactTree): boolean {
    const last = this.#built.get(key);
    return !last || renderInputsChanged(last.result.inputs, tree);
  }

  /** True if `key` was built, but from another artifact than the one with this digest. */
  isFromAnother(key: string, artifactDigest: string): boolean {
    const last = this.#built.get(key);
    return last !== undefined && last.artifactDigest !== artifactDigest;
  }

  /** Kustomizations whose builds are kept. */
  get size(): number {
    return this.#built.size;
  }

  forget(key: string): void {
    this.#built.delete(key);
  }
}

/** Of everything in the spec but what has no influence on the objects. */
function digestOfSpec({ spec }: Kustomization): string {
  const relevant = Object.entries(spec).filter(([field]) => !withoutInfluence.has(field));
  return sha256Hex(canonicalJson(Object.fromEntries(relevant)));
}

const withoutInfluence: ReadonlySet<string> = new Set([
  ...["interval", "retryInterval", "timeout", "suspend", "dependsOn", "sourceRef"],
  ...["prune", "force", "deletionPolicy", "wait", "healthChecks", "healthCheckExprs"],
]);
