import { expect, test } from "vitest";
import { KustomizeError } from "./errors.ts";
import { parseLabelSelector } from "./label-selector.ts";

const LABELS = new Map([
  ["app", "web"],
  ["tier", "front"],
  ["size", "10"],
  ["example.com/a-b", "x"],
  ["empty", ""],
]);

const SELECTORS: readonly (readonly [selector: string, selected: boolean])[] = [
  ["", true],
  ["app=web", true],
  ["app==web", true],
  ["app = web , tier = front", true],
  ["app=api", false],
  ["app!=api", true],
  ["missing!=x", true],
  ["missing=x", false],
  ["empty=", true],
  ["missing=", false],
  ["app in (api, web)", true],
  ["app in (api)", false],
  ["app notin (api),tier", true],
  ["missing notin (a)", true],
  ["missing in (a)", false],
  ["app", true],
  ["!app", false],
  ["!missing", true],
  ["size>9", true],
  ["size < 10", false],
  ["app>1", false],
  ["example.com/a-b=x", true],
];

for (const [selector, selected] of SELECTORS) {
  test(`the selector "${selector}" ${selected ? "selects" : "does not select"}`, () => {
    expect(parseLabelSelector(selector)(LABELS)).toBe(selected);
  });
}

for (const selector of ["a in", "a in (b", "a=b=c", "=b", "a,,b", "a b", "-a=b"]) {
  test(`the selector "${selector}" is refused`, () => {
    expect(() => parseLabelSelector(selector)).toThrow(KustomizeError);
  });
}
