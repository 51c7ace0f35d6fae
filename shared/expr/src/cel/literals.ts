import { ExprError } from "../errors.ts";
import { compileRegex } from "../regex.ts";
import type { Node } from "./syntax.ts";
import { parseDuration, parseTimestamp } from "./time.ts";

const MATCHERS: ReadonlySet<string> = new Set(["matches", ".matches", ".find", ".findAll"]);

/**
 * What is wrong with a pattern, span or moment that the expression has as a literal, so that it is reported before the
 * expression runs; undefined if nothing is.
 */
export function wrongLiteral(name: string, args: readonly Node[]): string | undefined {
  const text = literalText(args[MATCHERS.has(name) ? 1 : 0]);
  if (text === undefined) return undefined;
  if (MATCHERS.has(name)) return wrongPattern(text);
  if (name === "duration" && parseDuration(text) === undefined) return "invalid duration argument";
  if (name === "timestamp" && parseTimestamp(text) === undefined) return "invalid timestamp argument";
  return undefined;
}

function literalText(node: Node | undefined): string | undefined {
  return node?.kind === "literal" && typeof node.value === "string" ? node.value : undefined;
}

function wrongPattern(pattern: string): string | undefined {
  try {
    compileRegex(pattern);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ExprError) return thrown.message;
    throw thrown;
  }
}
