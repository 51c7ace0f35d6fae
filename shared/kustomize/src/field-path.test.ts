import { isObject, parseYaml, type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { FieldPathError, findFields, lookUp, splitFieldPath, type LeafKind } from "./field-path.ts";

const SPLITS: readonly (readonly [path: string, parts: string[]])[] = [
  ["a.b.c", ["a", "b", "c"]],
  ["a.[name=x.y].b", ["a", "[name=x.y]", "b"]],
  ["metadata.annotations.[example.com/x]", ["metadata", "annotations", "example.com/x"]],
  ["a.b\\.c.d", ["a", "b.c", "d"]],
  ["a.0.*", ["a", "0", "*"]],
];

for (const [path, parts] of SPLITS) {
  test(`splitFieldPath() splits ${path}`, () => {
    expect(splitFieldPath(path)).toEqual(parts);
  });
}

const OBJECT = "{list: [{name: ab, v: 1}, {name: b, v: 2}], texts: [x, yx], map: {k: 1}, none: null}";

test("lookUp() follows names, indexes, the last element and element matches", () => {
  const value = parseYaml(OBJECT);
  const at = (path: string) => lookUp(value, splitFieldPath(path));
  expect([at("list.1.v"), at("list.-.v"), at("list.[name=b].v"), at("map.k"), at("texts.[=x]")]).toEqual([
    2,
    2,
    2,
    1,
    "x",
  ]);
  expect([at("list.9"), at("map.nope"), at("none.x"), at("map.toString")]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(() => at("map.0")).toThrow(FieldPathError);
  expect(() => at("list.*")).toThrow("cannot lead to a single value");
});

function found(path: string, create?: LeafKind): { fields: Json[]; object: Json } {
  const object = parseYaml(OBJECT);
  if (!isObject(object)) throw new Error("an object is due");
  return { fields: findFields(object, splitFieldPath(path), create).map((slot) => slot.value), object };
}

test("findFields() takes every element that a pattern is found in, or all", () => {
  expect(found("list.[name=b].v").fields).toEqual([1, 2]);
  expect(found("list.[name=^b].v").fields).toEqual([2]);
  expect(found("list.*.v").fields).toEqual([1, 2]);
  expect(found("texts.[=y]").fields).toEqual(["yx"]);
  expect(found("map.nope").fields).toEqual([]);
});

test("findFields() makes what is missing if it is asked to", () => {
  expect(found("map.a.b", "scalar").object).toMatchObject({ map: { k: 1, a: { b: null } } });
  expect(found("map.l.0.x", "mapping").object).toMatchObject({ map: { l: [{ x: {} }] } });
  expect(found("list.[name=new].v", "scalar").object).toMatchObject({ list: [{}, {}, { name: "new", v: null }] });
  expect(found("texts.[=q]", "scalar").object).toMatchObject({ texts: ["x", "yx", "q"] });
});

for (const path of ["map.*", "map.[k=1]", "list.v", "texts.5", "list.[name]"]) {
  test(`findFields() refuses ${path}`, () => {
    expect(() => found(path)).toThrow(FieldPathError);
  });
}
