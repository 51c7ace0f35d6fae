import { expect, test } from "vitest";
import { foldPatch } from "./ownership.ts";

const managers = { self: "kustomize-controller", overridden: [] };
const kubectl = {
  manager: "kubectl-client-side-apply",
  operation: "Update" as const,
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
  fieldsType: "FieldsV1" as const,
  fieldsV1: { "f:data": { "f:old": {} } },
};
const other = { ...kubectl, manager: "controller", fieldsV1: { "f:status": {} } };

test("foldPatch() asks for nothing where nothing is to be taken over", () => {
  expect(foldPatch({ name: "x", resourceVersion: "5", managedFields: [other] }, "v1", managers)).toBeUndefined();
  expect(foldPatch({ name: "x" }, "v1", managers)).toBeUndefined();
});

test("foldPatch() makes former managers' fields ours, tied to the version that was read", () => {
  const ours = {
    ...kubectl,
    manager: "kustomize-controller",
    operation: "Apply" as const,
    fieldsV1: { "f:data": { "f:new": {} } },
  };
  const patch = foldPatch({ name: "x", resourceVersion: "5", managedFields: [kubectl, ours, other] }, "v1", managers);
  expect(patch).toEqual([
    { op: "test", path: "/metadata/resourceVersion", value: "5" },
    {
      op: "replace",
      path: "/metadata/managedFields",
      value: [{ ...ours, fieldsV1: { "f:data": { "f:new": {}, "f:old": {} } } }, other],
    },
  ]);
});

test("foldPatch() creates our entry where there is none", () => {
  const patch = foldPatch({ name: "x", resourceVersion: "5", managedFields: [kubectl] }, "v1", managers);
  expect(patch?.[1]).toEqual({
    op: "replace",
    path: "/metadata/managedFields",
    value: [{ ...kubectl, manager: "kustomize-controller", operation: "Apply" }],
  });
});

test("foldPatch() removes what earlier tools left in annotations and labels, and nothing else", () => {
  const patch = foldPatch(
    {
      name: "x",
      resourceVersion: "5",
      managedFields: [kubectl],
      annotations: {
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "fluxcd.io/sync-checksum": "1",
        mine: "2",
      },
      labels: { "fluxcd.io/sync-gc-mark": "1", mine: "2" },
    },
    "v1",
    managers,
  );
  expect(patch?.slice(2)).toEqual([
    { op: "remove", path: "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration" },
    { op: "remove", path: "/metadata/annotations/fluxcd.io~1sync-checksum" },
    { op: "remove", path: "/metadata/labels/fluxcd.io~1sync-gc-mark" },
  ]);
});
