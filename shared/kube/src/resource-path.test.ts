import { expect, test } from "vitest";
import { resourcePath, withQuery } from "./resource-path.ts";

const deployments = {
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
  verbs: [],
  subresources: [],
};
const nodes = { ...deployments, group: "", kind: "Node", plural: "nodes", namespaced: false };

test.each([
  { resource: deployments, place: {}, path: "/apis/apps/v1/deployments" },
  { resource: deployments, place: { namespace: "a" }, path: "/apis/apps/v1/namespaces/a/deployments" },
  {
    resource: deployments,
    place: { namespace: "a", name: "web", subresource: "status" },
    path: "/apis/apps/v1/namespaces/a/deployments/web/status",
  },
  { resource: nodes, place: { namespace: "ignored", name: "n" }, path: "/api/v1/nodes/n" },
  { resource: nodes, place: { name: "a/../b?c#d" }, path: "/api/v1/nodes/a%2F..%2Fb%3Fc%23d" },
  { resource: nodes, place: { name: ".." }, path: "/api/v1/nodes/%00.." },
])("resourcePath() is $path", ({ resource, place, path }) => {
  expect(resourcePath(resource, place)).toBe(path);
});

test("withQuery() leaves out what is undefined and encodes the rest", () => {
  expect(withQuery("/p", { a: undefined })).toBe("/p");
  expect(withQuery("/p", { labelSelector: "a in (b,c)", limit: 5 })).toBe("/p?labelSelector=a+in+%28b%2Cc%29&limit=5");
});
