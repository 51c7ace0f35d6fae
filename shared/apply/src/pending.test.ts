import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { desiredOf } from "./desired.ts";
import { dependsOn, pendingOf } from "./pending.ts";

const object = (apiVersion: string, kind: string, more: Partial<KubeObject> = {}): KubeObject => ({
  ...{ apiVersion, kind, metadata: { name: "x", namespace: "team" } },
  ...more,
});
const early = [
  object("v1", "Namespace", { metadata: { name: "team" } }),
  object("v1", "Namespace", { metadata: { name: "old" } }),
  object("apiextensions.k8s.io/v1", "CustomResourceDefinition", {
    spec: { group: "example.com", names: { kind: "Foo" } },
  }),
  object("rbac.authorization.k8s.io/v1", "ClusterRole", { metadata: { name: "reader" } }),
  object("scheduling.k8s.io/v1", "PriorityClass", { metadata: { name: "high" } }),
];
const pending = pendingOf(desiredOf(early, new Set()), ({ ref }) => ref.name === "old");
const roleRef = (kind: string, name: string) => ({ roleRef: { apiGroup: "rbac.authorization.k8s.io", kind, name } });
const elsewhere = { metadata: { name: "x", namespace: "default" } };

test.each<[boolean, string, KubeObject]>([
  [true, "an object in a namespace that will be created", object("v1", "ConfigMap")],
  [
    false,
    "an object in a namespace that exists",
    object("v1", "ConfigMap", { metadata: { name: "x", namespace: "old" } }),
  ],
  [false, "an object elsewhere", object("v1", "ConfigMap", elsewhere)],
  [true, "an object of a kind that is being defined", object("example.com/v1", "Foo", elsewhere)],
  [false, "an object of that kind's name in another group", object("other.com/v1", "Foo", elsewhere)],
  [
    true,
    "a binding to a role of this apply",
    object("rbac.authorization.k8s.io/v1", "RoleBinding", { ...elsewhere, ...roleRef("ClusterRole", "reader") }),
  ],
  [
    false,
    "a binding to a namespaced role of that name",
    object("rbac.authorization.k8s.io/v1", "RoleBinding", { ...elsewhere, ...roleRef("Role", "reader") }),
  ],
  [
    true,
    "an object that names a class of this apply",
    object("apps/v1", "Deployment", { ...elsewhere, spec: { template: { spec: { priorityClassName: "high" } } } }),
  ],
  [
    false,
    "an object that names another class",
    object("v1", "Pod", { ...elsewhere, spec: { priorityClassName: "low" } }),
  ],
])("dependsOn() is %j for %s", (expected, _, candidate) => {
  const [desired] = desiredOf([candidate], new Set());
  expect(desired && dependsOn(desired, pending)).toBe(expected);
});

test("pendingOf() survives definitions without the usual fields", () => {
  const odd = [object("apiextensions.k8s.io/v1", "CustomResourceDefinition", { spec: "text" })];
  expect([...pendingOf(desiredOf(odd, new Set()), () => false).kinds]).toEqual([]);
});
