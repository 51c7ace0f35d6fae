import { expect, test } from "vitest";
import { parsePath } from "./paths.ts";

const core = { kind: "resource", group: "", version: "v1" };
const apps = { kind: "resource", group: "apps", version: "v1" };

test.each([
  ["/api/v1", { kind: "version", group: "", version: "v1" }],
  ["/apis/apps/v1/", { kind: "version", group: "apps", version: "v1" }],
  ["/api/v1/pods", { ...core, plural: "pods" }],
  ["/api/v1/namespaces", { ...core, plural: "namespaces" }],
  ["/api/v1/namespaces/a", { ...core, plural: "namespaces", name: "a" }],
  ["/api/v1/namespaces/a/status", { ...core, plural: "namespaces", name: "a", subresource: "status" }],
  ["/api/v1/namespaces/a/finalize", { ...core, plural: "namespaces", name: "a", subresource: "finalize" }],
  ["/api/v1/namespaces/a/pods", { ...core, plural: "pods", namespace: "a" }],
  [
    "/api/v1/namespaces/a/pods/b/eviction",
    { ...core, plural: "pods", namespace: "a", name: "b", subresource: "eviction" },
  ],
  ["/apis/apps/v1/namespaces/a/deployments/b", { ...apps, plural: "deployments", namespace: "a", name: "b" }],
  ["/apis/apps/v1/namespaces/a/deployments/b%3Ac", { ...apps, plural: "deployments", namespace: "a", name: "b:c" }],
  ["/apis/apps", { kind: "other", path: "/apis/apps" }],
  ["/healthz", { kind: "other", path: "/healthz" }],
  ["/", { kind: "other", path: "/" }],
  ["/api/v1/namespaces/a/pods/b/c/d", undefined],
  ["/api/v1/namespaces/a/pods/b%2fc", undefined],
  ["/api/v1/%zz", undefined],
])("the path %s is read as %j", (path, expected) => {
  expect(parsePath(path)).toEqual(expected);
});
