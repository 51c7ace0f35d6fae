import { expect, test } from "vitest";
import { compiledInSchema } from "./kubernetes-schema.ts";

const schema = compiledInSchema();

test("merge keys of built-in kinds are found along a path", () => {
  const spec = schema.typeOf("apps/v1", "Deployment")?.field("spec")?.field("template")?.field("spec");
  const containers = spec?.field("containers");
  expect(containers?.mergeKeys).toEqual(["name"]);
  expect(containers?.elements()?.field("ports")?.mergeKeys).toEqual(["containerPort", "protocol"]);
  expect(containers?.elements()?.field("command")?.mergeKeys).toBeUndefined();
  expect(spec?.field("tolerations")?.mergeKeys).toBeUndefined();
});

test("lists of scalars that merge have no keys", () => {
  expect(schema.typeOf("v1", "Pod")?.field("metadata")?.field("finalizers")?.mergeKeys).toEqual([]);
});

test("unknown kinds, fields and names of Object.prototype have no type", () => {
  expect(schema.typeOf("example.com/v1", "Foo")).toBeUndefined();
  expect(schema.typeOf("v1", "constructor")).toBeUndefined();
  expect(schema.typeOf("v1", "Pod")?.field("spec")?.field("toString")).toBeUndefined();
});

test("scopes are known for built-in kinds only", () => {
  expect(schema.isClusterScoped("v1", "Namespace")).toBe(true);
  expect(schema.isClusterScoped("rbac.authorization.k8s.io/v1", "ClusterRole")).toBe(true);
  expect(schema.isClusterScoped("v1", "Pod")).toBe(false);
  expect(schema.isClusterScoped("example.com/v1", "ClusterThing")).toBe(false);
});
