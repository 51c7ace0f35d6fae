/**
 * A semantic version as Masterminds reads it. The numbers are `bigint` because Go holds them in 64 bits; parts that a
 * loose version leaves out are 0.
 */
export interface Version {
  readonly major: bigint;
  readonly minor: bigint;
  readonly patch: bigint;
  /** Dot-separated identifiers after `-`; empty for a release. */
  readonly prerelease: string;
  /** Dot-separated identifiers after `+`; empty if there are none, and without weight in comparisons. */
  readonly metadata: string;
  /** The text that was parsed. */
  readonly original: string;
}

const MAX_VERSION_LENGTH = 256;
const MAX_UINT64 = 2n ** 64n - 1n;

const IDENTIFIERS = "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*";
const SUFFIX = `(?:-(?<pre>${IDENTIFIERS}))?(?:\\+(?<meta>${IDENTIFIERS}))?`;
const LOOSE = new RegExp(`^v?(?<major>[0-9]+)(?:\\.(?<minor>[0-9]+))?(?:\\.(?<patch>[0-9]+))?${SUFFIX}$`);
const NUMBER = "0|[1-9][0-9]*";
const STRICT = new RegExp(`^v?(?<major>${NUMBER})\\.(?<minor>${NUMBER})\\.(?<patch>${NUMBER})${SUFFIX}$`);

/**
 * Reads a version, with or without a leading `v`.
 *
 * Loose reading fills in missing parts and accepts leading zeros in the three numbers (`v1`, `1.4`, `01.2.3`); strict
 * reading wants exactly three numbers without leading zeros, as Flux does for tags.
 * @returns undefined if `text` is no version, is over 256 characters or has a number over 64 bits.
 * @source Masterminds/semver 3.5 `NewVersion`, `StrictNewVersion`; fluxcd/pkg/version `ParseVersion`
 */
export function parseVersion(text: string, options: { strict?: boolean } = {}): Version | undefined {
  if (text.length > MAX_VERSION_LENGTH) return undefined;
  const groups = (options.strict ? STRICT : LOOSE).exec(text)?.groups;
  if (groups === undefined || hasPaddedNumber(groups["pre"] ?? "")) return undefined;
  const [major, minor, patch] = [
    BigInt(groups["major"] ?? 0),
    BigInt(groups["minor"] ?? 0),
    BigInt(groups["patch"] ?? 0),
  ];
  if (major > MAX_UINT64 || minor > MAX_UINT64 || patch > MAX_UINT64) return undefined;
  return { major, minor, patch, prerelease: groups["pre"] ?? "", metadata: groups["meta"] ?? "", original: text };
}

function hasPaddedNumber(prerelease: string): boolean {
  return prerelease.split(".").some((part) => /^0[0-9]+$/.test(part));
}

/**
 * Orders versions: negative if `a` is older, positive if newer, 0 if equal. A pre-release is older than its release;
 * metadata does not count.
 * @source semver.org 2.0.0 section 11
 */
export function compareVersions(a: Version, b: Version): number {
  return (
    order(a.major, b.major) ||
    order(a.minor, b.minor) ||
    order(a.patch, b.patch) ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function order<T extends bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders pre-release texts; the empty one, a release, is the newest. */
export function comparePrereleases(a: string, b: string): number {
  if (a === b) return 0;
  if (a === "") return 1;
  if (b === "") return -1;
  const [left, right] = [a.split("."), b.split(".")];
  for (let index = 0; index < Math.min(left.length, right.length); index++) {
    const found = compareIdentifiers(left[index] ?? "", right[index] ?? "");
    if (found !== 0) return found;
  }
  return left.length - right.length;
}

/** Numbers before words; a number over 64 bits counts as a word, as in Go. */
function compareIdentifiers(a: string, b: string): number {
  const [left, right] = [identifierNumber(a), identifierNumber(b)];
  if (left !== undefined && right !== undefined) return order(left, right);
  if (left !== undefined) return -1;
  if (right !== undefined) return 1;
  return order(a, b);
}

function identifierNumber(text: string): bigint | undefined {
  if (!/^[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > MAX_UINT64 ? undefined : value;
}
