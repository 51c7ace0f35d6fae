import { cloneJson, parseYaml, type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { compiledInSchema } from "./kubernetes-schema.ts";
import { MergeError } from "./list-merge.ts";
import { strategicMerge } from "./strategic-merge.ts";

const schema = compiledInSchema();

function merged(target: string, patch: string): Json | undefined {
  return strategicMerge(parseYaml(target), parseYaml(patch), { schema });
}

/** A Pod with this spec. */
function pod(spec: string): string {
  return `{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: ${spec}}`;
}

const MERGES: readonly (readonly [promise: string, target: string, patch: string, result: string])[] = [
  ["adds and overwrites fields", "{a: 1, b: 1}", "{b: 2, c: 3}", "{a: 1, b: 2, c: 3}"],
  ["deletes with null", "{a: 1, b: {c: 1, d: 2}}", "{a: null, b: {c: null}}", "{b: {d: 2}}"],
  ["keeps nulls that the patch does not name", "{a: null}", "{b: 1}", "{a: null, b: 1}"],
  ["drops nulls from what it adds", "{}", "{a: {b: null, c: 1}}", "{a: {c: 1}}"],
  ["replaces lists that have no keys", "{a: [1, 2]}", "{a: [3]}", "{a: [3]}"],
  ["deletes a mapping by directive", "{a: {b: 1}, c: 1}", "{a: {$patch: delete}}", "{c: 1}"],
  ["replaces a mapping by directive", "{a: {b: 1}}", "{a: {$patch: replace, c: 1}}", "{a: {c: 1}}"],
  [
    "puts new elements first",
    pod("{containers: [{name: a, image: x}]}"),
    pod("{containers: [{name: b}, {name: a, tty: true}]}"),
    pod("{containers: [{name: b}, {name: a, image: x, tty: true}]}"),
  ],
  [
    "deletes an element by directive",
    pod("{containers: [{name: a}, {name: b}]}"),
    pod("{containers: [{name: a, $patch: delete}]}"),
    pod("{containers: [{name: b}]}"),
  ],
  [
    "replaces a list by a lone directive",
    pod("{containers: [{name: a}]}"),
    pod("{containers: [{$patch: replace}, {name: b}]}"),
    pod("{containers: [{name: b}]}"),
  ],
  [
    "merges lists of scalars as sets",
    "{apiVersion: v1, kind: Pod, metadata: {finalizers: [a, b]}}",
    "{metadata: {finalizers: [c, a]}}",
    "{apiVersion: v1, kind: Pod, metadata: {finalizers: [c, a, b]}}",
  ],
  [
    "knows nothing of custom kinds",
    "{apiVersion: example.com/v1, kind: Pod, spec: {containers: [{name: a}]}}",
    "{spec: {containers: [{name: b}]}}",
    "{apiVersion: example.com/v1, kind: Pod, spec: {containers: [{name: b}]}}",
  ],
];

for (const [promise, target, patch, result] of MERGES) {
  test(`strategicMerge() ${promise}`, () => {
    expect(merged(target, patch)).toEqual(parseYaml(result));
  });
}

test("strategicMerge() returns nothing when the patch deletes the whole object", () => {
  expect(merged("{a: 1}", "{$patch: delete}")).toBeUndefined();
});

const REFUSED: readonly (readonly [target: string, patch: string, message: string])[] = [
  ["{a: 1}", "{a: {b: 1}}", "a mapping where a scalar is due"],
  ["{a: [1]}", "{a: {b: 1}}", "a mapping where a list is due"],
  ["{a: {b: 1}}", "{a: x}", "a scalar where a mapping is due"],
  ["{a: {b: 1}}", "{a: {$patch: zap}}", 'unknown patch strategy "zap"'],
];

for (const [target, patch, message] of REFUSED) {
  test(`strategicMerge() refuses ${patch} on ${target}`, () => {
    expect(() => merged(target, patch)).toThrow(MergeError);
    expect(() => merged(target, patch)).toThrow(message);
  });
}

test("merging an object with an empty patch changes nothing", () => {
  const target = parseYaml(
    pod("{containers: [{name: a, ports: [{containerPort: 80}], env: [{name: A, value: '1'}]}], volumes: []}"),
  );
  expect(strategicMerge(cloneJson(target), {}, { schema })).toEqual(target);
});

test("keys of Object.prototype merge as plain data", () => {
  const result = merged("{a: {__proto__: {x: 1}}}", "{a: {__proto__: {y: 2}, constructor: {z: 3}}}");
  expect(JSON.stringify(result)).toBe('{"a":{"__proto__":{"x":1,"y":2},"constructor":{"z":3}}}');
  expect(({} as Record<string, unknown>)["y"]).toBeUndefined();
});
