import { findCondition, type Kustomization, type ObjectRef } from "@sluice/api";
import { expect, test } from "vitest";
import { onBothServers } from "../both-servers.ts";
import { type Lab, type Tenant } from "../lab.ts";
import { configMap, configMapRef, dataOf, deployment, manifest } from "../manifests.ts";

/** A tenant whose Kustomization is Ready with one ConfigMap `good`. */
async function healthy(lab: Lab, name: string): Promise<{ tenant: Tenant; app: ObjectRef }> {
  const tenant = await lab.tenant(name);
  await lab.repository.commit({ files: { [`${name}/good.yaml`]: configMap("good", { v: "1" }, name) } });
  await tenant.pushed();
  const app = await tenant.kustomization("app", { path: `./${name}` });
  await tenant.ready("app");
  return { tenant, app };
}

async function failure(tenant: Tenant, app: ObjectRef, reason: string): Promise<string> {
  const failed = await tenant.until<Kustomization>(
    app,
    ({ status }) => findCondition(status?.conditions, "Ready")?.reason === reason,
    `Ready says ${reason}`,
  );
  return findCondition(failed.status?.conditions, "Ready")?.message ?? "";
}

await onBothServers((lab) => {
  test("a manifest that the API server refuses leaves the cluster as it was, names file and line, and its fix is taken at once", async () => {
    const { tenant, app } = await healthy(lab(), "refused");
    const bad = manifest({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "svc", namespace: "refused" },
      spec: { ports: [{ port: 99_999_999 }] },
    });
    await lab().repository.commit({
      files: {
        "refused/good.yaml": configMap("good", { v: "2" }, "refused"),
        "refused/svc.yaml": `${configMap("new", { v: "1" }, "refused")}---\n${bad}`,
      },
    });
    await tenant.pushed();
    const message = await failure(tenant, app, "ReconciliationFailed");
    expect(message).toContain("Service/refused/svc");
    expect(message).toMatch(/refused\/svc\.yaml:1[0-9]/);
    expect(dataOf(await tenant.find(configMapRef("refused", "good")), "v")).toBe("1");
    expect(await tenant.find(configMapRef("refused", "new"))).toBeUndefined();
    await lab().repository.commit({ files: { "refused/svc.yaml": configMap("new", { v: "1" }, "refused") } });
    await tenant.pushed();
    await tenant.ready("app");
    expect(dataOf(await tenant.find(configMapRef("refused", "good")), "v")).toBe("2");
  });

  test("a revision that never becomes healthy does not hold up the next one", async () => {
    const { tenant, app } = await healthy(lab(), "unhealthy");
    await lab().client.patch(app, { type: "merge", body: { spec: { wait: true, timeout: "10m" } } });
    await tenant.ready("app");
    const failing = deployment("web", {
      replicas: 1,
      namespace: "unhealthy",
      annotations: { "simulator.sluice.dev/fail": "ImagePullBackOff" },
    });
    await lab().repository.commit({ files: { "unhealthy/web.yaml": failing } });
    await tenant.pushed();
    await tenant.until<Kustomization>(
      app,
      ({ status }) => findCondition(status?.conditions, "Ready")?.status !== "True",
      "waiting or failed",
    );
    await lab().repository.commit({
      files: { "unhealthy/web.yaml": deployment("web", { replicas: 0, namespace: "unhealthy" }) },
    });
    await tenant.pushed();
    await tenant.ready("app");
  });

  test.each([
    ["not YAML", "a: [", "BuildFailed", /bad\.yaml/],
    ["not Kubernetes", "a: 1\n", "BuildFailed", /bad\.yaml/],
    ["too large", configMap("large", { v: "x".repeat(4 << 20) }, "default"), "ReconciliationFailed", /large/],
    [
      "of a kind that is not served",
      manifest({ apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w" } }),
      "ReconciliationFailed",
      /Widget/,
    ],
    ["in a namespace that does not exist", configMap("lost", {}, "nowhere"), "ReconciliationFailed", /nowhere/],
  ])(
    "a manifest that is %s says so on its Kustomization alone, and prunes nothing",
    async (what, text, reason, words) => {
      const name = `bad-${what.replaceAll(/[^a-z]/gi, "").toLowerCase()}`;
      const { tenant, app } = await healthy(lab(), name);
      await lab().repository.commit({
        files: {
          [`${name}-neighbour/n.yaml`]: configMap("n", { v: "1" }, name),
          [`${name}/bad.yaml`]: text,
          [`${name}/good.yaml`]: null,
        },
      });
      await tenant.pushed();
      await tenant.kustomization("neighbour", { path: `./${name}-neighbour` });
      expect(await failure(tenant, app, reason)).toMatch(words);
      expect(await tenant.find(configMapRef(name, "good"))).toBeDefined();
      await tenant.ready("neighbour");
    },
  );

  test("a path that vanishes, and a build that becomes empty, prune nothing", async () => {
    const { tenant, app } = await healthy(lab(), "vanished");
    await lab().repository.commit({ files: { "vanished/good.yaml": null } });
    await tenant.pushed();
    expect(await failure(tenant, app, "ArtifactFailed")).toContain("vanished");
    expect(await tenant.find(configMapRef("vanished", "good"))).toBeDefined();
    await lab().repository.commit({ files: { "vanished/README.md": "empty" } });
    await tenant.pushed();
    expect(await failure(tenant, app, "BuildFailed")).toContain("sluice.dev/allow-empty");
    expect(await tenant.find(configMapRef("vanished", "good"))).toBeDefined();
    await lab().client.patch(app, {
      type: "merge",
      body: { metadata: { annotations: { "sluice.dev/allow-empty": "true" } } },
    });
    await tenant.gone(configMapRef("vanished", "good"));
  });
});
