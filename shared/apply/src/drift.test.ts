import { type KubeObject } from "@sluice/api";
import { type ApplyLab, applyLab, configMapRef, labOwner, owned, ownedConfigMap, until } from "@sluice/testkit";
import { expect, test } from "vitest";

const other = { namespace: "flux-system", name: "other" };
const signal = new AbortController().signal;

/** A lab with one ConfigMap that was applied and that the watch has shown. */
async function steadyLab(
  objects: readonly KubeObject[] = [ownedConfigMap("a", { key: "1", more: "1" })],
): Promise<ApplyLab> {
  const lab = await applyLab();
  await lab.apply(objects);
  await settled(lab);
  return lab;
}

/** Writes an object and waits until the watch has shown it: whatever was written before has been seen, too. */
async function settled(lab: ApplyLab): Promise<void> {
  const marker = ownedConfigMap(`marker-${lab.drifts.length}`, {}, other);
  await lab.others.apply(marker, { fieldManager: "kustomize-controller" });
  const request = {
    owner: other,
    objects: [marker],
    inventory: [],
    force: false,
    onIntent: async () => undefined,
    canWrite: () => true,
  };
  await lab.cluster.apply(request, signal);
  const heard: string[] = [];
  using _listening = lab.cluster.onDrift((drift) => void heard.push(drift.ref.name));
  await lab.others.delete(configMapRef(marker.metadata.name));
  await until(() => heard.includes(marker.metadata.name));
  lab.cluster.forget(other);
  const index = lab.drifts.findIndex(({ ref }) => ref.name === marker.metadata.name);
  if (index >= 0) lab.drifts.splice(index, 1);
}

test("onDrift() names the field that was taken and who took it; applying again restores it", async () => {
  await using lab = await steadyLab();
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { data: { key: "2" } } },
    { fieldManager: "somebody" },
  );
  await until(() => lab.drifts.length > 0);
  const facts = {
    owner: labOwner,
    ref: configMapRef("a"),
    change: "changed",
    fields: [".data.key"],
    managers: ["somebody"],
  };
  expect(lab.drifts).toEqual([facts]);
  expect(lab.cluster.isSteady(labOwner)).toBe(false);
  const { changes } = await lab.apply([ownedConfigMap("a", { key: "1", more: "1" })]);
  expect(changes.map(({ action }) => action)).toEqual(["configured"]);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ key: "1", more: "1" });
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("onDrift() tells of a field that was removed, where nobody owns it now", async () => {
  await using lab = await steadyLab();
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { data: { key: null } } },
    { fieldManager: "somebody" },
  );
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ change: "changed", fields: [".data.key"], managers: [] }]);
});

test("onDrift() tells of a deletion, and apply() creates the object again", async () => {
  await using lab = await steadyLab();
  await lab.others.delete(configMapRef("a"));
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ change: "deleted", ref: configMapRef("a") }]);
  const { changes } = await lab.apply([ownedConfigMap("a", { key: "1", more: "1" })]);
  expect(changes.map(({ action }) => action)).toEqual(["created"]);
});

test("onDrift() tells of an object that lost our labels, and apply() puts them back", async () => {
  await using lab = await steadyLab();
  const labels = { "kustomize.toolkit.fluxcd.io/name": null };
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { metadata: { labels } } },
    { fieldManager: "somebody" },
  );
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ change: "deleted" }]);
  const { changes } = await lab.apply([ownedConfigMap("a", { key: "1", more: "1" })]);
  expect(changes.map(({ action }) => action)).toEqual(["configured"]);
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("onDrift() is silent about fields of others, status, equal values, and our own writes", async () => {
  const deployment = owned({
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "d", namespace: "default" } },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app: "d" } },
      template: { metadata: { labels: { app: "d" } }, spec: { containers: [{ name: "c", image: "i" }] } },
    },
  });
  await using lab = await steadyLab([ownedConfigMap("a", { key: "1", more: "1" }), deployment]);
  const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "d" };
  await lab.others.patch(
    ref,
    { type: "merge", body: { status: { replicas: 5 } } },
    { subresource: "status", fieldManager: "x" },
  );
  const template = { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": "now" } } };
  await lab.others.patch(ref, { type: "merge", body: { spec: { template } } }, { fieldManager: "kubectl-rollout" });
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { data: { theirs: "1", key: "1" } } },
    { fieldManager: "x" },
  );
  await lab.apply([ownedConfigMap("a", { key: "2", more: "1" }), deployment]);
  await settled(lab);
  expect(lab.drifts).toEqual([]);
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("onDrift() tells a difference once, not once for each event", async () => {
  await using lab = await steadyLab();
  const body = (theirs: string) => ({ data: { key: "2", theirs } });
  for (const value of ["1", "2", "3"]) {
    await lab.others.patch(configMapRef("a"), { type: "merge", body: body(value) }, { fieldManager: "somebody" });
  }
  await settled(lab);
  expect(lab.drifts).toHaveLength(1);
});

