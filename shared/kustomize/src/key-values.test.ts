import { expect, test } from "vitest";
import { KustomizeError } from "./errors.ts";
import { decodeUtf8, readData, type DataSources } from "./key-values.ts";

const FILES: Readonly<Record<string, string>> = {
  "dir/app.ini": "a=b\n",
  "vars.env": "\uFEFFFIRST=1\r\n# note\n\n  LEAD= x \nALONE\n=nokey\nEQ=a=b\n",
};

function dataOf(sources: Partial<DataSources>): Record<string, string | undefined> {
  const read = (path: string) => new TextEncoder().encode(FILES[path] ?? "");
  const data = readData({ name: "g", literals: [], files: [], envs: [], ...sources }, read);
  return Object.fromEntries([...data].map(([key, bytes]) => [key, decodeUtf8(bytes)]));
}

test("literals lose one pair of outer quotes and keep everything else", () => {
  const literals = ["a=1", 'b="two"', "c='x", "d=", "e==", 'f=""q""', "g= s "];
  expect(dataOf({ literals })).toEqual({ a: "1", b: "two", c: "'x", d: "", e: "=", f: '"q"', g: " s " });
});

test("a file's key is its base name, or what stands before the equals sign", () => {
  expect(dataOf({ files: ["dir/app.ini", "k=dir/app.ini"] })).toEqual({ "app.ini": "a=b\n", k: "a=b\n" });
});

test("an env file gives a pair a line, without comments, blank lines and lines without a key", () => {
  expect(dataOf({ envs: ["vars.env"] })).toEqual({ FIRST: "1", LEAD: " x ", ALONE: "", EQ: "a=b" });
});

const REFUSED: readonly Partial<DataSources>[] = [
  { literals: ["nokey"] },
  { literals: ["=v"] },
  { literals: ["a=1", "a=2"] },
  { files: ["=x"] },
  { files: ["k="] },
  { files: ["a=b=c"] },
  { literals: ["FIRST=1"], envs: ["vars.env"] },
];

for (const sources of REFUSED) {
  test(`sources are refused: ${JSON.stringify(sources)}`, () => {
    expect(() => dataOf(sources)).toThrow(KustomizeError);
  });
}

test("decodeUtf8() keeps a byte order mark and refuses what is not UTF-8", () => {
  expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe("\uFEFFa");
  expect(decodeUtf8(Uint8Array.of(0xff))).toBeUndefined();
});
