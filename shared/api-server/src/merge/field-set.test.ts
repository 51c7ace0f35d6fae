import fc from "fast-check";
import { expect, test } from "vitest";
import { FieldSet, parseFieldsV1, toFieldsV1 } from "./field-set.ts";

const element = fc.constantFrom("f:a", "f:b", 'k:{"name":"x"}', 'v:"y"', "i:0");
const path = fc.array(element, { minLength: 1, maxLength: 4 });
const fieldSet = fc.array(path, { maxLength: 12 }).map((paths) => FieldSet.of(...paths));

const law = (name: string, holds: (a: FieldSet, b: FieldSet, c: FieldSet) => boolean): void => {
  test(name, () => fc.assert(fc.property(fieldSet, fieldSet, fieldSet, holds)));
};

law("union() does not depend on the order", (a, b) => a.union(b).equals(b.union(a)));
law("union() does not depend on the grouping", (a, b, c) =>
  a
    .union(b)
    .union(c)
    .equals(a.union(b.union(c))),
);
law("intersection() is what two differences leave", (a, b) => a.intersection(b).equals(a.difference(a.difference(b))));
law("difference() has nothing in common with what was taken away", (a, b) => a.difference(b).intersection(b).isEmpty);
law("difference() and intersection() make up the whole", (a, b) => a.difference(b).union(a.intersection(b)).equals(a));
law("recursiveDifference() leaves nothing below what was taken away", (a, b) => {
  const left = [...a.recursiveDifference(b).paths()];
  return left.every((one) => one.every((_, index) => !b.has(one.slice(0, index + 1))));
});
law("has() knows exactly the paths of the set", (a, b) => [...b.paths()].every((one) => a.union(b).has(one)));
law("a set survives the way through FieldsV1", (a) => parseFieldsV1(toFieldsV1(a)).equals(a));

test("operations leave their operands as they were", () => {
  fc.assert(
    fc.property(fieldSet, fieldSet, (a, b) => {
      const before = [a.toString(), b.toString()];
      for (const result of [a.union(b), a.intersection(b), a.difference(b), a.recursiveDifference(b)]) {
        FieldSet.of(...result.paths()).insert(["f:new"]);
      }
      return a.toString() === before[0] && b.toString() === before[1];
    }),
  );
});

test("parseFieldsV1() reads a member that has children from its dot", () => {
  const set = parseFieldsV1({ "f:a": { ".": {}, "f:b": {} }, "f:c": { "f:d": {} } });
  expect(set.toString()).toBe(".a\n.a.b\n.c.d");
});

test("parseFieldsV1() takes two spellings of the same keys for the same item", () => {
  const one = parseFieldsV1({ 'k:{"port":80,"protocol":"TCP"}': {} });
  const other = parseFieldsV1({ 'k:{ "protocol": "TCP", "port": 80 }': {} });
  expect(one.equals(other)).toBe(true);
});

test("parseFieldsV1() ignores steps of a kind that it does not know", () => {
  expect(parseFieldsV1({ "x:1": {}, "f:a": {} }).toString()).toBe(".a");
});

for (const bad of ["noColon", "k:{", "k:[]", "v:{", "i:x"]) {
  test(`parseFieldsV1() refuses the step ${bad}`, () => {
    expect(() => parseFieldsV1({ [bad]: {} })).toThrow(SyntaxError);
  });
}

test("toFieldsV1() writes fields before keys before values before indices", () => {
  const set = FieldSet.of(["i:0"], ['v:"a"'], ['k:{"name":"x"}'], ["f:b"], ["f:a"]);
  expect(Object.keys(toFieldsV1(set))).toEqual(["f:a", "f:b", 'k:{"name":"x"}', 'v:"a"', "i:0"]);
});

test("a field named __proto__ is a field like any other", () => {
  const set = FieldSet.of(["f:data", "f:__proto__"]);
  expect(JSON.stringify(toFieldsV1(set))).toBe('{"f:data":{"f:__proto__":{}}}');
  expect(parseFieldsV1(toFieldsV1(set)).has(["f:data", "f:__proto__"])).toBe(true);
});
