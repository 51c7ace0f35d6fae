import { type KubeObject } from "@sluice/api";
import { KubeError } from "@sluice/kube";
import {
  type ApplyLab,
  applyLab,
  type ClientCall,
  configMapRef,
  labOwner,
  owned,
  ownedConfigMap,
  until,
} from "@sluice/testkit";
import { expect, test } from "vitest";
import { ApplyError } from "./errors.ts";
import { unionInventory } from "./inventory.ts";

const abc = (value: string) => ["a", "b", "c"].map((name) => ownedConfigMap(name, { key: value }));
const actions = (result: { changes: readonly { ref: { name: string }; action: string }[] }) =>
  result.changes.map(({ ref, action }) => `${ref.name} ${action}`);

/** What the server answers to an object that breaks a rule. */
function refusal(message: string): KubeError {
  const causes = [{ reason: "FieldValueInvalid", message, field: "spec" }];
  return new KubeError("INVALID", message, { status: 422, reason: "Invalid", message, causes });
}

async function ourConfigMaps(lab: ApplyLab): Promise<string[]> {
  const labelSelector = "kustomize.toolkit.fluxcd.io/name";
  const { items } = await lab.others.list({ apiVersion: "v1", kind: "ConfigMap" }, { labelSelector });
  return items.map(({ metadata }) => metadata.name);
}

async function applyError(applying: Promise<unknown>): Promise<ApplyError> {
  const error = await applying.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof ApplyError) return error;
  throw new Error("not refused", { cause: error });
}

const progressOf = (error: ApplyError) =>
  "progress" in error.data ? error.data.progress : { inventory: [], changes: [] };

test("apply() creates objects, tries all but the first, and lists them in the inventory in the order of application", async () => {
  await using lab = await applyLab();
  const result = await lab.apply(abc("1"));
  expect(actions(result)).toEqual(["a created", "b created", "c created"]);
  expect(result.inventory.map(({ id }) => id)).toEqual([
    "default_a__ConfigMap",
    "default_b__ConfigMap",
    "default_c__ConfigMap",
  ]);
  const sent = lab.sent();
  expect(sent.slice(0, 3).sort()).toEqual(["get ConfigMap/a", "try ConfigMap/b", "try ConfigMap/c"]);
  expect(sent.slice(3).sort()).toEqual(["apply ConfigMap/a", "apply ConfigMap/b", "apply ConfigMap/c"]);
});

test("apply() sends nothing for objects that are as it left them", async () => {
  await using lab = await applyLab();
  await lab.apply(abc("1"));
  lab.sent();
  expect(actions(await lab.apply(abc("1")))).toEqual(["a unchanged", "b unchanged", "c unchanged"]);
  expect(lab.sent()).toEqual([]);
  expect(lab.cluster.isSteady(labOwner)).toBe(true);
});

test("apply() sends a single changed object without a trial", async () => {
  await using lab = await applyLab();
  await lab.apply(abc("1"));
  lab.sent();
  const [a, b, c] = abc("1");
  const result = await lab.apply([a, { ...b, data: { key: "2" } } as KubeObject, c].flatMap((object) => object ?? []));
  expect(actions(result)).toEqual(["a unchanged", "b configured", "c unchanged"]);
  expect(lab.sent()).toEqual(["apply ConfigMap/b"]);
});

test("apply() removes what the manifest no longer has, and leaves fields of others alone", async () => {
  await using lab = await applyLab();
  await lab.apply([ownedConfigMap("a", { mine: "1", old: "1" })]);
  await lab.others.patch(
    configMapRef("a"),
    { type: "merge", body: { data: { theirs: "2" } } },
    { fieldManager: "somebody" },
  );
  await lab.apply([ownedConfigMap("a", { mine: "1" })]);
  expect((await lab.others.get(configMapRef("a")))["data"]).toEqual({ mine: "1", theirs: "2" });
});

