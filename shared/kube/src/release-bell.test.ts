import { silentLog } from "@sluice/base";
import { kubeLab, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { ReleaseBell } from "./release-bell.ts";

const kind = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" };
const path = "/apis/coordination.k8s.io/v1/namespaces/flux-system/leases";
const lease = (holderIdentity: string) => ({
  metadata: { name: "source", namespace: "flux-system" },
  spec: { holderIdentity },
});

test("a release that came while nobody waited ends the next wait at once, and only that one", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${path}`, { json: { metadata: { resourceVersion: "1" }, items: [lease("")] } });
  lab.server.stream(`GET ${path}`);
  const { client, clock } = lab;
  const { signal } = new AbortController();
  const options = {
    client,
    clock,
    log: silentLog,
    signal,
    namespace: "flux-system",
    name: "source",
    identity: "me",
    onLost() {},
  };
  using bell = new ReleaseBell(kind, options);
  await until(() => lab.server.count(`GET ${path}`) === 2);
  await bell.wait(5000);
  expect(clock.monotonicMs()).toBe(0);
  let waited = false;
  const second = bell.wait(5000).then(() => {
    waited = true;
  });
  await clock.advance(4999);
  expect(waited).toBe(false);
  await clock.advance(1);
  await second;
});
