import { FlagReader } from "@sluice/base";
import { expect, test } from "vitest";
import { readCommonConfig } from "./config.ts";

function parse(argv: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const read = new FlagReader(argv, env);
  return read.finish(readCommonConfig(read, { concurrent: 4, gates: { ExternalArtifact: false } }));
}

function problemsOf(...argv: string[]): readonly string[] {
  try {
    parse(argv);
    return [];
  } catch (thrown) {
    return (thrown as { data: { problems: readonly string[] } }).data.problems;
  }
}

test("without flags the defaults are Flux's", () => {
  expect(parse([])).toMatchObject({
    metricsAddr: ":8080",
    healthAddr: ":9440",
    logLevel: "info",
    concurrent: 4,
    backoff: { minMs: 750, maxMs: 900_000 },
    jitter: 0.05,
    requeueDependencyMs: 30_000,
    watchAllNamespaces: true,
    runtimeNamespace: "flux-system",
    leaderElection: { enabled: false, leaseDurationMs: 35_000, renewDeadlineMs: 30_000, retryPeriodMs: 5000 },
    gates: { CacheSecretsAndConfigMaps: false, ExternalArtifact: false },
  });
});

test("the arguments of Flux's manifests are understood", () => {
  const argv = [
    "--events-addr=http://notification-controller/",
    "--watch-all-namespaces=true",
    "--log-level=info",
    "--log-encoding=json",
    "--enable-leader-election",
  ];
  expect(parse(argv, { RUNTIME_NAMESPACE: "gitops" })).toMatchObject({
    leaderElection: { enabled: true },
    runtimeNamespace: "gitops",
  });
});

test("--feature-gates switches known gates", () => {
  expect(parse(["--feature-gates=ExternalArtifact=true,CacheSecretsAndConfigMaps=true"]).gates).toEqual({
    CacheSecretsAndConfigMaps: true,
    ExternalArtifact: true,
    ObjectLevelWorkloadIdentity: false,
  });
});

test("all bad flags are reported together", () => {
  const problems = problemsOf(
    "--concurrent=0",
    "--log-level=loud",
    "--min-retry-delay=soon",
    "--nosuch=1",
    "--feature-gates=NoSuch=true",
  );
  expect(problems).toHaveLength(5);
  for (const flag of ["concurrent", "log-level", "min-retry-delay", "nosuch", "NoSuch"])
    expect(problems.join("\n")).toContain(flag);
});

const together: readonly [string, string[]][] = [
  ["--min-retry-delay is above --max-retry-delay", ["--min-retry-delay=1h"]],
  [
    "--leader-election-renew-deadline is not below --leader-election-lease-duration",
    ["--leader-election-lease-duration=30s"],
  ],
  [
    "--leader-election-retry-period is not below --leader-election-renew-deadline / 1.2",
    ["--leader-election-retry-period=25s"],
  ],
];

test.each(together)("it is a problem that %s", (problem, argv) => {
  expect(problemsOf(...argv)).toEqual([problem]);
});
