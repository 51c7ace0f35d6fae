import { KubeError } from "@sluice/kube";
import { expect, test } from "vitest";
import { isAboutChange, mayRecreate, probeOf } from "./recreate.ts";

const ref = (apiVersion: string, kind: string) => ({ apiVersion, kind, name: "x" });
const facts = (message: string, status = 422) => ({ status, reason: "", message, causes: [] });

test.each([
  ["v1", "Namespace"],
  ["v1", "PersistentVolumeClaim"],
  ["v1", "PersistentVolume"],
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition"],
])("mayRecreate() spares %s %s unless the object itself asks for it", (apiVersion, kind) => {
  expect(mayRecreate({ ref: ref(apiVersion, kind), policy: {} }, true)).toBe(false);
  expect(mayRecreate({ ref: ref(apiVersion, kind), policy: { force: true } }, false)).toBe(true);
});

test("mayRecreate() follows spec.force for everything else", () => {
  expect(mayRecreate({ ref: ref("apps/v1", "Deployment"), policy: {} }, true)).toBe(true);
  expect(mayRecreate({ ref: ref("apps/v1", "Deployment"), policy: {} }, false)).toBe(false);
});

test("isAboutChange() is true for refused content and for what any admission calls immutable", () => {
  expect(isAboutChange(new KubeError("INVALID", "x", facts("spec.replicas: Invalid value: -1")))).toBe(true);
  expect(isAboutChange(new KubeError("FORBIDDEN", "x", facts("denied: field is immutable", 403)))).toBe(true);
  expect(isAboutChange(new KubeError("FORBIDDEN", "x", facts("quota exceeded", 403)))).toBe(false);
});

test.each(["x", "web", "web-frontend-1", "a".repeat(63)])(
  "probeOf() gives %s another name of the same length",
  (name) => {
    const { metadata } = probeOf({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    expect(metadata.name).not.toBe(name);
    expect(metadata.name).toHaveLength(name.length);
    expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
  },
);

test("probeOf() leaves out what two Services cannot share, and keeps a headless one headless", () => {
  const service = (spec: object) => ({ apiVersion: "v1", kind: "Service", metadata: { name: "s" }, spec: { ...spec } });
  const probe = probeOf(
    service({ clusterIP: "10.0.0.1", clusterIPs: ["10.0.0.1"], ports: [{ port: 80, nodePort: 30080 }] }),
  );
  expect(probe["spec"]).toEqual({ ports: [{ port: 80 }] });
  expect(probeOf(service({ clusterIP: "None" }))["spec"]).toEqual({ clusterIP: "None" });
});
