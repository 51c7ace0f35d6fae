import { messageOf } from "@sluice/base";
import { RE2JS } from "re2js";
import { ExprError, quoted } from "./errors.ts";

/** Options of {@link compileRegex}. */
export interface RegexOptions {
  /** Match the whole text only, as Kustomize selectors do. Default: anywhere in the text. */
  anchored?: boolean;
}

/** A match and what its groups captured. */
export interface RegexMatch {
  /** The text that matched. */
  readonly text: string;
  /** Offset of the match, in UTF-16 code units. */
  readonly index: number;
  /** What each group captured, the whole match first; undefined for a group that took no part. */
  readonly groups: readonly (string | undefined)[];
  /** What the named groups captured. */
  readonly named: ReadonlyMap<string, string | undefined>;
}

/** A compiled RE2 pattern. Every method takes time linear in the text. */
export interface Regex {
  readonly pattern: string;
  /** Instructions of the compiled program; a match takes at most about this much work for each character. */
  readonly size: number;
  test(text: string): boolean;
  /** The leftmost match, or undefined. */
  find(text: string): RegexMatch | undefined;
  /**
   * Every match that does not overlap an earlier one, at most `limit` (default: no limit). An empty match right after
   * another match does not count.
   */
  findAll(text: string, limit?: number): RegexMatch[];
  /**
   * Fills a template: `$1`, `${1}`, `$name` and `${name}` are what the group captured, `$$` is a dollar. A name is as
   * long as possible (`$1x` is the group `1x`), and unknown groups are empty.
   * @source Go `regexp.Regexp.Expand`
   */
  expand(template: string, match: RegexMatch): string;
}

/** Longest pattern, in characters. */
const MAX_PATTERN_LENGTH = 16_384;
/** Most instructions of a compiled pattern; the time of a match is at most this times the length of the text. */
const MAX_PROGRAM_SIZE = 20_000;

/**
 * Compiles a pattern of RE2, the dialect of Go: no back references and no look-around. Unlike Go it refuses two groups
 * with one name.
 * @throws {ExprError} REGEX_INVALID for a pattern RE2 refuses, and for one that is over the caps.
 * @source Go `regexp/syntax`
 */
export function compileRegex(pattern: string, options: RegexOptions = {}): Regex {
  if (pattern.length > MAX_PATTERN_LENGTH) throw invalid(pattern, `longer than ${MAX_PATTERN_LENGTH} characters`);
  const program = compile(pattern);
  const names = Object.entries(program.namedGroups());
  const anchored = options.anchored === true;
  const findAll = (text: string, limit: number) => matches({ program, names, anchored, text, limit });
  return {
    pattern,
    size: program.programSize(),
    test: (text) => (anchored ? program.testExact(text) : program.test(text)),
    find: (text) => findAll(text, 1)[0],
    findAll: (text, limit = Number.POSITIVE_INFINITY) => findAll(text, limit),
    expand,
  };
}

function compile(pattern: string): RE2JS {
  let program: RE2JS;
  try {
    program = RE2JS.compile(pattern);
  } catch (cause) {
    throw invalid(pattern, messageOf(cause), cause);
  }
  const size = program.programSize();
  if (size > MAX_PROGRAM_SIZE) throw invalid(pattern, `${size} instructions are over ${MAX_PROGRAM_SIZE}`);
  return program;
}

function invalid(pattern: string, fact: string, cause?: unknown): ExprError<"REGEX_INVALID"> {
  return new ExprError("REGEX_INVALID", `Cannot compile pattern ${quoted(pattern)}: ${fact}`, { pattern }, { cause });
}

interface Search {
  program: RE2JS;
  names: readonly [name: string, group: number][];
  anchored: boolean;
  text: string;
  limit: number;
}

function matches({ program, names, anchored, text, limit }: Search): RegexMatch[] {
  const matcher = program.matcher(text);
  const found: RegexMatch[] = [];
  let end: number | undefined;
  while (found.length < limit && (anchored ? matcher.matches() : matcher.find())) {
    const groups = Array.from({ length: matcher.groupCount() + 1 }, (_, group) => matcher.group(group) ?? undefined);
    const named = new Map(names.map(([name, group]) => [name, groups[group]]));
    const [text, index] = [groups[0] ?? "", matcher.start()];
    if (text !== "" || index !== end) found.push({ text, index, groups, named });
    end = matcher.end();
    if (anchored) break;
  }
  return found;
}

const REFERENCE = /\$(?:\$|([\p{L}\p{Nd}_]+)|\{([\p{L}\p{Nd}_]+)\})/gu;

function expand(template: string, match: RegexMatch): string {
  return template.replace(REFERENCE, (_, plain: string | undefined, braced: string | undefined) => {
    const name = plain ?? braced;
    return name === undefined ? "$" : (captured(match, name) ?? "");
  });
}

function captured(match: RegexMatch, name: string): string | undefined {
  return /^(?:0|[1-9][0-9]{0,7})$/.test(name) ? match.groups[Number(name)] : match.named.get(name);
}
