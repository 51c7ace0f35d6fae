import { type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { contentHash, goJson } from "./content-hash.ts";
import { compiledInSchema } from "./kubernetes-schema.ts";
import { Resource } from "./resource.ts";

const schema = compiledInSchema();

function hashOf(value: JsonObject): string {
  return contentHash(new Resource(value, { origin: { file: "x" }, schema }));
}

test("contentHash() is that of kustomize: an empty ConfigMap", () => {
  expect(hashOf({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "any" } })).toBe("6ct58987ht");
});

test("contentHash() depends on data, kind and a Secret's type, not on name or labels", () => {
  const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { k: "v" } };
  expect(hashOf({ ...map, metadata: { name: "b", labels: { x: "y" } } })).toBe(hashOf(map));
  expect(hashOf({ ...map, data: { k: "w" } })).not.toBe(hashOf(map));
  expect(hashOf({ ...map, binaryData: { b: "eA==" } })).not.toBe(hashOf(map));
  const secret = { ...map, kind: "Secret", type: "Opaque" };
  expect(hashOf({ ...secret, type: "kubernetes.io/tls" })).not.toBe(hashOf(secret));
});

test("goJson() sorts keys and escapes what could end a script", () => {
  expect(goJson({ b: "<a>&\u2028", a: [1, null, 2n ** 60n] })).toBe(
    '{"a":[1,null,1152921504606846976],"b":"\\u003ca\\u003e\\u0026\\u2028"}',
  );
});
