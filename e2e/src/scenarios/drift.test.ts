import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { onBothServers } from "../both-servers.ts";
import { type Lab } from "../lab.ts";
import { configMap, configMapRef, dataOf, deployment, deploymentRef } from "../manifests.ts";

async function applied(lab: Lab, name: string, files: Readonly<Record<string, string>>) {
  const tenant = await lab.tenant(name);
  await lab.repository.commit({
    files: Object.fromEntries(Object.entries(files).map(([path, text]) => [`${name}/${path}`, text])),
  });
  await tenant.pushed();
  await tenant.kustomization("app", { path: `./${name}`, targetNamespace: name });
  await tenant.ready("app");
  return tenant;
}

function replicasOf(object: KubeObject): unknown {
  return (object["spec"] as { replicas?: number }).replicas;
}

await onBothServers((lab) => {
  test("a field of ours that somebody edits comes back, and a field that is not ours stays", async () => {
    const tenant = await applied(lab(), "edited", { "d.yaml": deployment("web", { replicas: 0 }) });
    const ref = deploymentRef(tenant.namespace, "web");
    await lab().client.patch(
      ref,
      { type: "merge", body: { metadata: { annotations: { theirs: "kept" } } } },
      { fieldManager: "another-controller" },
    );
    await lab().client.patch(ref, { type: "merge", body: { spec: { replicas: 2 } } }, { fieldManager: "kubectl-edit" });
    const healed = await tenant.until(ref, (object) => replicasOf(object) === 0, "healed");
    expect(healed.metadata.annotations?.["theirs"]).toBe("kept");
  });

  test("an object that somebody deletes comes back", async () => {
    const tenant = await applied(lab(), "removed", { "a.yaml": configMap("a", { v: "1" }) });
    const ref = configMapRef(tenant.namespace, "a");
    const before = await tenant.find(ref);
    await lab().client.delete(ref);
    const back = await tenant.until(ref, ({ metadata }) => metadata.uid !== before?.metadata.uid, "created again");
    expect(dataOf(back, "v")).toBe("1");
  });

  test("another manager that takes the same field again and again is told of in an event, and healing slows down", async () => {
    const tenant = await applied(lab(), "contested", { "d.yaml": deployment("web", { replicas: 0 }) });
    const ref = deploymentRef(tenant.namespace, "web");
    const take = { type: "merge", body: { spec: { replicas: 3 } } } as const;
    // Two takings that come close together are one drift, so it goes on until the fourth one is noticed.
    const contested = async () => {
      const { items } = await lab().client.list({ apiVersion: "v1", kind: "Event" }, { namespace: tenant.namespace });
      const told = items.find(({ reason }) => reason === "DriftContested");
      const isHealed = replicasOf(await lab().client.get(ref)) === 0;
      if (told === undefined && isHealed) await lab().client.patch(ref, take, { fieldManager: "autoscaler" });
      return told;
    };
    await expect.poll(contested, { timeout: 30_000 }).toBeDefined();
    const message = String((await contested())?.["message"]);
    expect(message).toContain("autoscaler");
    expect(message).toContain(".spec.replicas");
  });
});
