import { ExprError, quoted } from "./errors.ts";
import { comparePrereleases, compareVersions, parseVersion, type Version } from "./semver.ts";

/** A set of versions, such as `>=1.2.0 <2.0.0 || ^3`. */
export interface VersionRange {
  includes(version: Version): boolean;
}

const MAX_RANGE_LENGTH = 512;
const MAX_ALTERNATIVES = 32;

type Operator = "" | "=" | "!=" | ">" | "<" | ">=" | "=>" | "<=" | "=<" | "~" | "~>" | "^";

/** One comparison of a range: an operator and a version of which trailing parts may be open (`1.2`, `1.x`, `*`). */
interface Comparator {
  readonly operator: Operator;
  readonly base: Version;
  /** How many of the three numbers are given; the others are 0 in `base`. */
  readonly given: number;
}

/**
 * Parses a range: comparisons joined by space or comma must all hold, groups joined by `||` are alternatives.
 * Operators are `= != > < >= <= => =< ~ ~> ^` or none, `x`, `X` and `*` stand for any number, `1.2 - 2.0` includes both
 * ends. A group includes pre-releases only if one of its comparisons names one.
 * @throws {ExprError} RANGE_INVALID, also for the empty text, over 512 characters or over 32 alternatives.
 * @source Masterminds/semver 3.5 `NewConstraint`, `Check`
 */
export function parseRange(text: string): VersionRange {
  if (text.length > MAX_RANGE_LENGTH) throw invalid(text, `longer than ${MAX_RANGE_LENGTH} characters`);
  const alternatives = text.split("||");
  if (alternatives.length > MAX_ALTERNATIVES) throw invalid(text, `more than ${MAX_ALTERNATIVES} alternatives`);
  const groups = alternatives.map((alternative) => {
    const comparators = readComparators(alternative);
    if (comparators === undefined) throw invalid(text, `improper constraint ${quoted(alternative)}`);
    return { comparators, prereleases: comparators.some(({ base }) => base.prerelease !== "") };
  });
  return {
    includes: (version) =>
      groups.some(
        ({ comparators, prereleases }) =>
          (prereleases || version.prerelease === "") && comparators.every((comparator) => holds(version, comparator)),
      ),
  };
}

function invalid(range: string, fact: string): ExprError<"RANGE_INVALID"> {
  return new ExprError("RANGE_INVALID", `Cannot parse version range ${quoted(range)}: ${fact}`, { range });
}

const PART = "[0-9xX*]+";
const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const VERSION = `v?(${PART})(?:\\.(${PART}))?(?:\\.(${PART}))?(-${IDENTIFIERS})?(?:\\+${IDENTIFIERS})?`;
const OPERATOR = /(?:~>|!=|>=|=>|<=|=<|[=><~^])?/y;
const BASE = new RegExp(VERSION, "y");
const SPACE = /[\t\n\f\r ]*/y;
const DASH = /[\t\n\f\r ]+-[\t\n\f\r ]+/y;

/** Reads `text` from `at` on by sticky patterns, each of which takes linear time. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text) ?? undefined;
    if (match !== undefined) this.#at += match[0].length;
    return match;
  }
}

/** What precedes a comparison. */
type Joint = "start" | "space" | "comma" | "range";

/**
 * The comparisons of one alternative, or undefined if `text` is no list of them. As in Masterminds, a hyphen range may
 * not follow another comparison by spaces alone, and what follows a hyphen range needs no separator.
 */
function readComparators(text: string): Comparator[] | undefined {
  const reader = new Reader(text);
  const found: Comparator[] = [];
  reader.take(SPACE);
  for (let joint: Joint | undefined = "start"; joint !== undefined; joint = readJoint(reader, joint)) {
    if (reader.done && joint === "range") break;
    const read = readComparison(reader, joint);
    if (read === undefined) return undefined;
    found.push(...read);
    joint = read.length === 2 ? "range" : "start";
  }
  return reader.done ? found : undefined;
}

/** One comparison, or the two that a hyphen range stands for. */
function readComparison(reader: Reader, joint: Joint): Comparator[] | undefined {
  const operator = (reader.take(OPERATOR)?.[0] ?? "") as Operator;
  reader.take(SPACE);
  const low = comparator(reader.take(BASE));
  if (reader.take(DASH) === undefined) return low && [{ ...low, operator }];
  const high = comparator(reader.take(BASE));
  if (low === undefined || high === undefined || operator !== "" || joint === "space") return undefined;
  return [
    { ...low, operator: ">=" },
    { ...high, operator: "<=" },
  ];
}

/** The separator after a comparison; undefined at the end or where none is. */
function readJoint(reader: Reader, after: Joint): Joint | undefined {
  const spaced = reader.take(SPACE)?.[0] !== "";
  if (reader.take(COMMA) !== undefined) return "comma";
  if (after === "range") return "range";
  return spaced && !reader.done ? "space" : undefined;
}

const COMMA = /,[\t\n\f\r ]*/y;

function comparator(match: RegExpExecArray | undefined): Comparator | undefined {
  if (match === undefined) return undefined;
  const [, major, minor, patch, prerelease = ""] = match;
  const parts = [major, minor, patch];
  const open = parts.findIndex((part) => part === undefined || OPEN.has(part));
  const given = open === -1 ? parts.length : open;
  const numbers = parts.map((part, index) => (index < given ? part : "0"));
  const base = parseVersion(`${numbers.join(".")}${prerelease}`);
  return base && { operator: "", base, given };
}

const OPEN: ReadonlySet<string> = new Set(["x", "X", "*"]);

/** Whether `version` satisfies one comparison; the rule for pre-releases has been applied before. */
function holds(version: Version, { operator, base, given }: Comparator): boolean {
  const compared = compareVersions(version, base);
  const leading = compareLeading(version, base, given);
  const partial = given === 1 || given === 2;
  switch (operator) {
    case "<":
      return compared < 0;
    case ">=":
    case "=>":
      return compared >= 0;
    case ">":
      return partial ? leading > 0 : compared > 0;
    case "<=":
    case "=<":
      return given === 3 ? compared <= 0 : compareLeading(version, base, given === 1 ? 1 : 2) <= 0;
    case "!=":
      if (!partial) return compared !== 0;
      return leading !== 0 || (given === 2 && comparePrereleases(version.prerelease, base.prerelease) !== 0);
    case "":
    case "=":
      return given === 3 ? compared === 0 : compared >= 0 && leading === 0;
    case "~":
    case "~>":
      return compared >= 0 && (isZero(base, given) || compareLeading(version, base, given === 1 ? 1 : 2) === 0);
    case "^":
      return compared >= 0 && compareLeading(version, base, fixedByCaret(base, given)) === 0;
  }
}

/** Orders by the first `count` numbers only. */
function compareLeading(version: Version, base: Version, count: number): number {
  for (const part of (["major", "minor", "patch"] as const).slice(0, count)) {
    if (version[part] !== base[part]) return version[part] < base[part] ? -1 : 1;
  }
  return 0;
}

/** `~0.0.0` and `~*` admit every version, as in Masterminds. */
function isZero(base: Version, given: number): boolean {
  return (given === 0 || given === 3) && base.major === 0n && base.minor === 0n && base.patch === 0n;
}

/** How many numbers a caret keeps: up to and with the first one that is not 0, or all that are given. */
function fixedByCaret(base: Version, given: number): number {
  if (base.major > 0n || given === 1) return 1;
  return base.minor > 0n || given === 2 ? 2 : 3;
}
