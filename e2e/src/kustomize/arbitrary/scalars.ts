import fc from "fast-check";
import { either, one } from "./pick.ts";
import { Block, Raw, type Value } from "./yaml-text.ts";

/** Names that resources of every kind share, so that references hit. */
const names = ["web", "api", "db", "cfg", "default", "x1"] as const;
export const name: fc.Arbitrary<string> = fc.constantFrom(...names);
export const namespace: fc.Arbitrary<string> = one("ns1", "ns2", "default");

/** Texts that writers of YAML must quote, fold or escape, or must not. */
const pieces = [
  ...["a", "word", "some text", "1", "0", "yes", "no", "on", "y", "N", "true", "null", "~", "0755", "0x1F", "0b11"],
  ...["1_000", "12:30:45", "190:20:30", "2001-01-01", "2001-01-01T00:00:00Z", "1e3", ".5", "1.0", "0o14", "+1", "-1"],
  ...["-", "--", "---", "...", ":", ": ", "#", " #", "?", "? ", "- ", "*", "&", "!", "%", "@", "`", "'", '"', "\\"],
  ...["{", "}", "[", "]", ",", "|", ">", " ", "  ", "\n", "\n\n", "\t", "\r", "\r\n", "=", "<<", "<", "/", "$(A)"],
  ...["é", "中文", "\u{1F600}", "\u00a0", "\u0085", "\u2028", "\ufeff", "\u0007", "\u0000", "\u00ad", "\ue000"],
  ...["http://x.y/z?a=b&c", "averyveryverylongword", "wide words to fill a line ", ".inf", ".NaN", "E5", "1e400"],
];

/** Text that is hard to write as YAML. */
const trickyText: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...pieces), { maxLength: 12 })
  .map((parts) => parts.join(""));

/** Text of several lines, as in configuration files. */
const lines: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(one("key=value", "", "  indented", "[section]", "a: b", "tail ", "# no comment"), { maxLength: 5 }),
    one("\n", "", "\n\n"),
  )
  .map(([parts, end]) => parts.join("\n") + end);

const longText: fc.Arbitrary<string> = fc
  .array(one("lorem", "ipsum", "a", "--flag=value", "it's", "x: y", "", "#1", "wordwordwordwordwordword"), {
    minLength: 12,
    maxLength: 40,
  })
  .map((words) => words.join(" "));

/** A text, written however. */
export const text: fc.Arbitrary<string> = either(one("v", "1", "true", "x y", ""), trickyText, lines, longText);

/** Plain scalars as a person would type them: what they mean differs between versions of YAML. */
const rawScalars = [
  ...[
    "yes",
    "no",
    "on",
    "OFF",
    "y",
    "N",
    "True",
    "NULL",
    "~",
    "null",
    "0755",
    "-0755",
    "0o14",
    "0x1F",
    "0b101",
    "1_000",
  ],
  ...[
    "1.0",
    "1.50",
    "1e3",
    "1e21",
    "12e03",
    ".5",
    "5.",
    "+1",
    "-0",
    "-0.0",
    "1e-7",
    "0.00001",
    "100000000000000000000",
  ],
  ...["9007199254740993", "18446744073709551615", "18446744073709551616", "12:30:45", "190:20", "2001-12-14"],
  ...["2001-12-14t21:59:43.10-05:00", "2001-12-14T21:59:43Z", "0.1e+400", "=", "1__0", "0x", "09", "0.0", "1E5", "a b"],
  ...["'it''s'", '"a\\tb"', '"\\u00e9\\x41"', "'yes'", "!!str 1", '!!int "7"', "!!str yes", "!!float 1", "!x y"],
  ...['"a\\/b"', '"\\ud83d\\ude00"'],
];
const rawScalar: fc.Arbitrary<Raw> = fc.constantFrom(...rawScalars).map((each) => new Raw(each));

/** Block scalars as people write them. The first line tells the indentation unless the header does. */
export const block: fc.Arbitrary<Block> = fc
  .record({
    header: one("|", ">", "|-", ">-", "|+", ">+", "|2", ">2", ">2-", "|2+", "|2-"),
    first: one("text", "# text", "key: value", "- a"),
    lines: fc.array(one("more", "", "  indented", "end ", "a: b", " x"), { maxLength: 5 }),
  })
  .map(({ header, first, lines: rest }) => new Block(header, header.includes("2") ? rest : [first, ...rest]));

/** Any scalar of a free-form object. */
export const scalar: fc.Arbitrary<Value> = either<Value>(
  one<Value>(1, "a", true, null, 0, -5, 1.5, 1e6),
  text,
  rawScalar,
  block,
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
);

/** Keys whose order and quoting are not obvious. */
export const keys = [
  ...["a", "b", "a1", "a10", "a2", "B", "a-b", "a_b", "a.b", "x/y", "example.com/z", "key.yaml", "y", "on", "é"],
  ...["__proto__", "constructor", "toString", "00a"],
];