test("apply() changes nothing if any object is refused, and tells of every refusal", async () => {
  await using lab = await applyLab();
  const objects = [
    ownedConfigMap("a", { n: 1 }),
    ownedConfigMap("b"),
    ownedConfigMap("c", { n: 2 }),
    ownedConfigMap("d"),
  ];
  const error = await applyError(lab.apply(objects));
  expect(error).toMatchObject({ code: "REFUSED", data: { failures: [{ index: 0 }, { index: 2 }] } });
  expect(error.message).toMatch(/^ConfigMap\/default\/a dry-run failed.*\nConfigMap\/default\/c dry-run failed/s);
  expect(progressOf(error)).toEqual({ inventory: [], changes: [] });
  expect(await ourConfigMaps(lab)).toEqual([]);
  expect(lab.inventory).toEqual([]);
});

test("apply() changes nothing if the object that needs no trial is the refused one", async () => {
  await using lab = await applyLab();
  const error = await applyError(lab.apply([ownedConfigMap("a", { n: 1 }), ownedConfigMap("b")]));
  expect(error).toMatchObject({ code: "REFUSED", data: { failures: [{ index: 0 }] } });
  expect(lab.sent()).not.toContain("apply ConfigMap/b");
});

test("apply() names a missing namespace, an object without one, a kind that is not served, and a twin", async () => {
  await using lab = await applyLab();
  const elsewhere = (name: string, namespace?: string) =>
    owned({ apiVersion: "v1", kind: "ConfigMap", metadata: namespace === undefined ? { name } : { name, namespace } });
  const foo = owned({ apiVersion: "example.com/v1", kind: "Foo", metadata: { name: "f", namespace: "default" } });
  const error = await applyError(lab.apply([foo, elsewhere("b"), ownedConfigMap("c"), ownedConfigMap("c")]));
  expect(error.message.split("\n")).toEqual([
    'Foo/default/f not found: no matches for kind "Foo" in version "example.com/v1"',
    "ConfigMap/b namespace not specified: ConfigMap is a namespaced kind",
    "ConfigMap/default/c is given twice",
  ]);
  const missing = await applyError(lab.apply([elsewhere("a", "nowhere"), elsewhere("b", "nowhere")]));
  expect(missing.message).toContain('ConfigMap/nowhere/b not found: namespaces "nowhere" not found');
  expect(missing).toMatchObject({ data: { failures: [{ reason: "NotFound" }, { reason: "NotFound" }] } });
});

test("apply() masks a Secret's values in what the server says of it, and keeps no cause that repeats them", async () => {
  await using lab = await applyLab();
  lab.fault = ({ verb }) => (verb === "apply" ? { fail: refusal('data: Invalid value: "canary-value"') } : undefined);
  const secret = owned({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "s", namespace: "default" },
    stringData: { p: "canary-value" },
  });
  const error = await applyError(lab.apply([secret]));
  expect(error.message).toContain("Secret/default/s dry-run failed (Invalid)");
  expect(JSON.stringify([error.message, error.data])).not.toContain("canary");
  expect(error).toMatchObject({ data: { failures: [expect.not.objectContaining({ cause: expect.anything() })] } });
});

test("apply() announces what it will create before the first write, once, and not what is stored already", async () => {
  await using lab = await applyLab();
  const announced: string[][] = [];
  const onIntent = async (missing: readonly { id: string }[]) => {
    announced.push(missing.map(({ id }) => id));
    announced.push(lab.sent().filter((call) => call.startsWith("apply")));
  };
  await lab.apply(abc("1"), { inventory: [{ id: "default_b__ConfigMap", v: "v1" }], onIntent });
  await lab.apply(abc("2"), { onIntent });
  expect(announced).toEqual([["default_a__ConfigMap", "default_c__ConfigMap"], []]);
});

test("apply() announces nothing if the trial fails", async () => {
  await using lab = await applyLab();
  await applyError(lab.apply([ownedConfigMap("a"), ownedConfigMap("b", { n: 1 })]));
  expect(lab.inventory).toEqual([]);
});

test("apply() that fails half-way says what it did, so that the inventory can keep it", async () => {
  await using lab = await applyLab({ cluster: { concurrency: 1 } });
  lab.fault = (call) => (isRealApply(call, "b") ? { fail: refusal("quota") } : undefined);
  const error = await applyError(lab.apply(abc("1"), { onIntent: async () => undefined }));
  expect(error.message).toBe("ConfigMap/default/b apply failed (Invalid): quota");
  expect(unionInventory([], progressOf(error).inventory)).toEqual([{ id: "default_a__ConfigMap", v: "v1" }]);
});

