import { type GitRepository, type Kustomization } from "@sluice/api";
import { expect, test } from "vitest";
import { onBothServers } from "../both-servers.ts";
import { configMap, configMapRef, dataOf } from "../manifests.ts";

await onBothServers((lab) => {
  test("a push creates, changes and prunes objects, and a revert brings the earlier state and its artifact back", async () => {
    const { repository, client } = lab();
    const tenant = await lab().tenant("push");
    const ref = (name: string) => configMapRef(tenant.namespace, name);
    await repository.commit({
      files: { "push/a.yaml": configMap("a", { v: "1" }), "push/b.yaml": configMap("b", { v: "1" }) },
    });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./push", targetNamespace: tenant.namespace });
    const first = await tenant.ready("app");
    expect(dataOf(await tenant.find(ref("a")), "v")).toBe("1");
    expect(first.status?.inventory?.entries.map(({ id }) => id)).toEqual(["push_a__ConfigMap", "push_b__ConfigMap"]);
    const source = {
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      namespace: tenant.namespace,
      name: "app",
    };
    const before = ((await client.get(source)) as GitRepository).status?.artifact;

    await repository.commit({
      files: {
        "push/a.yaml": configMap("a", { v: "2" }),
        "push/b.yaml": null,
        "push/c.yaml": configMap("c", { v: "1" }),
      },
    });
    await tenant.pushed();
    const second = await tenant.ready("app");
    expect(dataOf(await tenant.find(ref("a")), "v")).toBe("2");
    expect(await tenant.find(ref("b"))).toBeUndefined();
    expect(second.status?.inventory?.entries.map(({ id }) => id)).toEqual(["push_a__ConfigMap", "push_c__ConfigMap"]);

    await repository.revert();
    await tenant.pushed();
    await tenant.ready("app");
    expect(dataOf(await tenant.find(ref("a")), "v")).toBe("1");
    expect(await tenant.find(ref("b"))).toBeDefined();
    expect(await tenant.find(ref("c"))).toBeUndefined();
    const after = ((await client.get(source)) as GitRepository).status?.artifact;
    expect(after?.digest).toBe(before?.digest);
    expect(after?.revision).not.toBe(before?.revision);
  });

  test("a push that changes nothing for a Kustomization moves its revision and nothing else", async () => {
    const { repository } = lab();
    const tenant = await lab().tenant("untouched");
    await repository.commit({ files: { "untouched/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    await tenant.kustomization("app", { path: "./untouched", targetNamespace: tenant.namespace });
    await tenant.ready("app");
    const before = await tenant.find(configMapRef(tenant.namespace, "a"));
    await repository.commit({ files: { "elsewhere/a.yaml": configMap("elsewhere", { v: "1" }) } });
    await tenant.pushed();
    await tenant.ready("app");
    expect((await tenant.find(configMapRef(tenant.namespace, "a")))?.metadata.resourceVersion).toBe(
      before?.metadata.resourceVersion,
    );
  });

  test("a suspended Kustomization stays as it is, and takes up what it missed when it is resumed", async () => {
    const { repository, client } = lab();
    const tenant = await lab().tenant("suspended");
    const ref = configMapRef(tenant.namespace, "a");
    await repository.commit({ files: { "suspended/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    const app = await tenant.kustomization("app", { path: "./suspended", targetNamespace: tenant.namespace });
    const witness = await tenant.kustomization("witness", {
      path: "./suspended-witness",
      targetNamespace: tenant.namespace,
    });
    await tenant.ready("app");
    await client.patch(app, { type: "merge", body: { spec: { suspend: true } } });
    await repository.commit({
      files: { "suspended/a.yaml": configMap("a", { v: "2" }), "suspended-witness/w.yaml": configMap("w", { v: "2" }) },
    });
    await tenant.pushed();
    await tenant.ready(witness.name);
    await client.delete(ref);
    expect(await tenant.find(ref)).toBeUndefined();
    await client.patch(app, { type: "merge", body: { spec: { suspend: false } } });
    await tenant.ready("app");
    expect(dataOf(await tenant.find(ref), "v")).toBe("2");
  });

  test("a deleted Kustomization takes exactly its inventory with it", async () => {
    const { repository, client } = lab();
    const tenant = await lab().tenant("deleted");
    await repository.commit({
      files: { "deleted/one/a.yaml": configMap("a", { v: "1" }), "deleted/two/b.yaml": configMap("b", { v: "1" }) },
    });
    await tenant.pushed();
    const one = await tenant.kustomization("one", { path: "./deleted/one", targetNamespace: tenant.namespace });
    await tenant.kustomization("two", { path: "./deleted/two", targetNamespace: tenant.namespace });
    await tenant.ready("one");
    await tenant.ready("two");
    await client.create({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "foreign", namespace: tenant.namespace },
    });
    await client.delete(one);
    await tenant.gone(one);
    expect(await tenant.find(configMapRef(tenant.namespace, "a"))).toBeUndefined();
    expect(await tenant.find(configMapRef(tenant.namespace, "b"))).toBeDefined();
    expect(await tenant.find(configMapRef(tenant.namespace, "foreign"))).toBeDefined();
  });

  test("a request with requestedAt is answered, and a steady cluster gets no other write", async () => {
    const { repository, client } = lab();
    const tenant = await lab().tenant("steady");
    await repository.commit({ files: { "steady/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    const app = await tenant.kustomization("app", { path: "./steady", targetNamespace: tenant.namespace, wait: true });
    const before = await tenant.ready("app");
    const object = await tenant.find(configMapRef(tenant.namespace, "a"));
    const annotations = { "reconcile.fluxcd.io/requestedAt": "now" };
    const asked = await client.patch(app, { type: "merge", body: { metadata: { annotations } } });
    const after = await tenant.until<Kustomization>(
      app,
      ({ status }) => status?.lastHandledReconcileAt === "now",
      "request answered",
    );
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(asked.metadata.resourceVersion));
    expect(after.status?.conditions).toEqual(before.status?.conditions);
    expect((await tenant.find(configMapRef(tenant.namespace, "a")))?.metadata.resourceVersion).toBe(
      object?.metadata.resourceVersion,
    );
  });
});
