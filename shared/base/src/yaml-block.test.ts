import { expect, test } from "vitest";
import { parseYaml } from "./yaml.ts";
import { refolded } from "./yaml-block.ts";

const FOLDS: readonly (readonly [promise: string, text: string, result: string])[] = [
  ["keeps lines that fold", "a b\nc\n", "a b\nc\n"],
  ["doubles a break before an indented line", "a\n  b\nc", "a\n\n  b\nc"],
  ["folds what follows a first line that is indented", " a\nb\nc\n", " a\nb c\n"],
  ["keeps text that ends a line with a space, because that is quoted", "a \n  b", "a \n  b"],
  ["adds a break to those that a kept text ends with", "a\n\n", "a\n\n\n"],
];

test.each(FOLDS)("refolded() %s", (_, text, result) => {
  expect(refolded(text)).toBe(result);
});

test("a block scalar that the end of the text cuts off has no line break at its end", () => {
  expect(parseYaml("a: |\n  x\n  y")).toEqual({ a: "x\ny" });
  expect(parseYaml("a: |+\n  x")).toEqual({ a: "x" });
  expect(parseYaml("a: !!str &b >\n  x")).toEqual({ a: "x" });
  expect(parseYaml("a: |\n  x\nb: y")).toEqual({ a: "x\n", b: "y" });
  expect(parseYaml("a: |\n  x\n")).toEqual({ a: "x\n" });
});

test("a text that only looks like a block scalar stays", () => {
  expect(parseYaml("a: 'x |'\nb: \"|\n  x\"")).toEqual({ a: "x |", b: "| x" });
});
