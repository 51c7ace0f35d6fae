import { type KubeObject } from "@sluice/api";
import { KubeError } from "@sluice/kube";
import { type ApplyLab, applyLab, configMapRef, labOwner, owned, ownedConfigMap } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type InventoryEntry, type PruneRequest } from "./types.ts";

const entry = (name: string): InventoryEntry => ({ id: `default_${name}__ConfigMap`, v: "v1" });
const signal = new AbortController().signal;
const names = (refs: readonly { name: string }[]) => refs.map(({ name }) => name);

function prune(
  lab: ApplyLab,
  stale: readonly InventoryEntry[],
  more: Partial<PruneRequest> & { signal?: AbortSignal } = {},
) {
  const request = { owner: labOwner, stale, canWrite: () => true, ...more };
  return lab.cluster.prune(request, more.signal ?? signal);
}

async function labWith(...objects: KubeObject[]): Promise<ApplyLab> {
  const lab = await applyLab();
  await lab.apply(objects);
  lab.sent();
  return lab;
}

const exists = (lab: ApplyLab, name: string) =>
  lab.others.get(configMapRef(name)).then(
    () => true,
    () => false,
  );

test("prune() deletes what is stale and reads nothing that the watch shows", async () => {
  await using lab = await labWith(ownedConfigMap("a"), ownedConfigMap("b"), ownedConfigMap("keep"));
  const result = await prune(lab, [entry("a"), entry("b")]);
  expect(names(result.deleted)).toEqual(["a", "b"]);
  expect(result.settled).toEqual([entry("a"), entry("b")]);
  expect(result.survivors).toEqual([]);
  expect(lab.sent().sort()).toEqual(["delete ConfigMap/a", "delete ConfigMap/b"]);
  expect([await exists(lab, "a"), await exists(lab, "keep")]).toEqual([false, true]);
  expect(lab.drifts).toEqual([]);
});

test("prune() goes in the reverse order of application", async () => {
  const service = owned({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "s", namespace: "default" },
    spec: { ports: [{ port: 80 }] },
  });
  const namespace = owned({ apiVersion: "v1", kind: "Namespace", metadata: { name: "team" } });
  await using lab = await labWith(ownedConfigMap("a"), service, namespace);
  await prune(lab, lab.inventory);
  expect(lab.sent()).toEqual(["delete Service/s", "delete ConfigMap/a", "delete Namespace/team"]);
});

test("prune() by a new process reads the metadata first", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  const result = await lab.restarted().prune({ owner: labOwner, stale: [entry("a")], canWrite: () => true }, signal);
  expect(names(result.deleted)).toEqual(["a"]);
  expect(lab.sent()).toEqual(["get ConfigMap/a", "delete ConfigMap/a"]);
});

test("prune() settles what is gone, and what is of a kind that is no longer served", async () => {
  await using lab = await labWith(ownedConfigMap("keep"));
  const served = { id: "default_x_example.com_Foo", v: "v1" };
  const result = await prune(lab, [entry("gone"), served]);
  expect(result).toMatchObject({ deleted: [], settled: [entry("gone"), served], survivors: [] });
});

test("prune() leaves alone what another owner's labels are on, or none", async () => {
  const other = { namespace: "flux-system", name: "other" };
  await using lab = await labWith(ownedConfigMap("keep"));
  await lab.others.create(ownedConfigMap("theirs", {}, other));
  await lab.others.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "bare", namespace: "default" } });
  const result = await prune(lab, [entry("theirs"), entry("bare")]);
  expect(result).toMatchObject({ deleted: [], settled: [entry("theirs"), entry("bare")] });
  expect([await exists(lab, "theirs"), await exists(lab, "bare")]).toEqual([true, true]);
});

test.each([
  ["prune", "disabled"],
  ["reconcile", "disabled"],
  ["ssa", "Ignore"],
])("prune() leaves alone what says %s: %s", async (key, value) => {
  await using lab = await labWith(ownedConfigMap("a"));
  const annotations = { [`kustomize.toolkit.fluxcd.io/${key}`]: value };
  await lab.others.patch(configMapRef("a"), { type: "merge", body: { metadata: { annotations } } });
  const result = await lab.restarted().prune({ owner: labOwner, stale: [entry("a")], canWrite: () => true }, signal);
  expect(result).toMatchObject({ deleted: [], settled: [entry("a")] });
  expect(await exists(lab, "a")).toBe(true);
});

test("prune() keeps what the server refuses to delete, with the reason, and goes on with the rest", async () => {
  await using lab = await labWith(ownedConfigMap("a"), ownedConfigMap("b"));
  const facts = { status: 403, reason: "Forbidden", message: "no delete for you", causes: [] };
  lab.fault = ({ verb, target }) =>
    verb === "delete" && target.name === "a" ? { fail: new KubeError("FORBIDDEN", "x", facts) } : undefined;
  const result = await prune(lab, [entry("a"), entry("b")]);
  expect(names(result.deleted)).toEqual(["b"]);
  expect(result.survivors).toMatchObject([
    { entry: entry("a"), message: "ConfigMap/default/a delete failed (Forbidden): no delete for you" },
  ]);
});

test("prune() stops, and blames no object, when the server cannot be reached", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  const facts = { status: 0, reason: "ECONNREFUSED", message: "", causes: [] };
  lab.fault = ({ verb }) =>
    verb === "delete" ? { fail: new KubeError("UNAVAILABLE", "connection refused", facts) } : undefined;
  await expect(prune(lab, [entry("a")])).rejects.toMatchObject({ code: "UNREACHABLE" });
  lab.fault = () => undefined;
  expect(names((await prune(lab, [entry("a")])).deleted)).toEqual(["a"]);
});

