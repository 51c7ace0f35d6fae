import { expect, test } from "vitest";
import { parseLabelSelector } from "./label-selector.ts";

const matching = (selector: string, labels: { [key: string]: string }) => parseLabelSelector(selector)(labels);

test.each([
  ["", {}, true],
  ["a=b", { a: "b" }, true],
  ["a==b", { a: "c" }, false],
  ["a=", { a: "" }, true],
  ["a=,b=c", { a: "", b: "c" }, true],
  ["a!=b", {}, true],
  ["a!=b", { a: "b" }, false],
  ["a in (b,c)", { a: "c" }, true],
  ["a in (b, c)", { a: "d" }, false],
  ["a in ()", { a: "" }, true],
  ["a notin (b)", {}, true],
  ["a notin (b)", { a: "b" }, false],
  ["a", { a: "" }, true],
  ["a", {}, false],
  ["!a", {}, true],
  ["! a", { a: "1" }, false],
  ["a>1", { a: "2" }, true],
  ["a<1", { a: "2" }, false],
  ["a>1", { a: "x" }, false],
  ["example.com/a=b, c", { "example.com/a": "b", c: "" }, true],
  ["in in (in)", { in: "in" }, true],
] as const)("the selector %j on labels %j gives %j", (selector, labels, expected) => {
  expect(matching(selector, labels)).toBe(expected);
});

test.each([
  ["a in b", "unable to parse requirement: found 'b' expected: '('"],
  ["a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
  ["=b", "unable to parse requirement: found '=', expected: !, identifier, or 'end of string'"],
  ["a,", "unable to parse requirement: found '', expected: identifier after ','"],
])("the selector %j is refused", (selector, message) => {
  expect(() => parseLabelSelector(selector)).toThrow(message);
});

test.each(["-a=b", "a/b/c=d", "a=b/c", `a=${"x".repeat(64)}`, "A_.com/x=y"])(
  "the selector %j is refused: no such label can be",
  (selector) => {
    expect(() => parseLabelSelector(selector)).toThrow(/unable to parse requirement: .*Invalid value/);
  },
);

test("inherited names are no labels", () => {
  expect(matching("constructor", {})).toBe(false);
  expect(matching("!toString", {})).toBe(true);
});
