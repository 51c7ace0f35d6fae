import { type FlagReader, type LogLevel, logLevels } from "@sluice/base";
import { type Backoff } from "./queue.ts";

/** What every controller can be told. @source spec/flux-api.md 2.11 */
export interface CommonConfig {
  metricsAddr: string;
  healthAddr: string;
  logLevel: LogLevel;
  /** `nats://host:port`, or "" to live without a bus. */
  natsUrl: string;
  runtimeNamespace: string;
  watchAllNamespaces: boolean;
  watchLabelSelector: string;
  concurrent: number;
  backoff: Backoff;
  /** Share of an interval, 0 to 1. */
  jitter: number;
  requeueDependencyMs: number;
  kubeApi: { qps: number; burst: number };
  leaderElection: {
    enabled: boolean;
    releaseOnCancel: boolean;
    leaseDurationMs: number;
    renewDeadlineMs: number;
    retryPeriodMs: number;
  };
  /** Feature gates by name, those of all controllers and this one's. */
  gates: Readonly<Record<string, boolean>>;
}

/** Gates that every controller knows. */
const commonGates = { CacheSecretsAndConfigMaps: false, ObjectLevelWorkloadIdentity: false };

/** Flags of Flux that are accepted, so that its manifests start unchanged, but have nothing to act on yet. */
const withoutEffect = ["token-cache-max-size", "token-cache-max-duration", "watch-configs-label-selector"] as const;

/**
 * Reads the flags that all controllers share; problems are gathered in `read`.
 * @param defaults.concurrent default of `--concurrent`
 * @param defaults.gates the controller's own feature gates and whether they are on by default
 */
export function readCommonConfig(
  read: FlagReader,
  defaults: { concurrent: number; gates?: Readonly<Record<string, boolean>> },
): CommonConfig {
  read.oneOf("log-encoding", ["json", "console"], "json");
  read.text("events-addr", "", { env: "EVENTS_ADDR" });
  for (const name of withoutEffect) read.text(name, "");
  const config: CommonConfig = {
    metricsAddr: read.text("metrics-addr", ":8080", { env: "METRICS_ADDR" }),
    healthAddr: read.text("health-addr", ":9440"),
    logLevel: read.oneOf("log-level", logLevels, "info"),
    natsUrl: read.text("nats-url", "", { env: "NATS_URL" }),
    runtimeNamespace: read.text("runtime-namespace", "flux-system", { env: "RUNTIME_NAMESPACE" }),
    watchAllNamespaces: read.bool("watch-all-namespaces", true),
    watchLabelSelector: read.text("watch-label-selector", ""),
    concurrent: read.int("concurrent", defaults.concurrent, { min: 1, max: 1000 }),
    backoff: {
      minMs: read.durationMs("min-retry-delay", "750ms", { min: 1 }),
      maxMs: read.durationMs("max-retry-delay", "15m", { min: 1 }),
    },
    jitter: read.int("interval-jitter-percentage", 5, { min: 0, max: 99 }) / 100,
    requeueDependencyMs: read.durationMs("requeue-dependency", "30s", { min: 1 }),
    kubeApi: {
      qps: read.int("kube-api-qps", 0, { min: 0 }),
      burst: read.int("kube-api-burst", 300, { min: 1 }),
    },
    leaderElection: {
      enabled: read.bool("enable-leader-election", false),
      releaseOnCancel: read.bool("leader-election-release-on-cancel", true),
      leaseDurationMs: read.durationMs("leader-election-lease-duration", "35s", { min: 1000 }),
      renewDeadlineMs: read.durationMs("leader-election-renew-deadline", "30s", { min: 500 }),
      retryPeriodMs: read.durationMs("leader-election-retry-period", "5s", { min: 100 }),
    },
    gates: read.gates("feature-gates", { ...commonGates, ...defaults.gates }),
  };
  checkTogether(read, config);
  return config;
}

/** What no flag says alone. */
function checkTogether(read: FlagReader, { backoff, leaderElection: election }: CommonConfig): void {
  read.require(backoff.minMs <= backoff.maxMs, "--min-retry-delay is above --max-retry-delay");
  read.require(
    election.renewDeadlineMs < election.leaseDurationMs,
    "--leader-election-renew-deadline is not below --leader-election-lease-duration",
  );
  read.require(
    election.retryPeriodMs * 1.2 < election.renewDeadlineMs,
    "--leader-election-retry-period is not below --leader-election-renew-deadline / 1.2",
  );
}