test("prune() keeps an entry that it cannot read, and says so", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  const forged = { id: "../../etc", v: "v1" };
  const result = await prune(lab, [forged, entry("a")]);
  expect(result.survivors).toMatchObject([{ entry: forged, message: expect.stringContaining("../../etc") }]);
  expect(names(result.deleted)).toEqual(["a"]);
});

test("prune() looks again when the object changed between look and delete", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  let changed = false;
  lab.fault = ({ verb }) => {
    if (verb !== "delete" || changed) return undefined;
    changed = true;
    return {
      hold: lab.others.patch(configMapRef("a"), { type: "merge", body: { data: { key: "2" } } }).then(() => undefined),
    };
  };
  const result = await prune(lab, [entry("a")]);
  expect(names(result.deleted)).toEqual(["a"]);
  expect(lab.sent()).toEqual(["delete ConfigMap/a", "get ConfigMap/a", "delete ConfigMap/a"]);
});

test("prune() that finds the labels gone on that second look leaves the object alone", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  const labels = { "kustomize.toolkit.fluxcd.io/name": null };
  let changed = false;
  lab.fault = ({ verb }) => {
    if (verb !== "delete" || changed) return undefined;
    changed = true;
    return {
      hold: lab.others
        .patch(configMapRef("a"), { type: "merge", body: { metadata: { labels } } })
        .then(() => undefined),
    };
  };
  expect(await prune(lab, [entry("a")])).toMatchObject({ deleted: [], settled: [entry("a")] });
  expect(await exists(lab, "a")).toBe(true);
});

test("prune() deletes nothing once it may not, or is interrupted", async () => {
  await using lab = await labWith(ownedConfigMap("a"));
  await expect(prune(lab, [entry("a")], { canWrite: () => false })).rejects.toMatchObject({ code: "NOT_LEADING" });
  const aborted = AbortSignal.abort(new Error("shutting down"));
  await expect(prune(lab, [entry("a")], { signal: aborted })).rejects.toMatchObject({
    code: "INTERRUPTED",
    cause: { message: "shutting down" },
  });
  expect(await exists(lab, "a")).toBe(true);
});

test("prune() waits until finalizers are done, if it is asked to", async () => {
  const held = ownedConfigMap("a");
  await using lab = await labWith({ ...held, metadata: { ...held.metadata, finalizers: ["example.com/hold"] } });
  let done = false;
  const pruning = prune(lab, [entry("a")], { waitGone: true }).then((result) => {
    done = true;
    return result;
  });
  await expect
    .poll(async () => (await lab.others.get(configMapRef("a"))).metadata.deletionTimestamp, { timeout: 10_000 })
    .toBeDefined();
  expect(done).toBe(false);
  await lab.others.patch(configMapRef("a"), { type: "merge", body: { metadata: { finalizers: null } } });
  expect(names((await pruning).deleted)).toEqual(["a"]);
  expect(await exists(lab, "a")).toBe(false);
});

/** A definition of Widget in v1 and v2, each served or not; v2 is stored. */
function widgets(served: { v1: boolean; v2: boolean }): KubeObject {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const versions = (["v1", "v2"] as const).map((name) => ({
    name,
    served: served[name],
    storage: name === "v2",
    schema,
  }));
  const names = { kind: "Widget", plural: "widgets" };
  const spec = { group: "example.com", scope: "Namespaced", names, versions };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec,
  } as KubeObject;
}

const widgetEntry: InventoryEntry = { id: "default_w_example.com_Widget", v: "v1" };

/** A lab with a Widget of ours, which another process then finds served as `served` says. */
async function labWithWidget(served: { v1: boolean; v2: boolean }) {
  const lab = await applyLab();
  await lab.others.apply(widgets({ v1: true, v2: true }), { fieldManager: "test", force: true });
  lab.others.invalidateDiscovery();
  await lab.others.create(
    owned({ apiVersion: "example.com/v2", kind: "Widget", metadata: { name: "w", namespace: "default" } }),
  );
  await lab.others.apply(widgets(served), { fieldManager: "test", force: true });
  lab.others.invalidateDiscovery();
  return { lab, [Symbol.asyncDispose]: () => lab[Symbol.asyncDispose]() };
}

test("prune() deletes through another version of the kind when the inventory's is not served any more", async () => {
  await using cx = await labWithWidget({ v1: false, v2: true });
  expect(names((await prune(cx.lab, [widgetEntry])).deleted)).toEqual(["w"]);
  const { items } = await cx.lab.others.list({ apiVersion: "example.com/v2", kind: "Widget" });
  expect(items).toEqual([]);
});

test("prune() keeps the entry of an object whose kind is defined but not served at present", async () => {
  await using cx = await labWithWidget({ v1: false, v2: false });
  const { survivors, settled } = await prune(cx.lab, [widgetEntry]);
  expect(settled).toEqual([]);
  expect(survivors).toMatchObject([{ entry: widgetEntry, message: expect.stringContaining("Widget") }]);
});

test("prune() settles the entry of an object whose kind nothing defines any more", async () => {
  await using lab = await applyLab();
  expect((await prune(lab, [widgetEntry])).settled).toEqual([widgetEntry]);
});
