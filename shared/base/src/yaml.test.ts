import { expect, test } from "vitest";
import { type Json, type JsonObject } from "./json.ts";
import {
  dumpYaml,
  parseYaml,
  parsePlainScalar,
  parseYamlStream,
  YamlError,
  type ScalarTexts,
  type YamlOptions,
} from "./yaml.ts";

function failure(text: string, options?: YamlOptions): YamlError {
  try {
    parseYamlStream(text, options);
  } catch (thrown) {
    if (thrown instanceof YamlError) return thrown;
  }
  throw new Error("expected a YamlError");
}

const SCALARS: readonly (readonly [text: string, kyaml: Json, sigs?: Json])[] = [
  ["on", "on", true],
  ["yes", "yes", true],
  ["y", "y", true],
  ["NO", "NO", false],
  ["True", true],
  ["~", null],
  ["", null],
  ["0755", 493],
  ["0o755", 493],
  ["-0755", -493],
  ["0b101", 5],
  ["0x1F", 31],
  ["1_000", 1000],
  ["08", 8],
  ["1e3", 1000],
  ["12e03", 12000],
  ["1.0", 1],
  ["-0.0", 0],
  [".5", 0.5],
  ["1e400", "1e400"],
  ["0x1p4", "0x1p4"],
  ["9007199254740993", 9007199254740993n],
  ["18446744073709551615", 18446744073709551615n],
  ["18446744073709551616", 18446744073709552000],
  ["1e16", 10000000000000000n],
  ["1e20", 1e20],
  ["12:30:45", "12:30:45"],
  ["2001-1-2", "2001-01-02T00:00:00Z", "2001-1-2"],
  ["2001-13-01", "2001-13-01"],
  ["2001-12-14T21:59:43Z", "2001-12-14T21:59:43Z"],
  ["=", "="],
  ["<<", "<<"],
  ["!!str 5", "5"],
  ['!!int "5"', 5],
  ["!!float 5", 5],
  ["!foo 5", "5"],
  ["!!binary aGVsbG8=", "hello"],
];

for (const [text, kyaml, sigs = kyaml] of SCALARS) {
  test(`parseYaml() reads the scalar "${text}" as Go does in both dialects`, () => {
    expect(parseYaml(`a: ${text}`)).toEqual({ a: kyaml });
    expect(parseYaml(`a: ${text}`, { dialect: "sigs" })).toEqual({ a: sigs });
  });
}

test("parseYamlStream() gives each document the line on which its content starts", () => {
  const text = "\uFEFF# head\n---\na: 1\n---\n---\r\nb: |\n  ---x\n  ....\n...\n# tail\n";
  expect(parseYamlStream(text)).toEqual([
    { line: 3, value: { a: 1 } },
    { line: 4, value: null },
    { line: 6, value: { b: "---x\n....\n" } },
  ]);
  expect(parseYamlStream("a: 1\n---\nb: 2").map((found) => found.line)).toEqual([1, 3]);
  expect(parseYamlStream("# only a comment\n")).toEqual([]);
  expect(parseYamlStream("%YAML 1.1\n---\na: 1")).toEqual([{ line: 3, value: { a: 1 } }]);
});

test("parseYaml() refuses a second document and takes an empty text as null", () => {
  expect(() => parseYaml("a: 1\n---\nb: 1")).toThrow("a second document");
  expect(parseYaml("")).toBeNull();
});

test("a syntax error says line and column in the whole stream", () => {
  const error = failure("a: 1\n---\nb: 1\nc: [1\nd: 2\n");
  expect(error.code).toBe("SYNTAX");
  expect(error.data).toEqual({ line: 5, column: 1 });
  expect(error.message).toMatch(/^Cannot parse YAML at line 5, column 1: /);
});

test("a key that occurs twice is an error unless the last is asked to win", () => {
  expect(failure("a: 1\na: 2").data).toMatchObject({ line: 2 });
  expect(parseYaml("a: 1\na: 2", { duplicateKeys: "last" })).toEqual({ a: 2 });
});

test("a key that is not a string is an error that quotes it", () => {
  expect(failure("m:\n  1: a").message).toContain('mapping key "1" is not a string');
  expect(failure("m:\n  {a: 1}: a").message).toContain("a mapping key is a collection");
  expect(parseYaml('m: {"1": a, yes: b}')).toEqual({ m: { "1": "a", yes: "b" } });
});

test("the sigs dialect takes numbers and booleans as keys, by the texts of their values", () => {
  expect(parseYaml("{1: a, on: b, 0x10: c, n: d}", { dialect: "sigs" })).toEqual({
    "1": "a",
    true: "b",
    "16": "c",
    false: "d",
  });
  expect(failure("{~: a}", { dialect: "sigs" }).message).toContain('mapping key "~" is not a string');
});

