import {
  type ApiServer,
  conformanceCases,
  ConformanceClient,
  judgedCases,
  runCase,
  startApiServer,
} from "@sluice/api-server";
import { systemClock } from "@sluice/base";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";
import { describeReal } from "./describe-real.ts";
import { sharedCluster } from "./shared-cluster.ts";

/** The embedded API server promises what kube-apiserver does: one suite, which both must pass. */
const judged = await judgedCases();

/** Cases that look after their own namespaces and names: all of them at once. */
function promises(client: () => Promise<ConformanceClient>): void {
  for (const one of conformanceCases) test.concurrent(one.name, async () => runCase(await client(), one));
}

/** Cases with recorded answers, of which most use the same names. */
function answers(client: () => ConformanceClient): void {
  for (const one of judged) {
    const run = one.independent ? test.concurrent : test;
    run(one.name, async () => expect(await one.differences(client(), systemClock)).toEqual([]));
  }
}

describe("the embedded API server", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer({ clock: systemClock });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  promises(async () => new ConformanceClient(server));
});

describe("the embedded API server without its simulator", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer({ clock: systemClock, simulator: false });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  answers(() => new ConformanceClient(server));
});

await describeReal(
  "kube-apiserver with kube-controller-manager",
  ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager"],
  () => {
    promises(async () => {
      const { url, token, caPem } = await sharedCluster();
      return new ConformanceClient({ url, token, ca: caPem });
    });
  },
);

await describeReal("kube-apiserver alone", ["etcd", "kube-apiserver", "kubectl"], (assets) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ assets: assets() });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());
  answers(() => new ConformanceClient({ url: cluster.url, token: cluster.token, ca: cluster.caPem }));
});