test("apply() counts a write whose answer never came as done", async () => {
  await using lab = await applyLab({ cluster: { concurrency: 1 } });
  const facts = { status: 0, reason: "ECONNRESET", message: "", causes: [] };
  lab.fault = (call) =>
    isRealApply(call, "b") ? { lose: new KubeError("UNAVAILABLE", "connection reset", facts) } : undefined;
  const error = await applyError(lab.apply(abc("1")));
  expect(progressOf(error).inventory.map(({ id }) => id)).toEqual(["default_a__ConfigMap", "default_b__ConfigMap"]);
  lab.fault = () => undefined;
  expect(actions(await lab.apply(abc("1"))).sort()).toEqual(["a unchanged", "b unchanged", "c created"]);
});

test("apply() does not blame the objects when the server cannot be reached", async () => {
  await using lab = await applyLab({ cluster: { concurrency: 1 } });
  const facts = { status: 503, reason: "ServiceUnavailable", message: "", causes: [] };
  const down = new KubeError("UNAVAILABLE", "server is shutting down", facts);
  lab.fault = (call) => (isRealApply(call, "b") ? { fail: down } : undefined);
  const error = await applyError(lab.apply(abc("1")));
  expect(error).toMatchObject({ code: "UNREACHABLE", cause: down });
  expect(actions(progressOf(error))).toEqual(["a created"]);
  lab.fault = ({ verb }) => (verb === "apply" ? { fail: down } : undefined);
  expect(await applyError(lab.apply(abc("2")))).toMatchObject({ code: "UNREACHABLE" });
});

test("apply() masks a Secret's values in warnings, too", async () => {
  await using lab = await applyLab();
  const secret = owned({
    ...{ apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "default" } },
    ...{ stringData: { p: "canary" }, canary: 1 },
  });
  const { warnings } = await lab.apply([secret]);
  expect(warnings.map(({ message }) => message)).toEqual(['unknown field "*****"']);
});