test("numbers that JSON lacks are an error", () => {
  expect(failure("a: .inf").message).toContain('".inf" is not a number that JSON can hold');
});

test("aliases and merge keys are copied out, so that nothing is shared", () => {
  const value = parseYaml("a: &x {q: [1]}\nb: *x\nc: {r: 1, <<: *x, q: 2}\nd: {<<: [{k: 1}, {k: 2, l: 3}]}") as Record<
    string,
    Json
  >;
  expect(value).toEqual({ a: { q: [1] }, b: { q: [1] }, c: { r: 1, q: 2 }, d: { k: 1, l: 3 } });
  expect(value["a"]).not.toBe(value["b"]);
});

test("a merge after a key overwrites it in the sigs dialect only", () => {
  expect(parseYaml("{q: 3, <<: {q: 4}}")).toEqual({ q: 3 });
  expect(parseYaml("{q: 3, <<: {q: 4}}", { dialect: "sigs" })).toEqual({ q: 4 });
});

test("scalarTexts keeps what values do not tell", () => {
  const scalarTexts: ScalarTexts = new WeakMap();
  const value = parseYaml("a: 1\nb: 0755\nc: 1.50\nd:\ne: null\nf: ~\ng: True\nh: 2001-01-01\ni: '0755'", {
    scalarTexts,
  });
  const texts = scalarTexts.get(value as JsonObject) ?? new Map();
  expect(Object.fromEntries(texts)).toEqual({ b: "0755", c: "1.50", d: "", f: "~", g: "True", h: "2001-01-01" });
});

