import { expect, test } from "vitest";
import { KustomizeError } from "./errors.ts";
import { parseLabelSelector, splitRequirements } from "./label-selector.ts";
import { isRemote } from "./loader.ts";
import { replaceReferences } from "./vars.ts";

/** Long enough that a scan of the rest of the text from every character of it would not end. */
const MANY = 1_000_000;

/** Every text of up to `length` characters of the alphabet. */
function* texts(alphabet: string, length: number): Generator<string> {
  yield "";
  if (length === 0) return;
  for (const rest of texts(alphabet, length - 1)) for (const first of alphabet) yield first + rest;
}

test("splitRequirements() splits at the commas that no closing parenthesis follows", () => {
  for (const text of texts("a,()", 6)) {
    expect(splitRequirements(text)).toEqual(text === "" ? [] : text.split(/,(?![^()]*\))/));
  }
});

test("replaceReferences() replaces what the pattern of a reference matches", () => {
  const valueOf = (name: string) => `<${name}>`;
  for (const text of texts("$()a", 6)) {
    const expected = text.replace(/\$(?:\$|\(([^)]*)\))/g, (_, name?: string) =>
      name === undefined ? "$" : valueOf(name),
    );
    expect(replaceReferences(text, valueOf)).toBe(expected);
  }
});

test("isRemote() is true if a colon follows an at sign before the first slash", () => {
  for (const text of texts("@:/a", 6)) expect(isRemote(text)).toBe(/^(?:[^/]*@[^/]*:|a+:\/\/)/.test(text));
});

test("a selector of a million requirements, and one of a million commas, end", () => {
  expect(splitRequirements("a,".repeat(MANY))).toHaveLength(MANY + 1);
  expect(() => parseLabelSelector(",".repeat(MANY))).toThrow(KustomizeError);
});

test("a text of a million unfinished references stays", () => {
  const text = "$(".repeat(MANY);
  expect(replaceReferences(text, () => "x")).toBe(text);
});

test("a path of a million at signs is no remote one", () => {
  expect(isRemote("@".repeat(MANY))).toBe(false);
});
