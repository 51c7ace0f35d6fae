import { expect, test } from "vitest";
import { compareVersions, parseVersion } from "./semver.ts";

const LOOSE_ONLY = ["1", "v1", "1.2", "v1.2-rc.1", "01.2.3", "1.02.3", "1+build"];
const BOTH = ["1.2.3", "v1.2.3", "0.0.0", "1.2.3-rc.1+build.5", "1.2.3--", "1.2.3-0a", "18446744073709551615.0.0"];
const NEITHER = [
  "",
  "v",
  "V1.2.3",
  " 1.2.3",
  "1.2.3 ",
  "1.2.3.4",
  "1.x",
  "a.b.c",
  "1..3",
  "1.2.3-",
  "1.2.3-01",
  "1.2.3-a..b",
];
const ALSO_NEITHER = [
  "1.2.3+",
  "1.2.3+a_b",
  "1.2.3-é",
  "1.2.3\n",
  "18446744073709551616.0.0",
  "-1.2.3",
  `1.2.3-${"a".repeat(251)}`,
];

for (const text of LOOSE_ONLY) {
  test(`parseVersion() reads ${text} only loosely`, () => {
    expect(parseVersion(text)?.original).toBe(text);
    expect(parseVersion(text, { strict: true })).toBeUndefined();
  });
}

for (const text of BOTH) {
  test(`parseVersion() reads ${text} loosely and strictly`, () => {
    expect(parseVersion(text)).toEqual(parseVersion(text, { strict: true }));
    expect(parseVersion(text)).toBeDefined();
  });
}

for (const text of [...NEITHER, ...ALSO_NEITHER]) {
  test(`parseVersion() refuses ${JSON.stringify(text.slice(0, 30))}`, () => {
    expect(parseVersion(text)).toBeUndefined();
    expect(parseVersion(text, { strict: true })).toBeUndefined();
  });
}

test("parseVersion() splits a version into its parts", () => {
  expect(parseVersion("v1.22.333-rc.1+build.5")).toEqual({
    major: 1n,
    minor: 22n,
    patch: 333n,
    prerelease: "rc.1",
    metadata: "build.5",
    original: "v1.22.333-rc.1+build.5",
  });
});

test("parseVersion() takes missing numbers for 0", () => {
  expect(parseVersion("v2-beta")).toMatchObject({ major: 2n, minor: 0n, patch: 0n, prerelease: "beta" });
});

/** From the oldest to the newest. */
const ORDER = [
  "0.0.0-0",
  "0.0.0",
  "1.0.0-1",
  "1.0.0-2",
  "1.0.0-10",
  "1.0.0--",
  "1.0.0-18446744073709551616",
  "1.0.0-ALPHA",
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1",
  "1.0.0",
  "1.0.1",
  "1.9.0",
  "1.10.0",
  "9007199254740993.0.0",
  "9007199254740994.0.0",
];

function version(text: string) {
  const found = parseVersion(text);
  if (found === undefined) throw new Error(`no version: ${text}`);
  return found;
}

for (const [index, newer] of ORDER.entries()) {
  if (index === 0) continue;
  const older = ORDER[index - 1] ?? "";
  test(`compareVersions() puts ${older} before ${newer}`, () => {
    expect(compareVersions(version(older), version(newer))).toBeLessThan(0);
    expect(compareVersions(version(newer), version(older))).toBeGreaterThan(0);
  });
}

test("compareVersions() gives metadata, a leading v and missing numbers no weight", () => {
  expect(compareVersions(version("v1.2+a"), version("1.2.0+b"))).toBe(0);
});