test("apply() that is interrupted ends at the next object boundary", async () => {
  await using lab = await applyLab({ cluster: { concurrency: 1 } });
  const controller = new AbortController();
  lab.fault = (call) => {
    if (isRealApply(call, "b")) controller.abort(new Error("newer revision"));
    return undefined;
  };
  const error = await applyError(lab.apply(abc("1"), { signal: controller.signal }));
  expect(error).toMatchObject({ code: "INTERRUPTED", cause: { message: "newer revision" } });
  expect(actions(progressOf(error))).toEqual(["a created", "b created"]);
  await expect(lab.others.get(configMapRef("c"))).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("apply() writes nothing more once it may not", async () => {
  await using lab = await applyLab({ cluster: { concurrency: 1 } });
  let leading = true;
  lab.fault = (call) => {
    if (isRealApply(call, "a")) leading = false;
    return undefined;
  };
  const error = await applyError(lab.apply(abc("1"), { canWrite: () => leading }));
  expect(error.code).toBe("NOT_LEADING");
  expect(actions(progressOf(error))).toEqual(["a created"]);
  const never = await applyError(lab.apply(abc("2"), { canWrite: () => false }));
  expect(progressOf(never).changes.filter(({ action }) => action === "configured")).toEqual([]);
});

test("apply() by a new process finds out by trials that nothing changed, and writes nothing", async () => {
  await using lab = await applyLab({ aheadMs: 3_600_000 });
  await lab.apply(abc("1"));
  const before = await lab.others.list({ apiVersion: "v1", kind: "ConfigMap" });
  lab.sent();
  const fresh = lab.restarted();
  expect(fresh.isSteady(labOwner)).toBe(false);
  const request = {
    owner: labOwner,
    objects: abc("1"),
    inventory: lab.inventory,
    force: false,
    onIntent: async () => undefined,
    canWrite: () => true,
  };
  const result = await fresh.apply(request, new AbortController().signal);
  expect(actions(result).sort()).toEqual(["a unchanged", "b unchanged", "c unchanged"]);
  expect(lab.sent().sort()).toEqual(["apply ConfigMap/a", "try ConfigMap/b", "try ConfigMap/c"]);
  expect((await lab.others.list({ apiVersion: "v1", kind: "ConfigMap" })).items).toEqual(before.items);
  expect(fresh.isSteady(labOwner)).toBe(true);
});

test("apply() by a new process applies what changed while no process was there", async () => {
  await using lab = await applyLab({ aheadMs: 3_600_000 });
  await lab.apply(abc("1"));
  await lab.others.patch(
    configMapRef("b"),
    { type: "merge", body: { data: { key: "3" } } },
    { fieldManager: "somebody" },
  );
  await lab.others.delete(configMapRef("c"));
  const request = {
    owner: labOwner,
    objects: abc("1"),
    inventory: lab.inventory,
    force: false,
    onIntent: async () => undefined,
    canWrite: () => true,
  };
  const result = await lab.restarted().apply(request, new AbortController().signal);
  expect(actions(result).sort()).toEqual(["a unchanged", "b configured", "c created"]);
});

const namespace = (name: string) => owned({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
const within = (name: string, data: { [key: string]: string | number } = {}) => {
  const object = ownedConfigMap(name, data);
  return { ...object, metadata: { ...object.metadata, namespace: "team" } };
};

test("apply() creates a namespace first and tries what goes into it afterwards", async () => {
  await using lab = await applyLab();
  const result = await lab.apply([within("a"), within("b"), namespace("team")]);
  expect(actions(result)).toEqual(["team created", "a created", "b created"]);
  expect(lab.sent()).toEqual([
    ...["get Namespace/team", "apply Namespace/team", "get ConfigMap/a", "try ConfigMap/b"],
    ...["apply ConfigMap/a", "apply ConfigMap/b"],
  ]);
});

test("apply() does not create a namespace if an object elsewhere is refused", async () => {
  await using lab = await applyLab();
  const error = await applyError(lab.apply([ownedConfigMap("x", { n: 1 }), within("a"), namespace("team")]));
  expect(error).toMatchObject({ data: { failures: [{ index: 0 }] } });
  await expect(lab.others.get({ apiVersion: "v1", kind: "Namespace", name: "team" })).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
});

const definition = owned({
  ...{
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "foos.example.com" },
  },
  spec: {
    ...{
      group: "example.com",
      scope: "Namespaced",
      names: { kind: "Foo", plural: "foos", singular: "foo", listKind: "FooList" },
    },
    versions: [
      {
        ...{ name: "v1", served: true, storage: true },
        schema: {
          openAPIV3Schema: {
            type: "object",
            properties: { spec: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
          },
        },
      },
    ],
  },
});
const foo = owned({
  apiVersion: "example.com/v1",
  kind: "Foo",
  metadata: { name: "f", namespace: "default" },
  spec: { n: 1 },
});

test("apply() takes a definition and an object of its kind in one go", async () => {
  await using lab = await applyLab();
  expect(actions(await lab.apply([foo, definition]))).toEqual(["foos.example.com created", "f created"]);
  lab.sent();
  expect(actions(await lab.apply([foo, definition]))).toEqual(["foos.example.com unchanged", "f unchanged"]);
  expect(lab.sent()).toEqual([]);
});

test("apply() gives up on a definition that does not become ready in time, and begins no later stage", async () => {
  await using lab = await applyLab();
  lab.fault = ({ verb, target }) =>
    verb === "list" && target.kind === "CustomResourceDefinition" ? { hold: new Promise(() => undefined) } : undefined;
  const applying = applyError(lab.apply([foo, definition], { stageTimeoutMs: 2_000 }));
  await until(() => lab.clock.pending().includes(5_000));
  await lab.clock.advance(5_000); // the metadata watch is given up
  await until(() => lab.clock.pending().includes(2_000));
  await lab.clock.advance(2_000);
  const error = await applying;
  expect(error.code).toBe("STAGE_NOT_READY");
  expect(error.message).toContain("timeout waiting for: [CustomResourceDefinition/foos.example.com status: 'Unknown'");
  expect(progressOf(error).inventory).toHaveLength(1);
});

function isRealApply({ verb, dryRun, target }: ClientCall, name: string): boolean {
  return verb === "apply" && !dryRun && target.name === name;
}
