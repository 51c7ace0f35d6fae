import { expect, test } from "vitest";
import { displayPath, lostFields, ownersOf, unionFields } from "./fields.ts";

const app = 'k:{"name":"app"}';
const before = {
  "f:metadata": { "f:labels": { "f:a": {} } },
  "f:spec": {
    "f:replicas": {},
    "f:containers": { [app]: { ".": {}, "f:image": {}, "f:name": {} } },
    "f:finalizers": { 'v:"x"': {} },
  },
};

test("unionFields() has the fields of both and changes neither", () => {
  const more = { "f:spec": { "f:replicas": {}, "f:paused": {} } };
  const copy = structuredClone(before);
  const union = unionFields(before, more);
  expect(union).toEqual({ ...before, "f:spec": { ...before["f:spec"], "f:paused": {} } });
  expect(before).toEqual(copy);
});

test("lostFields() names the leaves that are missing", () => {
  const after = {
    ...before,
    "f:spec": { "f:containers": { [app]: { ".": {}, "f:name": {} } }, "f:finalizers": { 'v:"x"': {} } },
  };
  expect(lostFields(before, after, 20).map(displayPath)).toEqual([
    ".spec.replicas",
    '.spec.containers[name="app"].image',
  ]);
  expect(lostFields(before, before, 20)).toEqual([]);
});

test("lostFields() names every leaf below a part that is gone, up to the limit", () => {
  expect(lostFields(before, {}, 20).map(displayPath)).toEqual([
    ".metadata.labels.a",
    ".spec.replicas",
    '.spec.containers[name="app"].image',
    '.spec.containers[name="app"].name',
    '.spec.finalizers["x"]',
  ]);
  expect(lostFields(before, {}, 2)).toHaveLength(2);
});

test("ownersOf() names the other managers of the paths, not our own apply entry", () => {
  const entry = { fieldsV1: { "f:spec": { "f:replicas": {} } } };
  const entries = [
    { manager: "kubectl-scale", operation: "Update" as const, ...entry },
    { manager: "kustomize-controller", operation: "Apply" as const, ...entry },
    { manager: "bystander", operation: "Update" as const, fieldsV1: { "f:status": {} } },
    { manager: "hpa", operation: "Update" as const, ...entry },
  ];
  expect(ownersOf([["f:spec", "f:replicas"]], entries, "kustomize-controller")).toEqual(["hpa", "kubectl-scale"]);
});
