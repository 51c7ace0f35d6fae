import { ConfigError } from "@sluice/base";
import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

test("parseConfig() has Flux's defaults", () => {
  expect(parseConfig([], {})).toMatchObject({
    ...{ concurrent: 4, concurrentSsa: 4, httpRetry: 9, requeueDependencyMs: 30_000, noCrossNamespaceRefs: false },
    ...{ overrideManagers: [], customStageKinds: [], sourceLocalhost: "", defaultServiceAccount: "" },
    gates: { StrictPostBuildSubstitutions: true, DisableFailFastBehavior: false, AdditiveCELDependencyCheck: false },
  });
});

test("parseConfig() takes the arguments of an existing Deployment of Flux", () => {
  const argv = [
    "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
    ...["--watch-all-namespaces=true", "--log-level=info", "--log-encoding=json", "--enable-leader-election"],
    ...["--no-remote-bases=true", "--no-cross-namespace-refs=true", "--requeue-dependency=5s", "--http-retry=3"],
    ...["--sops-age-secret=keys", "--sops-vault-configmap=vault", "--default-service-account=default"],
    ...["--default-decryption-service-account=d", "--default-kubeconfig-service-account=k"],
    ...["--insecure-kubeconfig-exec=false", "--insecure-kubeconfig-tls=false", "--token-cache-max-size=10"],
    ...["--override-manager=one,two", "--custom-apply-stage-kinds=example.com/Kind", "--concurrent-ssa=8"],
    "--feature-gates=ExternalArtifact=true,CancelHealthCheckOnNewRevision=true,DisableStatusPollerCache=false",
  ];
  expect(parseConfig(argv, { SOURCE_CONTROLLER_LOCALHOST: "localhost:9090" })).toMatchObject({
    ...{ noCrossNamespaceRefs: true, requeueDependencyMs: 5000, httpRetry: 3, defaultServiceAccount: "default" },
    ...{ overrideManagers: ["one", "two"], customStageKinds: ["example.com/Kind"], concurrentSsa: 8 },
    sourceLocalhost: "localhost:9090",
  });
});

test("parseConfig() names every bad value, unknown flag and unknown gate together", () => {
  const read = () => parseConfig(["--concurrent=0", "--nonsense", "--feature-gates=Magic=true"], {});
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(/--concurrent.*unknown gate "Magic".*unknown flag --nonsense/);
});

test.each([
  [{}, false],
  [{ KUBERNETES_SERVICE_HOST: "10.0.0.1" }, true],
  [{ KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBECONFIG: "/k" }, false],
])("parseConfig() tells from %o whether the process runs in the cluster: %s", (env, inCluster) => {
  expect(parseConfig([], env).inCluster).toBe(inCluster);
});
