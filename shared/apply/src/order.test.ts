import { expect, test } from "vitest";
import { compareForApply, runsOfOneKind, stageOf } from "./order.ts";

const ref = (apiVersion: string, kind: string, name = "x", namespace?: string) =>
  namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, name, namespace };

test("compareForApply() puts what others stand on first, unknown kinds after the workloads, webhooks last", () => {
  const kinds = [
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
    "Zebra",
    "Ingress",
    "Deployment",
    "Service",
    "Secret",
    "ConfigMap",
    "ServiceAccount",
    "ClusterRole",
    "Namespace",
    "CustomResourceDefinition",
  ];
  const sorted = kinds.map((kind) => ref("v1", kind)).sort(compareForApply);
  expect(sorted.map(({ kind }) => kind)).toEqual([
    "CustomResourceDefinition",
    "Namespace",
    "ClusterRole",
    "ServiceAccount",
    "ConfigMap",
    "Secret",
    "Service",
    "Deployment",
    "Ingress",
    "Zebra",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
  ]);
});

test("compareForApply() breaks ties by namespace, then by name", () => {
  const refs = [ref("v1", "Secret", "b", "b"), ref("v1", "Secret", "a", "b"), ref("v1", "Secret", "z", "a")];
  expect(refs.sort(compareForApply).map(({ namespace, name }) => `${namespace}/${name}`)).toEqual([
    "a/z",
    "b/a",
    "b/b",
  ]);
});

test.each([
  ["apiextensions.k8s.io/v1", "CustomResourceDefinition", "definitions"],
  ["v1", "Namespace", "definitions"],
  ["rbac.authorization.k8s.io/v1", "ClusterRole", "definitions"],
  ["example.com/v1", "Namespace", "rest"],
  ["storage.k8s.io/v1", "StorageClass", "classes"],
  ["example.com/v1", "DatabaseClass", "classes"],
  ["example.com/v1", "Database", "custom"],
  ["v1", "Secret", "custom"],
  ["v1", "ConfigMap", "rest"],
])("stageOf() puts %s %s into the stage %s", (apiVersion, kind, stage) => {
  expect(stageOf({ apiVersion, kind }, new Set(["example.com/Database", "Secret"]))).toBe(stage);
});

test("runsOfOneKind() cuts where the kind changes and keeps the order", () => {
  expect(runsOfOneKind(["a1", "a2", "b1", "a3"], (item) => item.slice(0, 1))).toEqual([["a1", "a2"], ["b1"], ["a3"]]);
  expect(runsOfOneKind([], String)).toEqual([]);
});
