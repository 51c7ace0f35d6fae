import { createServer, type AddressInfo } from "node:net";
import { findCondition, type GitRepository, type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { onBothServers } from "../both-servers.ts";
import { configMap, configMapRef, dataOf } from "../manifests.ts";

await onBothServers((lab) => {
  test("controllers killed with -9 at any moment of a push converge after a restart, and nothing is orphaned", async () => {
    const { repository, source, kustomize, client } = lab();
    const tenant = await lab().tenant("killed");
    await repository.commit({ files: { "killed/k-0.yaml": configMap("k-0", { v: "0" }) } });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./killed", targetNamespace: tenant.namespace });
    await tenant.ready("app");
    for (let round = 1; round <= 6; round++) {
      const files = Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [
          `killed/k-${round}-${index}.yaml`,
          configMap(`k-${round}-${index}`, { v: String(round) }),
        ]),
      );
      const gone = Object.fromEntries(
        Array.from({ length: 12 }, (_, index) => [`killed/k-${round - 1}-${index}.yaml`, null]),
      );
      await repository.commit({ files: round === 1 ? files : { ...files, ...gone } });
      await tenant.pushed();
      await new Promise((resolve) => setTimeout(resolve, round * 15));
      await Promise.all([source.stop({ kill: true }), kustomize.stop({ kill: true })]);
      await Promise.all([source.start(), kustomize.start()]);
    }
    const app = await tenant.ready("app");
    const { items } = await client.list(
      { apiVersion: "v1", kind: "ConfigMap" },
      { namespace: tenant.namespace, labelSelector: "kustomize.toolkit.fluxcd.io/name=app" },
    );
    const names = items.map(({ metadata }: KubeObject) => metadata.name).sort();
    expect(names).toEqual(["k-0", ...Array.from({ length: 12 }, (_, index) => `k-6-${index}`)].sort());
    expect(app.status?.inventory?.entries.length).toBe(names.length);
  });

  test("repositories that hang or are unreachable slow no other, and say what is wrong", async () => {
    const { repository, client } = lab();
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    const ref = (name: string) => ({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      namespace: "remote",
      name,
    });
    const create = (name: string, spec: JsonObject) =>
      client.apply(
        {
          apiVersion: "source.toolkit.fluxcd.io/v1",
          kind: "GitRepository",
          metadata: { name, namespace: "remote" },
          spec: { interval: "1m", ...spec },
        },
        { fieldManager: "lab" },
      );
    const remote = await lab().tenant("remote");
    for (const name of ["hang-1", "hang-2", "hang-3"])
      await create(name, { url: `http://127.0.0.1:${port}/x.git`, timeout: "40s" });
    await create("unreachable", { url: "http://127.0.0.1:1/x.git" });
    const tenant = await lab().tenant("quick");
    await repository.commit({ files: { "quick/a.yaml": configMap("a", { v: "1" }, "quick") } });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./quick" });
    await tenant.ready("app");
    for (const name of ["hang-1", "hang-2", "hang-3"]) {
      const { status } = (await client.get(ref(name))) as GitRepository;
      expect(findCondition(status?.conditions, "FetchFailed")).toBeUndefined();
    }
    const failed = (object: GitRepository) =>
      findCondition(object.status?.conditions, "FetchFailed")?.status === "True";
    const dead = await remote.until<GitRepository>(ref("unreachable"), failed, "fetch failed");
    expect(findCondition(dead.status?.conditions, "Ready")?.message).toContain("127.0.0.1");
    silent.close();
    for (const name of ["hang-1", "hang-2", "hang-3"]) await client.delete(ref(name));
  });

  test("the bus may be away: it costs time only", async () => {
    const { repository, nats } = lab();
    const tenant = await lab().tenant("busless");
    await repository.commit({ files: { "busless/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./busless", targetNamespace: tenant.namespace });
    await tenant.ready("app");
    await nats?.stop({ kill: true });
    await repository.commit({ files: { "busless/a.yaml": configMap("a", { v: "2" }) } });
    await tenant.pushed();
    await tenant.ready("app");
    await nats?.start({ wipe: true });
    await repository.commit({ files: { "busless/a.yaml": configMap("a", { v: "3" }) } });
    await tenant.pushed();
    await tenant.ready("app");
    expect(dataOf(await tenant.find(configMapRef(tenant.namespace, "a")), "v")).toBe("3");
  });

  test("a restart of the API server costs nothing: drift and pushes are seen afterwards", async () => {
    const { repository, cluster, client } = lab();
    const tenant = await lab().tenant("restarted");
    const ref = configMapRef(tenant.namespace, "a");
    await repository.commit({ files: { "restarted/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./restarted", targetNamespace: tenant.namespace });
    const before = await tenant.ready("app");
    await cluster?.stopApiServer();
    await cluster?.startApiServer();
    const again = await tenant.ready("app");
    expect(again.status?.conditions).toEqual(before.status?.conditions);
    await client.patch(ref, { type: "merge", body: { data: { v: "drift" } } }, { fieldManager: "kubectl-edit" });
    await tenant.until(ref, (object) => dataOf(object, "v") === "1", "healed");
    await repository.commit({ files: { "restarted/a.yaml": configMap("a", { v: "2" }) } });
    await tenant.pushed();
    await tenant.ready("app");
    expect(dataOf(await tenant.find(ref), "v")).toBe("2");
  });
});
