import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ExprError } from "./errors.ts";
import { parseVersion } from "./semver.ts";
import { parseRange } from "./semver-range.ts";

function includes(range: string, text: string): boolean {
  const version = parseVersion(text);
  if (version === undefined) throw new Error(`no version: ${text}`);
  return parseRange(range).includes(version);
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
    return undefined;
  } catch (thrown) {
    return thrown instanceof ExprError ? thrown.code : String(thrown);
  }
}

/** Range, versions inside, versions outside. */
const RANGES: readonly (readonly [string, string, string])[] = [
  ["*", "0.0.0 1.2.3 99.0.0", "1.0.0-rc.1"],
  ["x", "0.0.0 1.2.3", "1.0.0-rc.1"],
  ["1", "1.0.0 1.9.9", "0.9.9 2.0.0 1.5.0-a"],
  ["1.x", "1.0.0 1.9.9", "2.0.0"],
  ["1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"],
  ["1.2.X", "1.2.0 1.2.9", "1.3.0"],
  ["1.2.3", "1.2.3 1.2.3+build", "1.2.4 1.2.2 1.2.3-rc.1"],
  ["=1.2.3", "1.2.3", "1.2.4"],
  ["= v1.2.3", "1.2.3", "1.2.4"],
  ["!=1.2.3", "1.2.2 1.2.4", "1.2.3 1.2.4-rc.1"],
  ["!=1.2", "1.3.0 2.0.0", "1.2.0 1.2.9"],
  ["!=1", "2.0.0 0.1.0", "1.0.0 1.9.9"],
  [">1.2.3", "1.2.4 2.0.0", "1.2.3 1.0.0"],
  [">1", "2.0.0", "1.0.0 1.9.9"],
  [">1.2", "1.3.0", "1.2.0 1.2.9"],
  [">=1.2", "1.2.0 9.0.0", "1.1.9"],
  ["=>1.2", "1.2.0", "1.1.9"],
  ["<2", "1.9.9 0.0.0", "2.0.0 2.1.0"],
  ["<=2", "2.0.0 2.9.9", "3.0.0"],
  ["<=2.1", "2.1.9", "2.2.0 3.0.0"],
  ["=<2.1.0", "2.1.0", "2.1.1"],
  ["~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"],
  ["~>1.2", "1.2.0 1.2.9", "1.3.0"],
  ["~1", "1.0.0 1.9.9", "2.0.0"],
  ["~0.0.0", "0.0.0 5.0.0", "0.0.0-a"],
  ["^1.2.3", "1.2.3 1.9.9", "2.0.0 1.2.2"],
  ["^0.2.3", "0.2.3 0.2.9", "0.3.0 1.0.0"],
  ["^0.0.3", "0.0.3", "0.0.4 0.1.0"],
  ["^0.0", "0.0.0 0.0.9", "0.1.0"],
  ["^0", "0.0.0 0.9.9", "1.0.0"],
  ["^*", "0.0.0", "0.0.1 1.0.0"],
  [">=1.0 <2.0", "1.0.0 1.9.9", "0.9.0 2.0.0"],
  [">=1.0, <2.0", "1.0.0 1.9.9", "0.9.0 2.0.0"],
  [">= 1.0 ,< 2.0", "1.0.0 1.9.9", "0.9.0 2.0.0"],
  ["<1 || >=3", "0.5.0 3.0.0", "1.0.0 2.9.9"],
  ["<1||>=3", "0.5.0 3.0.0", "1.0.0 2.9.9"],
  ["1.2 - 2.3", "1.2.0 2.3.0 2.3.9", "1.1.9 2.4.0"],
  ["1.2.3 - 2.3.4", "1.2.3 2.3.4", "1.2.2 2.3.5"],
  ["1 - 2, 1.5 - 3", "1.5.0 2.9.9", "1.4.0 3.0.0"],
  [">=1.0.0-0", "1.0.0-alpha 1.0.0 2.0.0-rc.1", "0.9.0"],
  [">=1.0.0-0 <2", "1.5.0-alpha 2.0.0-rc.1", "2.0.0 3.0.0-alpha"],
  ["^1.0.0-0", "1.0.0-alpha 1.5.0-beta", "2.0.0 0.9.0"],
  ["1.0.0-rc.1 || 2", "1.0.0-rc.1 2.1.0", "1.0.0 2.0.0-rc.1"],
];

for (const [range, inside, outside] of RANGES) {
  test(`parseRange() of ${range} includes ${inside} and neither of ${outside}`, () => {
    expect(inside.split(" ").filter((text) => !includes(range, text))).toEqual([]);
    expect(outside.split(" ").filter((text) => includes(range, text))).toEqual([]);
  });
}

const INVALID = [
  "",
  " ",
  "||",
  "1 ||",
  "|| 1",
  "1,",
  ",1",
  "1,,2",
  "a",
  "1.2.3.4",
  "==1",
  "!1",
  "> =1",
  ">=1<2",
  "1 -2",
  "1 - ",
];
const ALSO_INVALID = [
  "- 1",
  "> 1 - 2",
  "0 1 - 2",
  "1 - >=2",
  "xx",
  "1x",
  "1.2.3-01",
  "V1",
  "1|2",
  "18446744073709551616",
  ">=1.0.0-",
];

for (const range of [...INVALID, ...ALSO_INVALID]) {
  test(`parseRange() refuses ${JSON.stringify(range)}`, () => {
    expect(codeOf(() => parseRange(range))).toBe("RANGE_INVALID");
  });
}

test("parseRange() refuses more than 512 characters and more than 32 alternatives", () => {
  expect(codeOf(() => parseRange(">=1.0.0, ".repeat(60) + "<2"))).toBe("RANGE_INVALID");
  expect(codeOf(() => parseRange(Array(33).fill("1").join("||")))).toBe("RANGE_INVALID");
  expect(includes(Array(32).fill("1").join("||"), "1.2.3")).toBe(true);
});

test("parseRange() quotes the range in its error and keeps it as a fact", () => {
  expect(() => parseRange("one")).toThrow('Cannot parse version range "one": improper constraint "one"');
  expect(() => parseRange("one")).toThrow(expect.objectContaining({ code: "RANGE_INVALID", data: { range: "one" } }));
});

type Case = readonly [range: string, version: string, expected: boolean | "no range" | "no version"];
const CASES = JSON.parse(readFileSync(new URL("../testdata/semver.json", import.meta.url), "utf8")) as readonly Case[];

function outcome(range: string, text: string): boolean | string | undefined {
  const version = parseVersion(text);
  const code = codeOf(() => parseRange(range));
  if (code !== undefined) return code === "RANGE_INVALID" ? "no range" : code;
  return version === undefined ? "no version" : parseRange(range).includes(version);
}

test(`parseRange() and parseVersion() agree with Masterminds/semver 3.5.0 on ${CASES.length} generated pairs`, () => {
  const wrong = CASES.filter(([range, version, expected]) => outcome(range, version) !== expected);
  expect(CASES.length).toBeGreaterThan(100);
  expect(wrong).toEqual([]);
});
