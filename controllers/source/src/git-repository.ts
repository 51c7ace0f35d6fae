import { join } from "node:path";
import { rm } from "node:fs/promises";
import { fluxFinalizer, type GitRepository, gitRepository } from "@sluice/api";
import { type ArtifactOwner, type ArtifactStore, loadIgnore, treeEntries } from "@sluice/artifact";
import { type Clock, messageOf, rfc3339 } from "@sluice/base";
import { type Bus } from "@sluice/bus";
import { type CallOptions, type CommitInfo, type Git, type GitRemote, type ResolvedRef } from "@sluice/git";
import { type KubeClient } from "@sluice/kube";
import { type Done, Failed, type Reconciler, type Run } from "@sluice/runtime";
import { Announcer } from "./announcer.ts";
import { Gate } from "./gate.ts";
import { remoteOf } from "./git-credentials.ts";
import { artifactStored, collected, collectionFailed, recovered, removed, storedMessage } from "./notices.ts";
import { RefResolver } from "./resolve.ts";
import { checkSpec, notSupported } from "./spec.ts";
import { checkStored } from "./stored.ts";
import { verdictOf } from "./verdicts.ts";

type Status = NonNullable<GitRepository["status"]>;
type Artifact = NonNullable<Status["artifact"]>;

/** A repository that sends its objects slowly must not hold up the archives of others: so many more fetches than archives at a time. */
const FETCHES_PER_ARCHIVE = 4;

export interface GitRepositoryOptions {
  client: KubeClient;
  store: ArtifactStore;
  git: Git;
  bus: Bus;
  clock: Clock;
  /** Directory of the bare repositories, one for each object. */
  cacheDir: string;
  retention: { ttlMs: number; records: number };
  /** Archives made at a time. */
  concurrent: number;
  /** Largest artifact before compression. */
  artifactMaxBytes: number;
  /** Serves a URL from elsewhere: how `sluice up` gives a local repository for its remotes. The Secret is not read then. */
  redirect?: (url: string) => string | undefined;
}

/** What every run uses. */
interface Workshop extends GitRepositoryOptions {
  resolver: RefResolver;
  fetches: Gate;
  archives: Gate;
}

/** One run's part of it. */
interface Job {
  repo: GitRepository;
  run: Run<GitRepository>;
  shop: Workshop;
  remote: GitRemote;
  limit: CallOptions;
}

/** Keeps the artifact of a GitRepository equal to what its reference points to. */
export function gitRepositoryReconciler(options: GitRepositoryOptions): Reconciler<GitRepository> {
  const announcer = new Announcer(options.bus);
  const shop = {
    ...options,
    resolver: new RefResolver(options.git),
    fetches: new Gate(options.concurrent * FETCHES_PER_ARCHIVE),
    archives: new Gate(options.concurrent),
  };
  return {
    kind: { apiVersion: `${gitRepository.group}/${gitRepository.version}`, kind: gitRepository.kind },
    finalizer: fluxFinalizer,
    statusManager: "source-controller",
    conditionTypes: [
      "ArtifactInStorage",
      "ArtifactOutdated",
      "FetchFailed",
      "StorageOperationFailed",
      "SourceVerified",
      "IncludeUnavailable",
    ],
    reconcile: (repo, run) => reconcile(repo, run, shop),
    finalize: async (repo, run) => {
      await removeFiles(repo, run, shop);
      announcer.forget(repo);
    },
    onWritten: (repo) => announcer.announce(repo),
    verdictOf,
    noticeMeta: (_, status) =>
      status.artifact ? { "source.toolkit.fluxcd.io/revision": status.artifact.revision } : {},
  };
}

async function reconcile(repo: GitRepository, run: Run<GitRepository>, shop: Workshop): Promise<Done> {
  sayWhatIsNew(repo, run);
  await checkStored(run, shop.store);
  try {
    const spec = checkSpec(repo);
    const remote = await remoteFor(repo, shop, run.signal);
    const job = { repo, run, shop, remote, limit: { signal: run.signal, timeoutMs: spec.timeoutMs } };
    const artifact = await currentArtifact(job);
    return settle(repo, run, { artifact, intervalMs: spec.intervalMs });
  } finally {
    await collect(repo, run, shop);
  }
}

function sayWhatIsNew({ metadata, status }: GitRepository, run: Run<GitRepository>): void {
  const { generation = 0 } = metadata;
  const observed = status?.observedGeneration ?? 0;
  if (observed !== generation) run.progress(`processing object: new generation ${observed} -> ${generation}`);
}

/** The artifact of what the reference points to now: the stored one, or a new one. */
async function currentArtifact(job: Job): Promise<Artifact> {
  const { repo, run, shop, remote, limit } = job;
  const fetch = (resolved: ResolvedRef) => fetchInto(job, resolved);
  const resolved = await shop.resolver.resolve({ remote, ref: repo.spec.ref ?? {}, limit, fetch });
  const stored = run.status.artifact;
  if (stored?.revision === resolved.revision && run.status.observedIgnore === repo.spec.ignore) return stored;
  noteNewRevision(run, resolved);
  const commit = await fetch(resolved);
  run.facts.delete("FetchFailed");
  const artifact = await shop.archives.pass(run.signal, () => archive(job, { resolved, commit }));
  return record(job, { artifact, commit });
}

