import { equal } from "./compare.ts";
import { define, type Overload } from "./function.ts";
import { formatText } from "./printf.ts";
import { CelFailure, type Run } from "./run.ts";
import { PointText } from "./text.ts";
import type { CelList } from "./value.ts";

/** `index` as a position in `text`. @throws {CelFailure} outside of it. */
function position(index: bigint, text: PointText): number {
  if (index < 0n || index > BigInt(text.length)) throw new CelFailure(`index out of range: ${index}`);
  return Number(index);
}

function pointText(text: string, run: Run): PointText {
  run.spendOnText(text.length);
  return new PointText(text);
}

function indexOf(text: string, part: string, from: bigint, run: Run): bigint {
  return search(pointText(text, run), part, from, (points, at) => points.indexOf(part, at));
}

function lastIndexOf(text: string, part: string, from: bigint | undefined, run: Run): bigint {
  const points = pointText(text, run);
  if (from === undefined) return BigInt(points.lastIndexOf(part, points.length));
  return search(points, part, from, (whole, at) => whole.lastIndexOf(part, at));
}

/** A search from a position: nothing is found from the end on, but for the empty text, which is at every position. */
function search(text: PointText, part: string, from: bigint, find: (text: PointText, from: number) => number): bigint {
  if (from < 0n) throw new CelFailure(`index out of range: ${from}`);
  const size = BigInt(text.length);
  if (part === "") return from < size ? from : size;
  return from >= size ? -1n : BigInt(find(text, Number(from)));
}

function substring(text: string, start: bigint, end: bigint | undefined, run: Run): string {
  const points = pointText(text, run);
  const [first, last] = [position(start, points), end === undefined ? points.length : position(end, points)];
  if (first > last) throw new CelFailure(`invalid substring range. start: ${first}, end: ${last}`);
  return points.slice(first, last);
}

/** Cuts `text` at `separator` into at most `limit` parts, the last of which keeps the rest; negative: no limit. */
function split(text: string, separator: string, limit: bigint, run: Run): string[] {
  run.spendOnText(text.length);
  if (limit === 0n) return [];
  const parts = separator === "" ? Array.from(text) : text.split(separator);
  run.spend(parts.length);
  if (limit < 0n || limit >= BigInt(parts.length)) return parts;
  const kept = Number(limit) - 1;
  return [...parts.slice(0, kept), parts.slice(kept).join(separator)];
}

/** Replaces the first `limit` occurrences; negative: all. An empty `part` occurs between any two characters. */
function replace(text: string, [part, by]: readonly [string, string], limit: bigint, run: Run): string {
  const count = limit < 0n ? -1n : limit + 1n;
  if (part !== "") return joined(split(text, part, count, run), by, run);
  if (limit === 0n) return text;
  const points = Array.from(text);
  const places = limit < 0n || limit > BigInt(points.length) ? points.length + 1 : Number(limit);
  run.spendOnText(text.length + by.length * places);
  return (
    points.map((point, index) => (index < places ? by + point : point)).join("") + (places > points.length ? by : "")
  );
}

function joined(list: CelList, separator: string, run: Run): string {
  const texts = list.map((item) => {
    if (typeof item !== "string") throw new CelFailure("no such overload: join() of a list that does not hold strings");
    return item;
  });
  run.spendOnText(texts.reduce((sum, text) => sum + text.length + separator.length, 0));
  return texts.join(separator);
}

/** What Unicode calls white space. */
const BLANK = "[\\t-\\r \\x85\\xA0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const LEADING = new RegExp(`^${BLANK}+`);
const TRAILING = new RegExp(`${BLANK}$`);

function trim(text: string, run: Run): string {
  run.spendOnText(text.length);
  let end = text.replace(LEADING, "");
  let size = end.length;
  while (size > 0 && TRAILING.test(end.charAt(size - 1))) size -= 1;
  end = end.slice(0, size);
  return end;
}

const QUOTES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '"': '\\"',
    "\\": "\\\\",
    "\x07": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
  }),
);

