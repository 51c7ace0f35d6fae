import { findCondition, type Kustomization } from "@sluice/api";
import { expect, test } from "vitest";
import { onBothServers } from "../both-servers.ts";
import { configMap, configMapRef, manifest } from "../manifests.ts";

await onBothServers((lab) => {
  test("a dependent waits, says for whom, and starts when its dependency is ready", async () => {
    const { repository } = lab();
    const tenant = await lab().tenant("dependent");
    const bad = manifest({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "svc" },
      spec: { ports: [{ port: 0 }] },
    });
    await repository.commit({
      files: { "dependent/infra/svc.yaml": bad, "dependent/apps/a.yaml": configMap("a", { v: "1" }) },
    });
    await tenant.pushed();
    await tenant.kustomization("infra", { path: "./dependent/infra", targetNamespace: tenant.namespace });
    const apps = await tenant.kustomization("apps", {
      path: "./dependent/apps",
      targetNamespace: tenant.namespace,
      dependsOn: [{ name: "infra" }],
    });
    const waiting = await tenant.until<Kustomization>(
      apps,
      ({ status }) => /not ready: .*svc/s.test(findCondition(status?.conditions, "Ready")?.message ?? ""),
      "waits",
    );
    expect(findCondition(waiting.status?.conditions, "Ready")?.reason).toBe("DependencyNotReady");
    expect(findCondition(waiting.status?.conditions, "Ready")?.message).toContain("Kustomization/dependent/infra");
    expect(await tenant.find(configMapRef(tenant.namespace, "a"))).toBeUndefined();
    await repository.commit({ files: { "dependent/infra/svc.yaml": configMap("infra", { v: "1" }) } });
    await tenant.pushed();
    await tenant.ready("apps");
    expect(await tenant.find(configMapRef(tenant.namespace, "a"))).toBeDefined();
  });

  test("a cycle of dependencies is told of on each of its members and stops nobody else", async () => {
    const { repository } = lab();
    const tenant = await lab().tenant("cycle");
    await repository.commit({ files: { "cycle/a.yaml": configMap("a", { v: "1" }) } });
    await tenant.pushed();
    const one = await tenant.kustomization("one", {
      path: "./cycle",
      targetNamespace: tenant.namespace,
      dependsOn: [{ name: "two" }],
    });
    const two = await tenant.kustomization("two", {
      path: "./cycle",
      targetNamespace: tenant.namespace,
      dependsOn: [{ name: "one" }],
    });
    await tenant.kustomization("free", { path: "./cycle", targetNamespace: tenant.namespace });
    for (const ref of [one, two]) {
      await tenant.until<Kustomization>(
        ref,
        ({ status }) => findCondition(status?.conditions, "Ready")?.reason === "DependencyNotReady",
        "waits",
      );
    }
    await tenant.ready("free");
  });
});
