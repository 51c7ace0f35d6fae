import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { withoutUndeclared } from "./unknown-fields.ts";

const deployment: KubeObject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "d", namespace: "default" },
  spec: {
    foo: 1,
    "with.dot": { inner: 2 },
    template: {
      spec: { containers: [{ name: "a" }, { name: "c", fooo: 2, ports: [{ containerPort: 80, prot: "x" }] }] },
    },
  },
};
const prefix = "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): ";
const undeclared = (...paths: string[]) =>
  `${prefix}errors:\n${paths.map((path) => `  ${path}: field not declared in schema`).join("\n")}`;

test("withoutUndeclared() drops every field that the server named, and leaves the original alone", () => {
  const before = structuredClone(deployment);
  const found = withoutUndeclared(
    deployment,
    undeclared(
      '.spec.template.spec.containers[name="c"].fooo',
      '.spec.template.spec.containers[name="c"].ports[containerPort=80,protocol="TCP"].prot',
      ".spec.foo",
      ".spec.with.dot.inner",
    ),
  );
  expect(found?.dropped).toHaveLength(4);
  expect(found?.object["spec"]).toEqual({
    "with.dot": {},
    template: { spec: { containers: [{ name: "a" }, { name: "c", ports: [{ containerPort: 80 }] }] } },
  });
  expect(deployment).toEqual(before);
});

test("withoutUndeclared() reads the form with a single complaint", () => {
  const found = withoutUndeclared(deployment, `${prefix}.spec.foo: field not declared in schema`);
  expect(found?.dropped).toEqual([".spec.foo"]);
});

test("withoutUndeclared() gives up if there is any other complaint", () => {
  const mixed = `${undeclared(".spec.foo")}\n  .spec.replicas: expected numeric (int or float), got string`;
  expect(withoutUndeclared(deployment, mixed)).toBeUndefined();
  expect(withoutUndeclared(deployment, 'deployments "d" is forbidden')).toBeUndefined();
});

test("withoutUndeclared() gives up on a path that the object does not have", () => {
  expect(withoutUndeclared(deployment, undeclared(".spec.bar"))).toBeUndefined();
  expect(withoutUndeclared(deployment, undeclared(".metadata.toString"))).toBeUndefined();
});

test("withoutUndeclared() never changes a custom resource", () => {
  const custom = { ...deployment, apiVersion: "example.com/v1" };
  expect(withoutUndeclared(custom, undeclared(".spec.foo"))).toBeUndefined();
});
