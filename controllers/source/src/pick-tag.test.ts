import { expect, test } from "vitest";
import { bestTags } from "./pick-tag.ts";

const tags = (...names: string[]) => names.map((name, i) => ({ name, commit: String(i).padStart(40, "0") }));
const best = (range: string, ...names: string[]) => bestTags(range, tags(...names)).map(({ name }) => name);

test.each([
  ["1.x", ["1.9.0", "1.10.0", "2.0.0"], ["1.10.0"]],
  [">=1.0.0", ["v1.0.0", "v2.0.0-rc.1"], ["v1.0.0"]],
  [">=1.0.0-0", ["v1.0.0", "v2.0.0-rc.1"], ["v2.0.0-rc.1"]],
  ["*", ["v3", "3.1", "latest", "3.0.0.1", "release-4.0.0"], []],
  ["1.0.x", ["v1.0.0", "1.0.0", "1.0.0+b", "1.0.0+a", "0.9.0"], ["1.0.0", "1.0.0+a", "1.0.0+b", "v1.0.0"]],
  ["1.x", [], []],
])("bestTags() of %s in %j is %j", (range, names, wanted) => {
  expect(best(range, ...names)).toEqual(wanted);
});

test("bestTags() refuses what is not a range", () => {
  expect(() => bestTags("not a range", [])).toThrow(expect.objectContaining({ code: "RANGE_INVALID" }) as Error);
});
