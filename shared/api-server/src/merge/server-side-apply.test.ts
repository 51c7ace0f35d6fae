import { type KubeObject, type ManagedFieldsEntry, type OpenApiSchema } from "@sluice/api";
import { expect, test } from "vitest";
import { builtInSchema } from "../schema/built-in-schema.ts";
import { crdSchema } from "../schema/crd-schema.ts";
import { ObjectError } from "../schema/errors.ts";
import { type KindSchema } from "../schema/kind-schema.ts";
import { applyServerSide, isNoOp, trackUpdate } from "./server-side-apply.ts";

const schema = builtInSchema("v1", "ConfigMap") as KindSchema;
const at = (second: number): string => `2024-01-01T00:00:${String(second).padStart(2, "0")}Z`;

function config(data: { [key: string]: string }): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "d" }, data };
}

function apply(live: KubeObject | undefined, applied: KubeObject, manager = "m", now = at(0)): KubeObject {
  return applyServerSide({ ...(live && { live }), applied, manager, force: false, schema, now });
}

const managersOf = (object: KubeObject): ManagedFieldsEntry[] => object.metadata.managedFields ?? [];

test("applyServerSide() moves an applier's time only when its apply changes the object", () => {
  const first = apply(undefined, config({ a: "1" }), "m", at(1));
  const same = apply(first, config({ a: "1" }), "m", at(2));
  const changed = apply(same, config({ a: "2" }), "m", at(3));
  expect([first, same, changed].map((one) => managersOf(one)[0]?.time)).toEqual([at(1), at(1), at(3)]);
});

test("applyServerSide() records a new co-owner though the object stays the same", () => {
  const first = apply(undefined, config({ a: "1" }), "one");
  const second = apply(first, config({ a: "1" }), "two");
  expect(
    managersOf(second)
      .map(({ manager }) => manager)
      .toSorted((a = "", b = "") => a.localeCompare(b)),
  ).toEqual(["one", "two"]);
  expect(isNoOp(first, second)).toBe(false);
});

test("applyServerSide() shares nothing with the stored object or the applied one", () => {
  const live = apply(undefined, config({ a: "1" }));
  const before = JSON.stringify(live);
  const applied = config({ a: "1", b: "2" });
  const result = apply(live, applied);
  (result["data"] as { [key: string]: string })["c"] = "3";
  result.metadata.labels = { x: "y" };
  expect(JSON.stringify(live)).toBe(before);
  expect(applied).toEqual(config({ a: "1", b: "2" }));
});

test("applyServerSide() names every conflicting field and its owner", () => {
  const live = apply(undefined, config({ a: "1", b: "2" }), "one");
  try {
    apply(live, config({ a: "x", b: "y" }), "two");
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectError);
    const { code, data, message } = error as ObjectError<"APPLY_CONFLICT">;
    expect(code).toBe("APPLY_CONFLICT");
    expect(data.conflicts).toEqual([
      { manager: "one", field: ".data.a", message: 'conflict with "one"' },
      { manager: "one", field: ".data.b", message: 'conflict with "one"' },
    ]);
    expect(message).toBe('Apply failed with 2 conflicts: conflicts with "one":\n- .data.a\n- .data.b');
  }
});

test("a refused apply leaves the stored object as it was", () => {
  const live = apply(undefined, config({ a: "1" }), "one");
  const before = JSON.stringify(live);
  expect(() => apply(live, config({ a: "2" }), "two")).toThrow("conflict");
  expect(JSON.stringify(live)).toBe(before);
});

test("data under the key __proto__ is applied, owned and removed like any other", () => {
  const data = JSON.parse('{"__proto__":"1","b":"2"}') as { [key: string]: string };
  const live = apply(undefined, config(data));
  expect(JSON.stringify(live["data"])).toBe('{"__proto__":"1","b":"2"}');
  expect(JSON.stringify(managersOf(live)[0]?.fieldsV1)).toContain('"f:__proto__":{}');
  expect(JSON.stringify(apply(live, config({ b: "2" }))["data"])).toBe('{"b":"2"}');
});

