import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type GitRepository } from "@sluice/api";
import { type ArtifactServer, type ArtifactStore, openStore, serveArtifacts } from "@sluice/artifact";
import { type Logger, messageOf } from "@sluice/base";
import { nativeGit } from "@sluice/git";
import { type Controller, createController, keyOf, type Leading, type ProcessDeps, runApp } from "@sluice/runtime";
import { advertisedAddress } from "./address.ts";
import { type SourceConfig } from "./config.ts";
import { gitRepositoryReconciler } from "./git-repository.ts";
import { stateOf, sweepCaches } from "./stored.ts";

export interface SourceDeps extends ProcessDeps {
  /** See `GitRepositoryOptions.redirect`. */
  redirect?: (url: string) => string | undefined;
}

/** Below the storage path, and like all names with a dot never served. */
const CACHE_DIR = ".git-cache";

/**
 * A run that takes longer than a second waits for a remote as a rule, and a remote that hangs does so until the timeout of its object.
 * Such runs do not count against `--concurrent`: what they could use up, fetches and archives, has limits of its own.
 */
const SLOW_RUNS = { afterMs: 1000, atMost: 64 };

/**
 * Runs source-controller until `signal` aborts. It is ready, and serves artifacts, once it leads and has compared every advertised
 * artifact with the disk.
 * @throws {RuntimeError | ArtifactError} if an address or the storage path cannot be used
 */
export async function runSource(config: SourceConfig, deps: SourceDeps, signal: AbortSignal): Promise<void> {
  let isReady = false;
  const lead = (leading: Leading) =>
    leadSource(config, { ...deps, leading, isReady: () => isReady, setReady: () => (isReady = true) });
  await runApp({ ...deps, name: "source-controller", config, lead, isReady: () => isReady }, signal);
}

interface Lead extends SourceDeps {
  leading: Leading;
  isReady: () => boolean;
  setReady: () => void;
}

async function leadSource(config: SourceConfig, deps: Lead): Promise<void> {
  const { leading, log, bus } = deps;
  await using server = await startServer(config, deps);
  await using store = await openStore({
    root: config.storagePath,
    advertisedAddress: advertised(config, server),
    clock: deps.clock,
    digestAlgorithm: config.digestAlgorithm,
  });
  const onSynced = () => void startUp({ controller, store, cacheDir: cacheDirOf(config), log }).then(deps.setReady);
  const controller = createController<GitRepository>({ ...controllerOptions(config, { ...deps, store }), onSynced });
  void bus.onRequest((notice) => {
    if (notice.kind === "GitRepository") controller.enqueue(`${notice.namespace}/${notice.name}`, "urgent");
  }, leading.signal);
  await controller.run(leading.signal);
}

async function startServer(config: SourceConfig, { log, isReady }: Lead): Promise<ArtifactServer> {
  await mkdir(config.storagePath, { recursive: true, mode: 0o700 });
  return serveArtifacts({ root: config.storagePath, ...config.storageAddr, log, ready: isReady });
}

function advertised(config: SourceConfig, { port }: ArtifactServer): string {
  const { storageAdvAddr, storageAddr, hostname } = config;
  return advertisedAddress({ configured: storageAdvAddr, listening: { ...storageAddr, port }, hostname });
}

function cacheDirOf(config: SourceConfig): string {
  return join(config.storagePath, CACHE_DIR);
}

function controllerOptions(config: SourceConfig, deps: Lead & { store: ArtifactStore }) {
  const { leading, clock, log, bus, random, store, redirect } = deps;
  const { concurrent, backoff, jitter, retention, artifactMaxBytes } = config;
  const limits = { packBytes: config.gitPackMaxBytes };
  const reconciler = gitRepositoryReconciler({
    client: leading.client,
    store,
    git: nativeGit({ clock, environment: config.environment, limits }),
    bus,
    clock,
    cacheDir: cacheDirOf(config),
    retention,
    concurrent,
    artifactMaxBytes,
    ...(redirect && { redirect }),
  });
  return {
    reconciler,
    client: leading.client,
    clock,
    log,
    recorder: leading.recorder,
    metrics: leading.metrics.forKind("GitRepository", concurrent),
    concurrent,
    slow: SLOW_RUNS,
    backoff,
    jitter,
    random,
    ...(config.watchAllNamespaces ? {} : { namespace: config.runtimeNamespace }),
    ...(config.watchLabelSelector ? { labelSelector: config.watchLabelSelector } : {}),
  };
}

interface StartUp {
  controller: Controller<GitRepository>;
  store: ArtifactStore;
  cacheDir: string;
  log: Logger;
}

/** Compares every advertised artifact with the disk; what is not there is made first. Never fails: what it cannot do, the runs will tell. */
async function startUp({ controller, store, cacheDir, log }: StartUp): Promise<void> {
  try {
    const orphans = await sweepCaches(
      cacheDir,
      () => new Set(controller.list().map(({ metadata }) => metadata.uid ?? "")),
    );
    if (orphans.length > 0) log.info("removed Git caches of objects that are no more", { count: orphans.length });
    for (const repo of controller.list()) {
      const { artifact } = repo.status ?? {};
      if (artifact && (await stateOf(artifact, store)) !== "ok") controller.enqueue(keyOf(repo), "urgent");
    }
  } catch (thrown) {
    log.error(`Cannot check the storage at the start: ${messageOf(thrown)}`, thrown);
  }
}