test("onDrift() tells the former owner, and apply() the new one, of an object that two Kustomizations want", async () => {
  await using lab = await steadyLab([ownedConfigMap("a")]);
  const request = { owner: other, objects: [ownedConfigMap("a", {}, other)], inventory: [], force: false };
  const result = await lab.cluster.apply({ ...request, onIntent: async () => undefined, canWrite: () => true }, signal);
  expect(result.takeovers).toEqual([{ ref: configMapRef("a"), from: labOwner }]);
  expect(lab.drifts).toMatchObject([{ owner: labOwner, change: "claimed", claimedBy: other }]);
  expect(lab.cluster.isSteady(labOwner)).toBe(false);
  expect(lab.cluster.isSteady(other)).toBe(true);
});

test("onDrift() calls it a claim when another process puts its owner's labels on an object", async () => {
  await using lab = await steadyLab([ownedConfigMap("a")]);
  await lab.others.apply(ownedConfigMap("a", {}, other), { fieldManager: "kustomize-controller", force: true });
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ owner: labOwner, change: "claimed", claimedBy: other }]);
});

test("forget() ends drift for an owner and closes watches that nobody needs", async () => {
  await using lab = await steadyLab();
  lab.cluster.forget(labOwner);
  await lab.others.delete(configMapRef("a"));
  await settled(lab);
  expect(lab.drifts).toEqual([]);
  expect(lab.cluster.isSteady(labOwner)).toBe(false);
});

const reconcile = (value: string | null) => ({
  metadata: { annotations: { "kustomize.toolkit.fluxcd.io/reconcile": value } },
});

test("a live object that says reconcile: disabled is left alone until it stops saying so", async () => {
  await using lab = await steadyLab([ownedConfigMap("a", { key: "1" })]);
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { ...reconcile("disabled"), data: { key: "2" } } },
    { fieldManager: "x" },
  );
  await until(() => lab.drifts.length > 0);
  const { changes, inventory } = await lab.apply([ownedConfigMap("a", { key: "1" })]);
  expect(changes.map(({ action }) => action)).toEqual(["skipped"]);
  expect(inventory).toHaveLength(1);
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
  lab.drifts.length = 0;
  await lab.others.patch(configMapRef("a"), { type: "merge", body: { data: { key: "3" } } }, { fieldManager: "x" });
  await lab.others.patch(configMapRef("a"), { type: "merge", body: reconcile(null) }, { fieldManager: "x" });
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ change: "policy" }]);
  await lab.apply([ownedConfigMap("a", { key: "1" })]);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ key: "1" });
});

const job = (ttl: { ttlSecondsAfterFinished?: number }) =>
  owned({
    ...{ apiVersion: "batch/v1", kind: "Job", metadata: { name: "j", namespace: "default" } },
    spec: { ...ttl, template: { spec: { restartPolicy: "Never", containers: [{ name: "c", image: "i" }] } } },
  });
const jobRef = { apiVersion: "batch/v1", kind: "Job", namespace: "default", name: "j" };

test("the end of a Job with a time to live is no drift, and counts as healthy; that of another Job is drift", async () => {
  await using lab = await steadyLab([ownedConfigMap("a"), job({ ttlSecondsAfterFinished: 60 })]);
  const waiting = lab.cluster.health({ owner: labOwner, refs: [jobRef] }, signal);
  await lab.others.delete(jobRef);
  expect((await waiting).objects).toMatchObject([{ status: "Current" }]);
  await settled(lab);
  expect(lab.drifts).toEqual([]);
  await lab.apply([ownedConfigMap("a"), job({})]);
  await lab.others.delete(jobRef);
  await until(() => lab.drifts.length > 0);
  expect(lab.drifts).toMatchObject([{ change: "deleted", ref: jobRef }]);
});
