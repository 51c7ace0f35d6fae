import { expect, test } from "vitest";
import { isOlder, isTakenOver, liveOf } from "./live.ts";

const managers = { self: "kustomize-controller", overridden: ["old-tool"] };
const ours = {
  manager: "kustomize-controller",
  operation: "Apply" as const,
  apiVersion: "v1",
  time: "2026-01-01T00:00:00Z",
};

test.each([
  ["9", "10", true],
  ["10", "9", false],
  ["10", "10", false],
  ["18446744073709551615", "18446744073709551616", true],
  ["abc", "5", false],
  ["5", "", false],
])("isOlder(%j, %j) is %j", (a, b, expected) => {
  expect(isOlder(a, b)).toBe(expected);
});

test.each([
  [{ manager: "kubectl-client-side-apply", operation: "Update" as const }, true],
  [{ manager: "kubectl", operation: "Apply" as const }, true],
  [{ manager: "kubectl-edit", operation: "Update" as const }, true],
  [{ manager: "kubectl", operation: "Update" as const, subresource: "scale" }, false],
  [{ manager: "before-first-apply", operation: "Update" as const }, true],
  [{ manager: "kustomize-controller", operation: "Update" as const }, true],
  [{ manager: "kustomize-controller", operation: "Apply" as const }, false],
  [{ manager: "old-tool", operation: "Apply" as const }, true],
  [{ manager: "flux-client-side-apply", operation: "Update" as const }, false],
  [{ manager: "helm", operation: "Update" as const }, false],
])("isTakenOver(%j) is %j", (entry, expected) => {
  expect(isTakenOver(entry, managers)).toBe(expected);
});

test("liveOf() changes its digest with the fields that we own and with nothing else", () => {
  const meta = (fieldsV1: object, more: object = {}) => ({
    name: "x",
    uid: "u",
    managedFields: [
      { ...ours, ...more, fieldsV1: fieldsV1 as { [key: string]: {} } },
      { manager: "hpa", fieldsV1: { "f:x": {} } },
    ],
  });
  const digest = (fields: object, more: object = {}) => liveOf(meta(fields, more), managers).ours;
  const first = digest({ "f:data": { "f:a": {}, "f:b": {} } });
  expect(digest({ "f:data": { "f:b": {}, "f:a": {} } }, { time: "2030-01-01T00:00:00Z" })).toBe(first);
  expect(digest({ "f:data": { "f:a": {} } })).not.toBe(first);
  expect(liveOf({ name: "x", uid: "u" }, managers).ours).toBeUndefined();
});

test("liveOf() needs both owner labels for a claim", () => {
  const labels = { "kustomize.toolkit.fluxcd.io/name": "app", "kustomize.toolkit.fluxcd.io/namespace": "ns" };
  expect(liveOf({ name: "x", labels }, managers).claim).toBe("ns/app");
  expect(liveOf({ name: "x", labels: { "kustomize.toolkit.fluxcd.io/name": "app" } }, managers).claim).toBeUndefined();
});
