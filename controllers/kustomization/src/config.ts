import { FlagReader } from "@sluice/base";
import { type CommonConfig, readCommonConfig } from "@sluice/runtime";

export interface KustomizationConfig extends CommonConfig {
  /** Server-side applies in flight for one Kustomization. */
  concurrentSsa: number;
  /** Tries at a download after the first. */
  httpRetry: number;
  noCrossNamespaceRefs: boolean;
  /** ServiceAccount to impersonate where the spec names none; "" for none. */
  defaultServiceAccount: string;
  overrideManagers: readonly string[];
  customStageKinds: readonly string[];
  /** Memory for unpacked artifacts, in bytes. */
  artifactCacheBytes: number;
  /** Hosts that artifacts may come from; empty for the default: see `artifactHosts`. */
  artifactAllowedHosts: readonly string[];
  /** Replaces the host of artifact URLs: for development outside the cluster. */
  sourceLocalhost: string;
  /** True if the process runs in a pod of the cluster that it works on. */
  inCluster: boolean;
}

/** Flux's gates of this controller and their defaults. @source spec/flux-api.md 2.11 */
const gates = {
  AdditiveCELDependencyCheck: false,
  CancelHealthCheckOnNewRevision: false,
  DirectSourceFetch: false,
  DisableConfigWatchers: false,
  DisableFailFastBehavior: false,
  DisableStatusPollerCache: true,
  ExternalArtifact: false,
  GroupChangeLog: false,
  MigrateAPIVersion: false,
  StrictPostBuildSubstitutions: true,
};

/** Flux's flags that have nothing to act on yet: accepted, so that its Deployments start unchanged. */
const withoutEffect = {
  texts: [
    "sops-age-secret",
    "sops-vault-configmap",
    "default-decryption-service-account",
    "default-kubeconfig-service-account",
  ],
  switches: ["no-remote-bases", "insecure-kubeconfig-exec", "insecure-kubeconfig-tls"],
} as const;

/** @throws {ConfigError} CONFIG_INVALID that lists every problem */
export function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): Readonly<KustomizationConfig> {
  const read = new FlagReader(argv, env);
  const words = (name: string) =>
    read
      .text(name, "")
      .split(",")
      .map((word) => word.trim())
      .filter((word) => word !== "");
  for (const name of withoutEffect.texts) read.text(name, "");
  for (const name of withoutEffect.switches) read.bool(name, false);
  return read.finish({
    ...readCommonConfig(read, { concurrent: 4, gates }),
    concurrentSsa: read.int("concurrent-ssa", 4, { min: 1, max: 100 }),
    httpRetry: read.int("http-retry", 9, { max: 100 }),
    noCrossNamespaceRefs: read.bool("no-cross-namespace-refs", false),
    defaultServiceAccount: read.text("default-service-account", ""),
    overrideManagers: words("override-manager"),
    customStageKinds: words("custom-apply-stage-kinds"),
    artifactCacheBytes: read.int("artifact-cache-bytes", 32 << 20, { min: 1 << 20 }),
    artifactAllowedHosts: words("artifact-allowed-hosts"),
    sourceLocalhost: read.text("source-controller-localhost", "", { env: "SOURCE_CONTROLLER_LOCALHOST" }),
    inCluster: env["KUBERNETES_SERVICE_HOST"] !== undefined && env["KUBECONFIG"] === undefined,
  });
}