test("an applier is the same in another version of the kind", () => {
  const scaler = builtInSchema("autoscaling/v2", "HorizontalPodAutoscaler") as KindSchema;
  const target = { apiVersion: "apps/v1", kind: "Deployment", name: "a" };
  const object: KubeObject = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h" },
    spec: { maxReplicas: 3, scaleTargetRef: target },
  };
  const fields = { "f:spec": { "f:maxReplicas": {} } };
  const older: ManagedFieldsEntry = {
    manager: "m",
    operation: "Apply",
    apiVersion: "autoscaling/v1",
    fieldsType: "FieldsV1",
    fieldsV1: fields,
  };
  const live = { ...object, metadata: { name: "h", managedFields: [older] } };
  scaler.defaults(live);
  const result = applyServerSide({ live, applied: object, manager: "m", force: false, schema: scaler, now: at(1) });
  expect(managersOf(result).map(({ apiVersion }) => apiVersion)).toEqual(["autoscaling/v2"]);
});

test("trackUpdate() keeps at most ten updaters of a version and merges the oldest", () => {
  let live: KubeObject | undefined;
  for (let index = 0; index < 14; index++) {
    const data = { ...(live?.["data"] as { [key: string]: string } | undefined), [`k${index}`]: "v" };
    live = trackUpdate({ ...(live && { live }), updated: config(data), manager: `m${index}`, schema, now: at(index) });
  }
  const names = managersOf(live as KubeObject).map(({ manager }) => manager);
  expect(names).toHaveLength(10);
  expect(names).toContain("ancient-changes");
  const old = managersOf(live as KubeObject).find(({ manager }) => manager === "ancient-changes");
  expect(Object.keys(old?.fieldsV1?.["f:data"] as object)).toEqual([".", "f:k0", "f:k1", "f:k2", "f:k3", "f:k4"]);
});

test("trackUpdate() ignores malformed managedFields in a request and keeps the stored ones", () => {
  const live = apply(undefined, config({ a: "1" }));
  const updated = config({ a: "1" });
  updated.metadata.managedFields = [
    { manager: "x", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: { bad: {} } },
  ];
  const result = trackUpdate({ live, updated, manager: "u", schema, now: at(1) });
  expect(managersOf(result)).toEqual(managersOf(live));
});

test("trackUpdate() takes over managedFields that a request edits", () => {
  const live = apply(undefined, config({ a: "1" }), "one");
  const updated = config({ a: "1" });
  updated.metadata.managedFields = managersOf(live).map((entry) => ({ ...entry, manager: "renamed" }));
  const result = trackUpdate({ live, updated, manager: "u", schema, now: at(1) });
  expect(managersOf(result).map(({ manager }) => manager)).toEqual(["renamed"]);
});

test("a manager without a name is unknown", () => {
  expect(managersOf(apply(undefined, config({ a: "1" }), "")).map(({ manager }) => manager)).toEqual(["unknown"]);
});

const custom = (atom: OpenApiSchema): KindSchema =>
  crdSchema({
    type: "object",
    properties: { spec: { type: "object", properties: { atom: { type: "object", ...atom } } } },
  });
const fields: OpenApiSchema = { properties: { a: { type: "string" }, b: { type: "string" } } };

test("what became atomic belongs as a whole to whoever owned parts of it", () => {
  const object: KubeObject = { apiVersion: "x.y/v1", kind: "K", metadata: { name: "k" }, spec: { atom: { a: "1" } } };
  const granular = custom(fields);
  const atomic = custom({ ...fields, "x-kubernetes-map-type": "atomic" });
  const live = applyServerSide({ applied: object, manager: "one", force: false, schema: granular, now: at(1) });
  const other = { ...object, spec: { atom: { b: "2" } } };
  expect(() =>
    applyServerSide({ live, applied: other, manager: "two", force: false, schema: atomic, now: at(2) }),
  ).toThrow('conflict with "one": .spec.atom');
});
