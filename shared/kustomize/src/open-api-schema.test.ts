import { type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { build, type BuildOptions } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { memoryTree } from "./file-tree.ts";
import { openApiSchema } from "./open-api-schema.ts";

const gvk = { group: "example.com", version: "v1", kind: "Fleet" };
const named = { "x-kubernetes-group-version-kind": [gvk] };
const ships = {
  type: "array",
  "x-kubernetes-patch-strategy": "merge,retainKeys",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["name", "port"],
  "x-kubernetes-patch-merge-key": "name",
  items: { default: {}, allOf: [{ $ref: "#/components/schemas/com.example.Ship" }] },
};
const ship = {
  type: "object",
  properties: {
    crew: { type: "array", "x-kubernetes-patch-strategy": "merge", items: { type: "string" } },
    inner: { allOf: [{ $ref: "#/components/schemas/com.example.Ship" }] },
  },
};
const get = { "x-kubernetes-group-version-kind": gvk };

/** A document of version 3 as an API server serves it. */
const DOCUMENT: JsonObject = {
  openapi: "3.0.0",
  components: {
    schemas: {
      "com.example.Fleet": { type: "object", properties: { ships }, ...named },
      "com.example.Ship": ship,
    },
  },
  paths: { "/apis/example.com/v1/fleets/{name}": { get } },
};

const FILES = {
  "kustomization.yaml":
    "resources: [fleet.yaml]\nnamespace: sea\npatches: [{patch: '{apiVersion: example.com/v1, kind: Fleet, metadata: {name: f}, ships: [{name: a, port: x, crew: [c]}]}'}]\n",
  "fleet.yaml":
    "{apiVersion: example.com/v1, kind: Fleet, metadata: {name: f}, ships: [{name: a, port: x, size: 1, crew: [b]}, {name: a, port: y}]}",
};

function built(options: BuildOptions): JsonObject | undefined {
  return build(memoryTree(FILES), "", options).objects[0];
}

test("openApiSchema() brings merge keys and scopes of documents of version 3 to a build", () => {
  expect(built({ schema: openApiSchema([DOCUMENT]) })).toEqual({
    apiVersion: "example.com/v1",
    kind: "Fleet",
    metadata: { name: "f" },
    ships: [
      { name: "a", port: "x", size: 1, crew: ["c", "b"] },
      { name: "a", port: "y" },
    ],
  });
});

test("a schema by option has no effect on the next build, even with a shared cache", () => {
  const cache = new BuildCache();
  const before = built({ cache });
  expect(before).toMatchObject({ metadata: { namespace: "sea" }, ships: [{ name: "a", port: "x", crew: ["c"] }] });
  expect(built({ cache, schema: openApiSchema([DOCUMENT]) })).not.toEqual(before);
  expect(built({ cache })).toEqual(before);
});

test("a schema that the kustomization names wins over one by option", () => {
  const files = {
    ...FILES,
    "kustomization.yaml": `${FILES["kustomization.yaml"]}openapi: {path: s.json}\n`,
    "s.json": JSON.stringify({ definitions: { Fleet: { properties: {}, ...named } } }),
  };
  const [object] = build(memoryTree(files), "", { schema: openApiSchema([DOCUMENT]) }).objects;
  expect(object?.["ships"]).toEqual([{ name: "a", port: "x", crew: ["c"] }]);
});

test("openApiSchema() keeps what is compiled in of kinds that the documents lack", () => {
  const schema = openApiSchema([DOCUMENT]);
  expect(schema.isClusterScoped("v1", "Namespace")).toBe(true);
  expect(schema.isClusterScoped("example.com/v1", "Fleet")).toBe(true);
  expect(schema.isClusterScoped("example.com/v1", "Other")).toBe(false);
  expect(schema.typeOf("v1", "Pod")?.field("spec")?.field("containers")?.mergeKeys).toEqual(["name"]);
  expect(schema.typeOf("example.com/v1", "Other")).toBeUndefined();
});

test("openApiSchema() follows a type that contains itself as deep as the object goes", () => {
  const fleet = openApiSchema([DOCUMENT]).typeOf("example.com/v1", "Fleet");
  const element = fleet?.field("ships")?.elements();
  expect(element?.field("inner")?.field("inner")?.field("crew")?.mergeKeys).toEqual([]);
});

test("openApiSchema() gives up on references that lead in a circle", () => {
  const circle = { $ref: "#/definitions/A" };
  const definitions = { Fleet: { properties: { a: circle }, ...named }, A: { $ref: "#/definitions/B" }, B: circle };
  expect(openApiSchema([{ definitions }]).typeOf("example.com/v1", "Fleet")?.field("a")).toBeUndefined();
});
