import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

/** As `flux install` writes them. */
const fluxInstall = [
  "--events-addr=http://notification-controller.flux-system.svc.cluster.local./",
  "--watch-all-namespaces=true",
  "--log-level=info",
  "--log-encoding=json",
  "--enable-leader-election",
  "--storage-path=/data",
  "--storage-adv-addr=source-controller.flux-system.svc.cluster.local.",
];

/** Every other flag of Flux's source-controller, at its default. @source spec/flux-api.md 2.11 */
const otherFlags = [
  ...["--metrics-addr=:8080", "--health-addr=:9440", "--kube-api-qps=50", "--kube-api-burst=300"],
  ...["--leader-election-release-on-cancel=true", "--leader-election-lease-duration=35s"],
  ...["--leader-election-renew-deadline=30s", "--leader-election-retry-period=5s"],
  ...[
    "--min-retry-delay=750ms",
    "--max-retry-delay=15m",
    "--concurrent=2",
    "--feature-gates=CacheSecretsAndConfigMaps=true",
  ],
  ...[
    "--watch-label-selector=sharding.fluxcd.io/key=shard1",
    "--watch-configs-label-selector=reconcile.fluxcd.io/watch=Enabled",
  ],
  ...["--interval-jitter-percentage=5", "--token-cache-max-size=100", "--token-cache-max-duration=1h"],
  ...[
    "--default-service-account=",
    "--storage-addr=:9090",
    "--artifact-retention-ttl=60s",
    "--artifact-retention-records=2",
  ],
  ...["--artifact-digest-algo=sha256", "--helm-index-max-size=52428800", "--helm-chart-max-size=10485760"],
  ...[
    "--helm-chart-file-max-size=5242880",
    "--helm-cache-max-size=0",
    "--helm-cache-ttl=15m",
    "--helm-cache-purge-interval=1m",
  ],
  ...["--requeue-dependency=30s", "--ssh-kex-algos=curve25519-sha256", "--ssh-hostkey-algos=ssh-ed25519"],
];

test("parseConfig() takes what flux install writes", () => {
  expect(parseConfig(fluxInstall, { RUNTIME_NAMESPACE: "flux-system" })).toMatchObject({
    storagePath: "/data",
    storageAdvAddr: "source-controller.flux-system.svc.cluster.local.",
    leaderElection: { enabled: true },
    runtimeNamespace: "flux-system",
  });
});

test("parseConfig() takes every flag of Flux's source-controller", () => {
  expect(() => parseConfig([...fluxInstall, ...otherFlags], {})).not.toThrow();
});

test("parseConfig() has Flux's defaults, and its variables", () => {
  const defaults = {
    concurrent: 2,
    storagePath: "/data",
    storageAddr: { host: "", port: 9090 },
    storageAdvAddr: "",
    retention: { ttlMs: 60_000, records: 2 },
    digestAlgorithm: "sha256",
  };
  expect(parseConfig([], {})).toMatchObject(defaults);
  const env = { STORAGE_PATH: "/s", STORAGE_ADDRESS: "127.0.0.1:1", STORAGE_ADV_ADDR: "a:2", HOSTNAME: "pod" };
  expect(parseConfig([], env)).toMatchObject({
    storagePath: "/s",
    storageAddr: { host: "127.0.0.1", port: 1 },
    storageAdvAddr: "a:2",
    hostname: "pod",
  });
});

test("parseConfig() names everything that is wrong at once", () => {
  const flags = [
    "--feature-gates=Nonsense=true",
    "--storage-addr=nowhere",
    "--concurrent=0",
    "--artifact-digest-algo=md5",
    "--typo=1",
  ];
  const wanted = [
    'unknown gate "Nonsense"',
    "--storage-addr",
    "--concurrent",
    "--artifact-digest-algo",
    "unknown flag --typo",
  ];
  for (const problem of wanted) expect(() => parseConfig(flags, {})).toThrow(problem);
});
