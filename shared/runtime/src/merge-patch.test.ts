import { type JsonObject, parseJson } from "@sluice/base";
import { expect, test } from "vitest";
import { applyMergePatch, mergePatchBetween } from "./merge-patch.ts";

const patches: readonly [string, JsonObject, JsonObject, JsonObject | undefined][] = [
  ["nothing for equal values", { a: 1, b: { c: [1] } }, { b: { c: [1] }, a: 1 }, undefined],
  ["what was added", {}, { a: { b: 1 } }, { a: { b: 1 } }],
  ["null for what was removed", { a: 1, b: 2 }, { b: 2 }, { a: null }],
  ["only the changed member of an object", { a: { b: 1, c: 1 } }, { a: { b: 2, c: 1 } }, { a: { b: 2 } }],
  ["a list as a whole", { a: [1, 2] }, { a: [1] }, { a: [1] }],
  ["an object in place of a text", { a: "x" }, { a: { b: 1 } }, { a: { b: 1 } }],
  ["an empty object", {}, { a: {} }, { a: {} }],
  ["nothing for a null that cannot be stored", { b: 1 }, { b: 1, a: null }, undefined],
];

test.each(patches)("mergePatchBetween() gives %s, and applyMergePatch() takes it back", (_, from, to, patch) => {
  expect(mergePatchBetween(from, to)).toEqual(patch);
  const { a, ...rest } = to;
  expect(applyMergePatch(from, patch)).toEqual(a === null ? rest : to);
});

test("mergePatchBetween() and applyMergePatch() treat __proto__ as a name like any other", () => {
  const to = parseJson('{"__proto__":{"polluted":true}}') as JsonObject;
  const patch = mergePatchBetween({}, to);
  expect(Object.keys(patch ?? {})).toEqual(["__proto__"]);
  expect(Object.keys(applyMergePatch({}, patch))).toEqual(["__proto__"]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("applyMergePatch() changes neither of its arguments", () => {
  const target = { a: { b: 1 } };
  expect(applyMergePatch(target, { a: { c: 2 } })).toEqual({ a: { b: 1, c: 2 } });
  expect(target).toEqual({ a: { b: 1 } });
});
