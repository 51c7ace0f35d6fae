import { type KubeObject } from "@sluice/api";
import { applyLab, configMapRef, labOwner, owned, ownedConfigMap } from "@sluice/testkit";
import { expect, test } from "vitest";

const lastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/** As `kubectl apply` leaves it. */
const byKubectl: KubeObject = {
  ...{ apiVersion: "v1", kind: "ConfigMap" },
  metadata: { name: "a", namespace: "default", annotations: { [lastApplied]: "{}" } },
  data: { key: "old", gone: "old" },
};

test("apply() takes over what kubectl wrote: fields that the manifest lacks go, and so does kubectl's annotation", async () => {
  await using lab = await applyLab();
  await lab.others.create(byKubectl, { fieldManager: "kubectl-client-side-apply" });
  const { changes } = await lab.apply([ownedConfigMap("a", { key: "new" })]);
  expect(changes.map(({ action }) => action)).toEqual(["configured"]);
  const { metadata, ...rest } = await lab.others.get(configMapRef("a"));
  expect(rest["data"]).toEqual({ key: "new" });
  expect(metadata.annotations?.[lastApplied]).toBeUndefined();
  expect(metadata.managedFields?.map(({ manager, operation }) => [manager, operation])).toEqual([
    ["kustomize-controller", "Apply"],
  ]);
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("apply() with ssa: Merge leaves alone what kubectl wrote", async () => {
  await using lab = await applyLab();
  await lab.others.create(byKubectl, { fieldManager: "kubectl-client-side-apply" });
  const merging = ownedConfigMap("a", { key: "new" });
  const annotations = { "kustomize.toolkit.fluxcd.io/ssa": "Merge" };
  await lab.apply([{ ...merging, metadata: { ...merging.metadata, annotations } }]);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ key: "new", gone: "old" });
});

test("apply() looks at an object without our labels before it writes, and leaves it alone if it says so", async () => {
  await using lab = await applyLab();
  const annotations = { "kustomize.toolkit.fluxcd.io/reconcile": "disabled" };
  for (const name of ["a", "b"]) {
    await lab.others.create(
      { ...byKubectl, metadata: { name, namespace: "default", annotations } },
      { fieldManager: "x" },
    );
  }
  const { changes } = await lab.apply([ownedConfigMap("a", { key: "new" }), ownedConfigMap("b", { key: 5 })]);
  expect(changes.map(({ action }) => action)).toEqual(["skipped", "skipped"]);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ key: "old", gone: "old" });
});

test("apply() with ssa: IfNotPresent creates an object once and never changes it", async () => {
  await using lab = await applyLab();
  const annotations = { "kustomize.toolkit.fluxcd.io/ssa": "IfNotPresent" };
  const wanted = (key: string) => {
    const object = ownedConfigMap("a", { key });
    return { ...object, metadata: { ...object.metadata, annotations } };
  };
  expect((await lab.apply([wanted("1")])).changes).toMatchObject([{ action: "created" }]);
  const again = await lab.apply([wanted("2")]);
  expect(again.changes).toMatchObject([{ action: "skipped" }]);
  expect(again.inventory).toHaveLength(1);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ key: "1" });
});

test("apply() leaves out what the manifest excludes, and does not wait for it to exist", async () => {
  await using lab = await applyLab();
  const ignored = ownedConfigMap("a");
  const annotations = { "kustomize.toolkit.fluxcd.io/ssa": "Ignore" };
  const { changes } = await lab.apply([
    { ...ignored, metadata: { ...ignored.metadata, annotations } },
    ownedConfigMap("b"),
  ]);
  expect(changes.map(({ ref, action }) => `${ref.name} ${action}`)).toEqual(["a skipped", "b created"]);
  await expect(lab.others.get(configMapRef("a"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("apply() drops a misspelt field of a built-in kind with a warning instead of failing", async () => {
  await using lab = await applyLab();
  const spec = { ports: [{ port: 80, prt: 1 }], selektor: { a: "b" } };
  const service = owned({ apiVersion: "v1", kind: "Service", metadata: { name: "s", namespace: "default" }, spec });
  const first = await lab.apply([ownedConfigMap("a"), service]);
  expect(first.changes.map(({ action }) => action)).toEqual(["created", "created"]);
  expect(first.warnings.map(({ message }) => message).sort()).toEqual([
    expect.stringMatching(/^unknown field "spec\.ports\[.*\]\.prt"$/),
    'unknown field "spec.selektor"',
  ]);
});