test("keys of Object.prototype are plain data", () => {
  const value = parseYaml("__proto__: {polluted: 1}\nconstructor: 2\ntoString: 3") as Record<string, Json>;
  expect(Object.keys(value)).toEqual(["__proto__", "constructor", "toString"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(dumpYaml(value)).toBe("__proto__:\n  polluted: 1\nconstructor: 2\ntoString: 3\n");
});

test("parsePlainScalar() reads a text as if it stood unquoted in a document", () => {
  expect(["8080", "yes", "true", "a: b", ".inf", ""].map((text) => parsePlainScalar(text))).toEqual([
    8080,
    "yes",
    true,
    "a: b",
    ".inf",
    null,
  ]);
  expect(parsePlainScalar("yes", "sigs")).toBe(true);
});

const BOMBS: readonly (readonly [name: string, text: string])[] = [
  ["an alias bomb", `a0: &a0 [x]\n${times(30, (n) => `a${n + 1}: &a${n + 1} [${`*a${n}, `.repeat(9)}*a${n}]`)}`],
  ["an alias bomb of long texts", `a: &a ${"x".repeat(100_000)}\nb: &b [${"*a, ".repeat(200)}]\nc: [*b, *b]`],
  ["an alias bomb of one long text", `a: &a ${"x".repeat(40_000)}\nb: [${"*a, ".repeat(20_000)}]`],
  ["an alias bomb of one long number", `a: &a ${"9".repeat(40_000)}\nb: [${"*a, ".repeat(20_000)}]`],
  ["an alias bomb of one long key", `a: &a ${"x".repeat(40_000)}\nb: [${"{*a : 1}, ".repeat(20_000)}]`],
  ["an alias bomb of long keys", `a: &a {${"x".repeat(40_000)}: 1}\nb: [${"*a, ".repeat(20_000)}]`],
  ["a cyclic alias", "&a [*a]"],
  ["a merge bomb", `a: &a {${times(500, (n) => `k${n}: 1,`)}}\nb: {<<: [${"*a,".repeat(20_000)}]}`],
  ["deep flow sequences", "[".repeat(5000)],
  ["deep flow mappings", '{"a":'.repeat(100_000)],
  ["deep block mappings", times(2000, (n) => `${" ".repeat(n)}a:`)],
];

for (const [name, text] of BOMBS) {
  test(`parseYamlStream() ends ${name} with TOO_LARGE`, () => {
    expect(failure(text).code).toBe("TOO_LARGE");
  });
}

test("parseYamlStream() reads aliases of a text as often as 16 Mi characters allow", () => {
  const value = parseYaml(`a: &a ${"x".repeat(40_000)}\nb: [${"*a, ".repeat(400)}]`) as Record<string, Json>;
  expect(value["b"]).toEqual(Array.from({ length: 400 }, () => value["a"]));
});

test("parseYamlStream() reads 900 levels", () => {
  expect(parseYaml("[".repeat(900) + "]".repeat(900))).toHaveLength(1);
});

test("parseYamlStream() refuses a text over the limit before it reads it", () => {
  expect(failure("[[[[", { limitBytes: 3 }).data).toEqual({ limit: "3 bytes" });
});

const DUMPS: readonly (readonly [value: Json, text: string])[] = [
  [{ b10: 1, b9: 2, B: 3, "-": 4, a: 5 }, '"-": 4\nB: 3\na: 5\nb9: 2\nb10: 1\n'.replace('"-"', "'-'")],
  [
    { a: ["x", [], {}, [1, [2]], { k: null, l: [true] }] },
    "a:\n- x\n- []\n- {}\n- - 1\n  - - 2\n- k: null\n  l:\n  - true\n",
  ],
  [
    ["y", "n", "on", "1", "0x1F", "1_000", "12:30:45", "2001-01-01", "", "null", "~"],
    quoted("y", "n", "on", "1", "0x1F", "1_000", "12:30:45", "2001-01-01", "", "null", "~"),
  ],
  [["<<", "=", "a#b", "a:b", "-a"], "- <<\n- =\n- a#b\n- a:b\n- -a\n"],
  [["a: b", "a #b", "# c", "*", "it's: x", " a"], "- 'a: b'\n- 'a #b'\n- '# c'\n- '*'\n- 'it''s: x'\n- ' a'\n"],
  [["a\tb", "a\rb", "a \nb", "\u{1F600}", "\u007f"], '- "a\\tb"\n- "a\\rb"\n- "a \\nb"\n- "\\U0001F600"\n- "\\x7F"\n'],
  [
    { a: "x\ny", b: "x\n", c: "x\n\n", d: " x\ny\n", e: "\n" },
    "a: |-\n  x\n  y\nb: |\n  x\nc: |+\n  x\n\nd: |2\n   x\n  y\ne: |2+\n\n",
  ],
  [{ "a\nb": { c: 1 }, [`${"k".repeat(129)}`]: [1] }, `? |-\n  a\n  b\n: c: 1\n? ${"k".repeat(129)}\n: - 1\n`],
  [
    [1.5, 1e-5, 1234567.5, 1e20, 1e21, 10n ** 18n, 0],
    "- 1.5\n- 1e-05\n- 1.2345675e+06\n- 1e+20\n- 1e+21\n- 1000000000000000000\n- 0\n",
  ],
  ["text", "text\n"],
  [{ a: "w".repeat(85) + " x" }, `a: ${"w".repeat(85)}\n  x\n`],
];

for (const [value, text] of DUMPS) {
  test(`dumpYaml() prints as Go does: ${JSON.stringify(text).slice(0, 60)}`, () => {
    expect(dumpYaml(value)).toBe(text);
    expect(parseYaml(text, { dialect: "sigs" })).toEqual(value);
  });
}

test("dumpYaml() leaves out undefined members", () => {
  expect(dumpYaml({ a: undefined, b: { c: undefined } })).toBe("b: {}\n");
});

function times(count: number, line: (n: number) => string): string {
  return Array.from({ length: count }, (_, n) => line(n)).join("\n");
}

function quoted(...items: readonly string[]): string {
  return items.map((item) => `- "${item}"\n`).join("");
}

test.each(["stringData: {p: *CANARY}", "p: !CANARY!handle x", "p: !<CANARY<> x", "p: !<CANARY> x"])(
  "parseYaml() repeats nothing of a document that it refuses: %s",
  (text) => {
    expect(() => parseYaml(text)).toThrow(/^Cannot parse YAML at line 1/);
    expect(() => parseYaml(text)).not.toThrow(/CANARY/);
  },
);

test("a control character is refused wherever it stands, with its line and column", () => {
  for (const text of ["a: b\nc: x\x7F\n", "a: b\nc: '\x7F'\n", 'a: b\nc: "\x01"\n', "a: b\n#  \x9F\n"]) {
    const error = failure(text);
    expect(error.code).toBe("SYNTAX");
    expect(error.data).toMatchObject({ line: 2 });
  }
  expect(parseYaml("a: 'b\u0085c'\n")).toEqual({ a: expect.any(String) });
});

test("dumpYaml() writes a whole number that 64 bits do not hold as a float", () => {
  expect(dumpYaml({ a: -(2 ** 63), b: 2 ** 63, c: 2 ** 64, d: -9223372036854775808n })).toBe(
    "a: -9.223372036854776e+18\nb: 9223372036854776000\nc: 1.8446744073709552e+19\nd: -9223372036854775808\n",
  );
});