function quote(text: string): string {
  return `"${text.replace(/["\\\p{Cc}]/gu, (char) => QUOTES.get(char) ?? char)}"`;
}

const tests: readonly Overload[] = [
  define(".contains", ["string", "string"], "bool", (text, part, run) => {
    run.spendOnText(text.length + part.length);
    return text.includes(part);
  }),
  define(".startsWith", ["string", "string"], "bool", (text, part, run) => {
    run.spendOnText(part.length);
    return text.startsWith(part);
  }),
  define(".endsWith", ["string", "string"], "bool", (text, part, run) => {
    run.spendOnText(part.length);
    return text.endsWith(part);
  }),
  ...["matches", ".matches"].map((name) =>
    define(name, ["string", "string"], "bool", (text, pattern, run) => run.regex(pattern, text).test(text)),
  ),
];

const positions: readonly Overload[] = [
  define(".charAt", ["string", "int"], "string", (text, at, run) => {
    const points = pointText(text, run);
    const index = position(at, points);
    return points.slice(index, index + 1);
  }),
  define(".indexOf", ["string", "string"], "int", (text, part, run) => indexOf(text, part, 0n, run)),
  define(".indexOf", ["string", "string", "int"], "int", indexOf),
  define(".lastIndexOf", ["string", "string"], "int", (text, part, run) => lastIndexOf(text, part, undefined, run)),
  define(".lastIndexOf", ["string", "string", "int"], "int", lastIndexOf),
  define(".substring", ["string", "int"], "string", (text, start, run) => substring(text, start, undefined, run)),
  define(".substring", ["string", "int", "int"], "string", substring),
];

const changes: readonly Overload[] = [
  define(".lowerAscii", ["string"], "string", (text, run) => {
    run.spendOnText(text.length);
    return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  }),
  define(".upperAscii", ["string"], "string", (text, run) => {
    run.spendOnText(text.length);
    return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
  }),
  define(".trim", ["string"], "string", trim),
  define(".reverse", ["string"], "string", (text, run) => {
    run.spendOnText(text.length);
    return Array.from(text).reverse().join("");
  }),
  define("strings.quote", ["string"], "string", (text, run) => {
    run.spendOnText(text.length);
    return quote(text);
  }),
  define(".replace", ["string", "string", "string"], "string", (text, part, by, run) =>
    replace(text, [part, by], -1n, run),
  ),
  define(".replace", ["string", "string", "string", "int"], "string", (text, part, by, limit, run) =>
    replace(text, [part, by], limit, run),
  ),
  define(".split", ["string", "string"], "list", (text, separator, run) => split(text, separator, -1n, run)),
  define(".split", ["string", "string", "int"], "list", split),
  define(".join", ["list"], "string", (list, run) => joined(list, "", run)),
  define(".join", ["list", "string"], "string", joined),
  define(".format", ["string", "list"], "string", formatText),
];

const encoders: readonly Overload[] = [
  define("base64.encode", ["bytes"], "string", (bytes, run) => {
    run.spendOnText(bytes.length);
    return Buffer.from(bytes).toString("base64");
  }),
  define("base64.decode", ["string"], "bytes", (text, run) => {
    run.spendOnText(text.length);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, "").length % 4 === 1)
      throw new CelFailure("illegal base64 data");
    return Buffer.from(text, "base64");
  }),
];

const sets: readonly Overload[] = [
  define("sets.contains", ["list", "list"], "bool", includesAll),
  define("sets.equivalent", ["list", "list"], "bool", (a, b, run) => includesAll(a, b, run) && includesAll(b, a, run)),
  define("sets.intersects", ["list", "list"], "bool", (a, b, run) => a.some((x) => b.some((y) => equal(x, y, run)))),
];

function includesAll(list: CelList, others: CelList, run: Run): boolean {
  return others.every((other) => list.some((item) => equal(item, other, run)));
}

/** The extension libraries strings, encoders and sets. */
export const strings: readonly Overload[] = [...tests, ...positions, ...changes, ...encoders, ...sets];
