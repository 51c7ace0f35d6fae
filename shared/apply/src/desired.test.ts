import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { desiredOf, normalise } from "./desired.ts";

const object = (kind: string, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: "v1",
  kind,
  metadata: { name: "x", namespace: "default" },
  ...more,
});

test("normalise() merges stringData into data, where stringData wins, and leaves the original alone", () => {
  const secret = object("Secret", { data: { a: "b2xk", b: "Yg==" }, stringData: { a: "new", c: "ü" } });
  const before = structuredClone(secret);
  expect(normalise(secret)).toEqual(object("Secret", { data: { a: "bmV3", b: "Yg==", c: "w7w=" } }));
  expect(secret).toEqual(before);
});

test("normalise() leaves stringData that is not text for the server to refuse", () => {
  const secret = object("Secret", { stringData: { p: 1 } });
  expect(normalise(secret)).toEqual(secret);
});

test("normalise() keeps a key called __proto__ as data", () => {
  const secret = object("Secret", { stringData: JSON.parse('{"__proto__": "x"}') });
  expect(Object.entries(normalise(secret)["data"] ?? {})).toEqual([["__proto__", "eA=="]]);
});

test("normalise() leaves a Secret of another group alone", () => {
  const secret = { ...object("Secret", { stringData: { a: "b" } }), apiVersion: "example.com/v1" };
  expect(normalise(secret)).toEqual(secret);
});

test("normalise() drops status and an empty creationTimestamp, but a definition keeps its status", () => {
  const pod = object("Pod", { metadata: { name: "x", creationTimestamp: null }, status: { phase: "Running" } });
  expect(normalise(pod)).toEqual(object("Pod", { metadata: { name: "x" } }));
  const definition = object("CustomResourceDefinition", { status: { conditions: [] } });
  expect(normalise(definition)).toEqual(definition);
});

test("desiredOf() orders by stage, then kind, and remembers each object's place in the request", () => {
  const objects = [
    object("Deployment"),
    { ...object("StorageClass"), apiVersion: "storage.k8s.io/v1" },
    object("Namespace"),
    object("ConfigMap"),
    { ...object("ClusterRoleBinding"), apiVersion: "rbac.authorization.k8s.io/v1" },
  ];
  const desired = desiredOf(objects, new Set(["ConfigMap"]));
  expect(desired.map(({ ref, index, stage }) => [ref.kind, index, stage])).toEqual([
    ["Namespace", 2, "definitions"],
    ["StorageClass", 1, "classes"],
    ["ConfigMap", 3, "custom"],
    ["ClusterRoleBinding", 4, "rest"],
    ["Deployment", 0, "rest"],
  ]);
});

test("desiredOf() gives equal digests to objects that differ in the order of their keys only", () => {
  const [a] = desiredOf([object("ConfigMap", { data: { a: "1", b: "2" } })], new Set());
  const [b] = desiredOf([object("ConfigMap", { data: { b: "2", a: "1" } })], new Set());
  const [c] = desiredOf([object("ConfigMap", { data: { b: "2", a: "3" } })], new Set());
  expect(a?.digest).toBe(b?.digest);
  expect(a?.digest).not.toBe(c?.digest);
});
