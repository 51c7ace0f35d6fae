import { expect, test } from "vitest";
import { warningsOf } from "./warnings.ts";

test.each([
  { header: undefined, expected: [] },
  { header: '299 - "policy/v1beta1 is deprecated"', expected: ["policy/v1beta1 is deprecated"] },
  { header: ['299 - "one"', '299 - "two"'], expected: ["one", "two"] },
  { header: '299 - "one, with comma", 299 - "two"', expected: ["one, with comma", "two"] },
  { header: '299 - "unknown field \\"spec.x\\""', expected: ['unknown field "spec.x"'] },
  { header: '299 - "dated" "Wed, 21 Oct 2015 07:28:00 GMT"', expected: ["dated"] },
  { header: "nonsense", expected: [] },
])("warningsOf() reads $header", ({ header, expected }) => {
  expect(warningsOf(header)).toEqual(expected);
});
