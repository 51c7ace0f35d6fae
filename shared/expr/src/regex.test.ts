import { expect, test } from "vitest";
import { compileRegex } from "./regex.ts";

test("compileRegex() matches anywhere by default and the whole text if anchored", () => {
  expect(compileRegex("b+").test("abbc")).toBe(true);
  expect(compileRegex("b+", { anchored: true }).test("abbc")).toBe(false);
  expect(compileRegex("b+", { anchored: true }).test("bb")).toBe(true);
  expect(compileRegex("b|bb", { anchored: true }).test("bb")).toBe(true);
  expect(compileRegex("a|b", { anchored: true }).test("ax")).toBe(false);
  expect(compileRegex("", { anchored: true }).test("")).toBe(true);
  expect(compileRegex("\\Qa.", { anchored: true }).test("a.")).toBe(true);
});

/** Accepted by Go 1.26's regexp, each with a text that matches. */
const ACCEPTED: readonly (readonly [string, string])[] = [
  ["(?P<ts>[0-9]+)", "12"],
  ["(?<ts>[0-9]+)", "12"],
  ["(?i)ABC", "aBc"],
  ["(?s)a.b", "a\nb"],
  ["(?m)^b$", "a\nb"],
  ["(?U)a+", "aa"],
  ["(?i:a)b", "Ab"],
  ["\\pL\\p{Greek}", "aβ"],
  ["[[:alpha:]]+", "x"],
  ["\\Qa.b\\E", "a.b"],
  ["^\\x{1F4A9}$", "💩"],
  ["^.$", "💩"],
  ["\\Aab\\z", "ab"],
  ["a{2,3}", "aa"],
  ["a{,2}", "a{,2}"],
  ["\\bfoo\\b", "a foo b"],
];

for (const [pattern, text] of ACCEPTED) {
  test(`compileRegex() accepts ${pattern} and finds it in ${JSON.stringify(text)}`, () => {
    expect(compileRegex(pattern).test(text)).toBe(true);
  });
}

const REFUSED = [
  "(?=a)",
  "(?!a)",
  "(?<=a)b",
  "(?<!a)b",
  "(a)\\1",
  "\\k<a>",
  "(?>a)",
  "(",
  "a)",
  "[a",
  "x**",
  "a++",
  "a{1001}",
];
const ALSO_REFUSED = [
  "(a{1,1000}){1,1000}",
  "\\Z",
  "\\C",
  "\\8",
  "\\é",
  "(?P<é>x)",
  "[b-a]",
  "*a",
  "\\",
  "(?P<n>a)(?P<n>b)",
];

for (const pattern of [...REFUSED, ...ALSO_REFUSED]) {
  test(`compileRegex() refuses ${pattern}`, () => {
    expect(() => compileRegex(pattern)).toThrow(expect.objectContaining({ code: "REGEX_INVALID", data: { pattern } }));
    expect(() => compileRegex(pattern, { anchored: true })).toThrow(expect.objectContaining({ code: "REGEX_INVALID" }));
  });
}

test("compileRegex() refuses patterns and programs over its caps", () => {
  expect(() => compileRegex("a".repeat(16_385))).toThrow("longer than 16384 characters");
  expect(() => compileRegex("[ab]{900}".repeat(30))).toThrow("instructions are over 20000");
});

test("compileRegex() cuts a long pattern in its message", () => {
  expect(() => compileRegex(`(${"a".repeat(500)}`)).toThrow(/^Cannot compile pattern "\(a{79}…": /);
});

test("find() returns the leftmost match with its groups by number and by name", () => {
  const match = compileRegex("(?P<key>[a-z]+)=([0-9]+)(!)?").find("; a=1, b=2");
  expect(match).toEqual({
    text: "a=1",
    index: 2,
    groups: ["a=1", "a", "1", undefined],
    named: new Map([["key", "a"]]),
  });
  expect(compileRegex("z").find("a")).toBeUndefined();
});

test("find() of an anchored pattern has the groups of the whole match", () => {
  expect(compileRegex("(a|ab)(c|bcd)?", { anchored: true }).find("abcd")?.groups).toEqual(["abcd", "a", "bcd"]);
  expect(compileRegex("(a)", { anchored: true }).find("ab")).toBeUndefined();
});

test("groups named like members of Object are plain names", () => {
  const match = compileRegex("(?P<constructor>a)(?P<__proto__>b)").find("ab");
  expect([...(match?.named ?? [])]).toEqual([
    ["constructor", "a"],
    ["__proto__", "b"],
  ]);
  expect(compileRegex("a").find("a")?.named.get("toString")).toBeUndefined();
});

test("findAll() returns matches that do not overlap, up to a limit", () => {
  const regex = compileRegex("[0-9]{2}");
  expect(regex.findAll("12345 67").map(({ text }) => text)).toEqual(["12", "34", "67"]);
  expect(regex.findAll("12345 67", 1).map(({ text }) => text)).toEqual(["12"]);
  expect(regex.findAll("12", 0)).toEqual([]);
  expect(
    compileRegex("x*")
      .findAll("axb")
      .map(({ index }) => index),
  ).toEqual([0, 1, 3]);
});

/** Template and what Go's ExpandString makes of it for `ab-12`. */
const TEMPLATES: readonly (readonly [string, string])[] = [
  ["$name", "ab"],
  ["${name}x", "abx"],
  ["$namex", ""],
  ["$1x", ""],
  ["${1}x", "abx"],
  ["$$", "$"],
  ["$", "$"],
  ["a$", "a$"],
  ["$-", "$-"],
  ["${", "${"],
  ["${name", "${name"],
  ["${}", "${}"],
  ["${na me}", "${na me}"],
  ["$3|", "|"],
  ["$9", ""],
  ["$0", "ab-12"],
  ["$01", ""],
  ["${01}", ""],
  ["$name$2", "ab12"],
  ["$é", ""],
  ["$1_", ""],
  ["$$$1", "$ab"],
  ["$100000000", ""],
  ["$constructor", ""],
  ["v$1.$2", "vab.12"],
];

for (const [template, expected] of TEMPLATES) {
  test(`expand() makes ${JSON.stringify(expected)} of ${template}`, () => {
    const regex = compileRegex("(?P<name>[a-z]+)-([0-9]+)(z)?");
    const match = regex.find("ab-12");
    expect(match && regex.expand(template, match)).toBe(expected);
  });
}

test("hostile patterns take linear work", () => {
  const text = `${"a".repeat(50_000)}!`;
  expect(compileRegex("^(a+)+$").test(text)).toBe(false);
  expect(compileRegex("(a|a)*$", { anchored: true }).test(text)).toBe(false);
  expect(compileRegex("(a*)*b").test(text)).toBe(false);
});

test("a compiled pattern keeps no state between calls", () => {
  const regex = compileRegex("a");
  expect([regex.test("a"), regex.test("a"), regex.find("ba")?.index, regex.find("ba")?.index]).toEqual([
    true,
    true,
    1,
    1,
  ]);
});
