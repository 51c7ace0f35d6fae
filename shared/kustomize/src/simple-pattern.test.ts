import { compileRegex } from "@sluice/expr";
import fc from "fast-check";
import { expect, test } from "vitest";
import { simplePattern } from "./simple-pattern.ts";

test("simplePattern() refuses what has more than letters, dashes, dots and one run of any characters", () => {
  for (const pattern of ["a|b", "(a)", "a+", "a*", ".**", "a.*b.*", "[a]", "^a", "a$", "\\.", "a?", "ä"]) {
    expect([pattern, simplePattern(pattern)]).toEqual([pattern, undefined]);
  }
});

test("simplePattern() selects what RE2 selects", () => {
  const piece = fc.constantFrom("a", "b", "-", "/", ".", ".*");
  const patterns = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join(""));
  const texts = fc.array(fc.constantFrom("a", "b", "-", "/", ".", "\n", "\r", "\u2028", "\u{1F4A9}"), { maxLength: 6 });
  const property = fc.property(patterns, texts, (pattern, pieces) => {
    const simple = simplePattern(pattern);
    fc.pre(simple !== undefined);
    const text = pieces.join("");
    const expected = compileRegex(pattern, { anchored: true }).test(text);
    expect(new RegExp(`^${simple}$`, "u").test(text)).toBe(expected);
  });
  fc.assert(property, { numRuns: 2000 });
});
