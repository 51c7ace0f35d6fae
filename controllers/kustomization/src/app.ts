import { openCluster } from "@sluice/apply";
import { type Kustomization, kustomization, refOf } from "@sluice/api";
import { artifactFetcher } from "@sluice/artifact";
import { onAbort, timeoutSignal } from "@sluice/base";
import { type Change, reflect, type Reflector } from "@sluice/kube";
import {
  type Controller,
  createController,
  keyOf,
  type Leading,
  type ProcessDeps,
  runApp,
  topicOf,
} from "@sluice/runtime";
import { onlyFrom } from "./artifact-hosts.ts";
import { Builds } from "./builds.ts";
import { type KustomizationConfig } from "./config.ts";
import { heal, HealingPlan } from "./healing.ts";
import { HealthChecks } from "./health.ts";
import { kustomizationReconciler } from "./kustomization.ts";
import { ownerOf } from "./objects.ts";
import { Prerequisites } from "./prerequisites.ts";
import { soundSpec } from "./spec.ts";
import { watchSources } from "./sources.ts";
import { Dependents, spread } from "./spread.ts";

/**
 * A run that takes longer waits for somebody else as a rule: a download, a definition that is not established. Such runs do not count against
 * `--concurrent`.
 */
const SLOW_RUNS = { afterMs: 5000, atMost: 64 };

/** How long the first runs wait for the lists of what they refer to. */
const FIRST_SIGHT_MS = 5000;

/** Runs kustomize-controller until `signal` aborts. */
export async function runKustomization(
  config: KustomizationConfig,
  deps: ProcessDeps,
  signal: AbortSignal,
): Promise<void> {
  const parts: Parts = { isReady: () => false };
  const lead = (leading: Leading) => leadWork({ config, deps, leading, parts });
  await runApp({ ...deps, name: "kustomize-controller", config, lead, isReady: () => parts.isReady() }, signal);
}

interface Parts {
  isReady(): boolean;
}

interface Work {
  config: KustomizationConfig;
  deps: ProcessDeps;
  leading: Leading;
  parts: Parts;
}

/** Builds the parts, ties them together and works until the signal aborts. */
async function leadWork({ config, deps, leading, parts }: Work): Promise<void> {
  const { clock, log, bus } = deps;
  const { client, recorder, signal } = leading;
  const shared = { client, clock, log, signal, ...scopeOf(config) };
  await using fetcher = openFetcher(config, deps);
  using cluster = openCluster({ ...clusterSettings(config), client, clock, log });
  using health = new HealthChecks({ cluster, clock, rerun: (key) => controller.enqueue(key, "urgent") });
  const builds = new Builds(fetcher, clock);
  const dependents = new Dependents();
  const healing = new HealingPlan(clock);
  const wake = (topic: string) => controller.wake(topic);
  const sources = watchSources({
    ...shared,
    onChange(ref, source) {
      wake(topicOf(ref));
      const artifact = source?.status?.artifact;
      if (artifact) void spread(ref, artifact, { ...shared, fetcher, builds, dependents, controller });
    },
  });
  const onChanged = ({ object }: Change<Kustomization>) => wake(topicOf(refOf(object)));
  const others = config.watchLabelSelector === "" ? undefined : watchOthers({ ...shared, onChange: onChanged });
  const forget = (app: Kustomization) => {
    for (const part of [builds, health, healing]) part.forget(keyOf(app));
    cluster.forget(ownerOf(app));
  };
  const reconciler = kustomizationReconciler({
    ...reconcilerSettings(config),
    ...{ clock, cluster, sources, builds, health, forget },
    prerequisites: new Prerequisites({ client, clock, log, signal, wake }),
    mayWrite: () => leading.mayWrite(),
    find: (key) => controller.get(key) ?? others?.get(partsOf(key)),
    hurry: (key) => controller.enqueue(key, "urgent"),
  });
  const controller: Controller<Kustomization> = createController<Kustomization>({
    ...controllerSettings(config),
    ...{ reconciler, client, clock, log, recorder, random: deps.random },
    metrics: leading.metrics.forKind("Kustomization", config.concurrent),
    onChange(change) {
      const { type, object } = change;
      const spec = type === "deleted" ? undefined : soundSpec(object);
      if (spec) dependents.note(object);
      else dependents.forget(keyOf(object));
      if (type === "deleted") forget(object);
      else if (spec?.suspend === true) health.forget(keyOf(object));
      onChanged(change);
    },
  });
  parts.isReady = () => controller.isSynced() && sources.isSynced();
  using _ = cluster.onDrift((drift) => heal(drift, { controller, healing, recorder }));
  void bus.onArtifact((notice) => sources.hint(notice), signal);
  void bus.onRequest((notice) => {
    if (notice.kind === "Kustomization") controller.enqueue(`${notice.namespace}/${notice.name}`, "urgent");
  }, signal);
  await seen([sources.synced, others?.synced], { clock, signal });
  await controller.run(signal);
}

function scopeOf(config: KustomizationConfig): { namespace?: string } {
  return config.watchAllNamespaces ? {} : { namespace: config.runtimeNamespace };
}

function clusterSettings({ concurrentSsa: concurrency, overrideManagers, customStageKinds }: KustomizationConfig) {
  return { concurrency, overrideManagers, customStageKinds };
}

function reconcilerSettings({ gates, ...config }: KustomizationConfig) {
  const { noCrossNamespaceRefs, requeueDependencyMs, defaultServiceAccount } = config;
  return {
    ...{ noCrossNamespaceRefs, requeueDependencyMs, defaultServiceAccount },
    failFast: gates["DisableFailFastBehavior"] !== true,
    additiveExpressions: gates["AdditiveCELDependencyCheck"] === true,
  };
}

function controllerSettings(config: KustomizationConfig) {
  const { concurrent, backoff, jitter, watchLabelSelector } = config;
  const selection = watchLabelSelector === "" ? {} : { labelSelector: watchLabelSelector };
  return { concurrent, backoff, jitter, slow: SLOW_RUNS, ...scopeOf(config), ...selection };
}

/** Waits for what runs look at, so that nothing is called missing that was not looked for; but not for ever, since a kind may not be served. */
async function seen(
  copies: readonly (Promise<void> | undefined)[],
  { clock, signal }: Pick<ProcessDeps, "clock"> & { signal: AbortSignal },
): Promise<void> {
  using limit = timeoutSignal(clock, FIRST_SIGHT_MS, signal);
  const over = new Promise<void>((resolve) => onAbort(limit.signal, resolve));
  await Promise.race([Promise.allSettled(copies.map((copy) => Promise.resolve(copy))), over]);
}

function openFetcher(config: KustomizationConfig, { clock }: ProcessDeps) {
  const fetcher = artifactFetcher({ clock, cacheBytes: config.artifactCacheBytes, retries: config.httpRetry });
  const { sourceLocalhost: localhost, artifactAllowedHosts: allowed, runtimeNamespace: namespace, inCluster } = config;
  return onlyFrom({ localhost, allowed, namespace, inCluster }, fetcher);
}

/** Copies of all Kustomizations: those of other shards are dependencies, too. */
function watchOthers(
  options: Pick<Leading, "client" | "signal"> &
    Pick<ProcessDeps, "clock" | "log"> & { namespace?: string; onChange(change: Change<Kustomization>): void },
): Reflector<Kustomization> {
  const { client, ...rest } = options;
  const kind = { apiVersion: `${kustomization.group}/${kustomization.version}`, kind: kustomization.kind };
  const reflector = reflect<Kustomization>(client, kind, rest);
  reflector.synced.catch(() => undefined);
  return reflector;
}

function partsOf(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}