function noteNewRevision(run: Run<GitRepository>, { revision }: ResolvedRef): void {
  const { artifact } = run.status;
  if (artifact?.revision === revision) return;
  const message = `new upstream revision '${revision}'`;
  if (artifact) run.facts.set("ArtifactOutdated", { status: "True", reason: "NewRevision", message });
  run.progress(`building artifact: ${message}`);
}

function fetchInto({ repo, shop, remote, limit }: Job, resolved: ResolvedRef): Promise<CommitInfo> {
  return shop.fetches.pass(limit.signal, () => shop.git.fetch(cacheOf(repo, shop), remote, resolved, limit));
}

/** Puts the files of a commit into the store, straight from the object database. */
async function archive(
  { repo, run, shop }: Job,
  { resolved, commit }: { resolved: ResolvedRef; commit: CommitInfo },
): Promise<Artifact> {
  const { signal } = run;
  await using tree = await shop.git.openTree(cacheOf(repo, shop), commit.hash, { signal });
  const ignored = await loadIgnore(tree.files, repo.spec.ignore);
  const ref = { ...ownerOf(repo), revision: resolved.revision, fileName: `${commit.hash}.tar.gz` };
  return await shop.store.put(ref, treeEntries(tree.files, ignored), { signal, limitBytes: shop.artifactMaxBytes });
}

/** Puts a stored artifact into the status. What is equal to the one of before the run keeps its time, and is no news. */
function record({ repo, run, shop }: Job, made: { artifact: Artifact; commit: CommitInfo }): Artifact {
  const before = repo.status?.artifact;
  const isNews = before?.revision !== made.artifact.revision || before.digest !== made.artifact.digest;
  const lastUpdateTime = isNews ? rfc3339(shop.clock.now()) : before.lastUpdateTime;
  const artifact = { ...made.artifact, lastUpdateTime };
  run.status.artifact = artifact;
  if (repo.spec.ignore === undefined) delete run.status.observedIgnore;
  else run.status.observedIgnore = repo.spec.ignore;
  if (isNews) run.notice(artifactStored(artifact, made.commit));
  return artifact;
}

function settle(
  repo: GitRepository,
  run: Run<GitRepository>,
  { artifact, intervalMs }: { artifact: Artifact; intervalMs: number },
): Done {
  const message = storedMessage(artifact);
  run.facts.clear();
  run.facts.set("ArtifactInStorage", { status: "True", reason: "Succeeded", message });
  if (hadFailed(repo) && repo.status?.artifact?.digest === artifact.digest) run.notice(recovered(artifact));
  return { reason: "Succeeded", message, afterMs: intervalMs };
}

function hadFailed({ status }: GitRepository): boolean {
  const failures = ["FetchFailed", "StorageOperationFailed", "IncludeUnavailable"];
  return status?.conditions?.some(({ type, status }) => failures.includes(type) && status === "True") === true;
}

/** Removes what retention no longer keeps. It also runs after a failure, which may be a full disk. */
async function collect(repo: GitRepository, run: Run<GitRepository>, shop: Workshop): Promise<void> {
  const { artifact } = run.status;
  if (!artifact) return;
  try {
    const gone = await shop.store.collect(ownerOf(repo), artifact, shop.retention, shop.clock.now());
    if (gone.length > 0) run.notice(collected(gone.length));
  } catch (thrown) {
    run.notice(collectionFailed(messageOf(thrown)));
  }
}

async function removeFiles(repo: GitRepository, run: Run<GitRepository>, shop: Workshop): Promise<void> {
  try {
    await shop.store.remove(ownerOf(repo));
    await rm(cacheOf(repo, shop), { recursive: true, force: true, maxRetries: 3 });
  } catch (thrown) {
    const message = `garbage collection for deleted resource failed: ${messageOf(thrown)}`;
    throw new Failed("GarbageCollectionFailed", message, { cause: thrown });
  }
  if (repo.status?.artifact) run.notice(removed);
}

async function remoteFor(repo: GitRepository, shop: Workshop, signal: AbortSignal): Promise<GitRemote> {
  const local = shop.redirect?.(repo.spec.url);
  if (local !== undefined) return { url: local };
  if (/^ssh:/i.test(repo.spec.url)) throw notSupported("a spec.url of the scheme ssh");
  return remoteOf(repo, shop.client, signal);
}

function cacheOf({ metadata }: GitRepository, { cacheDir }: Workshop): string {
  return join(cacheDir, metadata.uid ?? "unknown");
}

function ownerOf({ metadata }: GitRepository): ArtifactOwner {
  return { kind: gitRepository.kind, namespace: metadata.namespace ?? "default", name: metadata.name };
}
