import { cloneJson, isObject, type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { type ListMerge, mergeIndexed } from "./list-index.ts";
import { mergeByMatching } from "./list-merge.ts";

/** Every list of up to `length` of the elements. */
function* lists(elements: readonly Json[], length: number): Generator<Json[]> {
  yield [];
  if (length === 0) return;
  for (const rest of lists(elements, length - 1)) for (const first of elements) yield [first, ...rest];
}

/** Merges as patches do: in place, with elements that `do` says to delete or to replace. */
function merge(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (target === undefined || patch === undefined)
    return isObject(patch) && patch["do"] === "delete" ? undefined : (patch ?? target);
  if (!isObject(target) || !isObject(patch)) return patch;
  if (patch["do"] === "delete") return undefined;
  return patch["do"] === "replace" ? patch : Object.assign(target, patch);
}

/** Copies, because merging changes the elements. */
function inputs(target: readonly Json[], patch: readonly Json[], keys: readonly string[]): ListMerge {
  return { target: target.map((each) => cloneJson(each)), patch: patch.map((each) => cloneJson(each)), keys, merge };
}

const KINDS: readonly (readonly [name: string, keys: readonly string[], elements: readonly Json[]])[] = [
  [
    "one key",
    ["n"],
    [{ n: "a" }, { n: "b", x: 1 }, { n: "b", y: 2 }, { n: "a", do: "delete" }, { n: 3, do: "replace" }],
  ],
  [
    "two keys",
    ["p", "q"],
    [
      { p: 1, q: "T" },
      { p: 1, q: "U" },
      { p: 2, q: "T", x: 1 },
      { p: 1, q: "T", do: "delete" },
    ],
  ],
  ["two keys of which one is used", ["p", "q"], [{ p: 1 }, { p: 2, x: 1 }, { p: 1, do: "delete" }, { p: 2, q: null }]],
  ["no keys", [], ["a", "b", 1, "1", true]],
];

for (const [name, keys, elements] of KINDS) {
  test(`mergeIndexed() merges lists of ${name} as matching each element with each does`, () => {
    for (const target of lists(elements, 3)) {
      for (const patch of lists(elements, 3)) {
        if (target.length + patch.length === 0) continue; // nothing to tell apart
        const result = mergeIndexed(inputs(target, patch, keys));
        expect(result).toEqual(mergeByMatching(inputs(target, patch, keys)));
      }
    }
  });
}

const UNFIT: readonly (readonly [name: string, keys: readonly string[], target: Json[], patch: Json[]])[] = [
  ["no elements", [], [], []],
  ["a key that only some elements have", ["p", "q"], [{ p: 1, q: "T" }], [{ p: 1 }]],
  ["a key that no element has", ["n"], [{ x: 1 }], []],
  ["a key that is null", ["n"], [{ n: null }, { n: "null" }], []],
  ["keys of one text and two types", ["n"], [{ n: "80" }], [{ n: 80 }]],
  ["an element that is not a mapping", ["n"], [{ n: "a" }, "a"], []],
  ["a mapping among texts", [], ["a", {}], []],
  ["a key without a name", [""], [{ "": "a" }], []],
  ["a key that is a directive", ["$patch"], [{ $patch: "merge" }], []],
];

for (const [name, keys, target, patch] of UNFIT) {
  test(`mergeIndexed() leaves lists with ${name}`, () => {
    expect(mergeIndexed(inputs(target, patch, keys))).toBeUndefined();
  });
}

test("mergeIndexed() reads the key of each of 25,000 elements a few times", () => {
  let reads = 0;
  const element = (at: number) => ({
    get name() {
      reads += 1;
      return `n${at}`;
    },
  });
  const list = (from: number) => Array.from({ length: 25_000 }, (_, at) => element(from + at));
  const keep = (target: Json | undefined, patch: Json | undefined) => patch ?? target;
  const result = mergeIndexed({ target: list(0), patch: list(12_500), keys: ["name"], merge: keep });
  expect(result).toHaveLength(37_500);
  expect(reads).toBeLessThan(10 * 50_000);
});
