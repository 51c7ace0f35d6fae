import { expect, test } from "vitest";
import { ApplyError } from "./errors.ts";
import { entryOf, inventoryId, refOfEntry, staleEntries, unionInventory } from "./inventory.ts";

const entries = [
  [{ apiVersion: "v1", kind: "ConfigMap", namespace: "a", name: "b" }, "a_b__ConfigMap", "v1"],
  [{ apiVersion: "apps/v1", kind: "Deployment", namespace: "a", name: "b.c" }, "a_b.c_apps_Deployment", "v1"],
  [{ apiVersion: "v1", kind: "Namespace", name: "n" }, "_n__Namespace", "v1"],
  [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: "system:node:x" },
    "_system__node__x_rbac.authorization.k8s.io_ClusterRole",
    "v1",
  ],
  [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", name: ":x" },
    "___x_rbac.authorization.k8s.io_ClusterRole",
    "v1",
  ],
  [
    { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", namespace: "a", name: "read_only" },
    "a_read_only_rbac.authorization.k8s.io_Role",
    "v1",
  ],
] as const;

test.each(entries)("entryOf() and refOfEntry() are each other's inverse: %j", (ref, id, v) => {
  expect(entryOf(ref)).toEqual({ id, v });
  expect(refOfEntry({ id, v })).toEqual(ref);
});

test.each(["", "_", "__", "___", "a_b_c", "ConfigMap", "a_b__", "a_b_c_d_ConfigMap", "a__Kind", "a___Kind", "../x"])(
  "refOfEntry() refuses the malformed id %j",
  (id) => {
    expect(() => refOfEntry({ id, v: "v1" })).toThrow(ApplyError);
    expect(() => refOfEntry({ id, v: "v1" })).toThrow(/inventory entry/);
  },
);

test("refOfEntry() refuses an entry without a version", () => {
  expect(() => refOfEntry({ id: "a_b__ConfigMap", v: "" })).toThrow(ApplyError);
});

test("inventoryId() does not depend on the version", () => {
  const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "a", name: "b" };
  expect(inventoryId({ ...ref, apiVersion: "apps/v1beta1" })).toBe(inventoryId(ref));
});

test("staleEntries() keeps what is no longer wanted, whatever its version, in the stored order", () => {
  const stored = [
    { id: "c", v: "v1" },
    { id: "a", v: "v1" },
    { id: "b", v: "v1beta1" },
  ];
  expect(staleEntries(stored, [{ id: "b", v: "v1" }])).toEqual([
    { id: "c", v: "v1" },
    { id: "a", v: "v1" },
  ]);
});

test("unionInventory() has every object once, with the newer version", () => {
  const stored = [
    { id: "a", v: "v1beta1" },
    { id: "b", v: "v1" },
  ];
  expect(
    unionInventory(stored, [
      { id: "c", v: "v1" },
      { id: "a", v: "v1" },
    ]),
  ).toEqual([
    { id: "a", v: "v1" },
    { id: "b", v: "v1" },
    { id: "c", v: "v1" },
  ]);
});
