import { expect, test } from "vitest";
import { definitionOfKind, definitionsOf } from "./definitions.ts";

test("definitionOfKind() finds a kind by group, version and name", () => {
  expect(definitionOfKind("v1", "Pod")).toBe("io.k8s.api.core.v1.Pod");
  expect(definitionOfKind("apps/v1", "Deployment")).toBe("io.k8s.api.apps.v1.Deployment");
  expect(definitionOfKind("apps/v1", "Pod")).toBeUndefined();
});

test("definitionsOf() is closed: what it refers to is in it", () => {
  const found = definitionsOf("policy/v1");
  const references = [...JSON.stringify(found).matchAll(/#\/components\/schemas\/([^"]+)/g)].map(([, name]) => name);
  expect(references.length).toBeGreaterThan(5);
  for (const name of references) expect(Object.keys(found)).toContain(name);
});

test("definitionsOf() has nothing of other groups' kinds", () => {
  expect(Object.keys(definitionsOf("coordination.k8s.io/v1"))).toContain("io.k8s.api.coordination.v1.Lease");
  expect(Object.keys(definitionsOf("coordination.k8s.io/v1"))).not.toContain("io.k8s.api.core.v1.Pod");
});
