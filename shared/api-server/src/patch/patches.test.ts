import { type KubeObject } from "@sluice/api";
import { type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { builtInSchema } from "../schema/built-in-schema.ts";
import { ObjectError } from "../schema/errors.ts";
import { type KindSchema } from "../schema/kind-schema.ts";
import { jsonPatch } from "./json-patch.ts";
import { mergePatch } from "./merge-patch.ts";
import { strategicMergePatch } from "./strategic-merge-patch.ts";

const schema = builtInSchema("v1", "Pod") as KindSchema;
const pod = (): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p" },
  spec: {
    containers: [
      { name: "a", image: "1" },
      { name: "b", image: "2" },
    ],
  },
});
const plain = (text: string): Json => JSON.parse(text) as Json;

test("no patch changes its target", () => {
  const target = pod();
  jsonPatch(target, [
    { op: "remove", path: "/spec" },
    { op: "add", path: "/spec", value: {} },
    { op: "add", path: "/spec/x", value: 1 },
  ]);
  mergePatch(target, { spec: { containers: null, x: { y: 1 } } });
  strategicMergePatch(
    target,
    {
      spec: {
        containers: [
          { name: "a", image: "9" },
          { name: "b", $patch: "delete" },
        ],
      },
    },
    schema,
  );
  expect(target).toEqual(pod());
});

test("no patch changes itself", () => {
  const strategic = { spec: { $retainKeys: ["containers"], containers: [{ name: "a", $patch: "delete" }] } };
  const before = JSON.stringify(strategic);
  strategicMergePatch(pod(), strategic, schema);
  expect(JSON.stringify(strategic)).toBe(before);
});

test("a key named __proto__ is data in every kind of patch", () => {
  const value = plain('{"metadata":{"__proto__":{"polluted":true}}}');
  expect(JSON.stringify(mergePatch({ metadata: {} }, value))).toBe('{"metadata":{"__proto__":{"polluted":true}}}');
  const patched = jsonPatch({ a: {} }, [{ op: "add", path: "/a/__proto__", value: { polluted: true } }]);
  expect(JSON.stringify(patched)).toBe('{"a":{"__proto__":{"polluted":true}}}');
  expect(() => jsonPatch({ a: {} }, [{ op: "add", path: "/a/__proto__/polluted", value: 1 }])).toThrow(ObjectError);
  strategicMergePatch(pod(), value as never, schema);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("jsonPatch() refuses more than ten thousand operations with 413", () => {
  const operations = Array.from({ length: 10_001 }, () => ({ op: "test", path: "/a", value: 1 }));
  try {
    jsonPatch({ a: 1 }, operations);
    expect.unreachable();
  } catch (error) {
    expect((error as ObjectError<"PATCH_INVALID">).data.status).toBe(413);
  }
});

test("jsonPatch() applies all operations or none", () => {
  const target = { a: 1 };
  expect(() =>
    jsonPatch(target, [
      { op: "add", path: "/b", value: 2 },
      { op: "remove", path: "/c" },
    ]),
  ).toThrow(ObjectError);
  expect(target).toEqual({ a: 1 });
});

test("jsonPatch() keeps integers that no double can hold", () => {
  const big = 9007199254740993n;
  expect(jsonPatch({ a: big }, [{ op: "copy", from: "/a", path: "/b" }])).toEqual({ a: big, b: big });
});

test("mergePatch() is the identity for an empty patch", () => {
  expect(mergePatch(pod(), {})).toEqual(pod());
});

test("strategicMergePatch() of a list that the pod lacks adds it without its directives", () => {
  const result = strategicMergePatch(
    pod(),
    {
      spec: {
        volumes: [
          { name: "v", emptyDir: {} },
          { name: "w", $patch: "delete" },
        ],
      },
    },
    schema,
  );
  expect((result["spec"] as { volumes: Json }).volumes).toEqual([{ name: "v", emptyDir: {} }]);
});

test("strategicMergePatch() merges unknown fields as plain JSON when only the patch has them", () => {
  const result = strategicMergePatch(pod(), { extra: { a: [{ b: 1 }] } }, schema);
  expect(result["extra"]).toEqual({ a: [{ b: 1 }] });
});
