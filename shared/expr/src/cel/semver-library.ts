import { compareVersions, parseVersion, type Version } from "../semver.ts";
import { define, type Overload } from "./function.ts";
import { CelFailure } from "./run.ts";
import { CelObject } from "./value.ts";

/** A semantic version. */
export class CelSemver extends CelObject {
  override readonly kind = "semver";
  readonly version: Version;

  constructor(version: Version) {
    super();
    this.version = version;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelSemver && compareVersions(other.version, this.version) === 0;
  }

  override toJson(): string {
    const { major, minor, patch, prerelease, metadata } = this.version;
    return `${major}.${minor}.${patch}${prerelease && `-${prerelease}`}${metadata && `+${metadata}`}`;
  }
}

/** Without `normalize` exactly three numbers and no leading `v`; with it, missing parts are 0. */
function parse(text: string, normalize: boolean): CelSemver | undefined {
  const version = normalize || !text.startsWith("v") ? parseVersion(text, { strict: !normalize }) : undefined;
  return version && new CelSemver(version);
}

function semver(text: string, normalize: boolean): CelSemver {
  const found = parse(text, normalize);
  if (found === undefined)
    throw new CelFailure(`Semver parse error during conversion from string "${text.slice(0, 80)}"`);
  return found;
}

/** Kubernetes' semantic versions. */
export const semvers: readonly Overload[] = [
  define("semver", ["string"], "semver", (text) => semver(text, false)),
  define("semver", ["string", "bool"], "semver", (text, normalize) => semver(text, normalize)),
  define("isSemver", ["string"], "bool", (text) => parse(text, false) !== undefined),
  define("isSemver", ["string", "bool"], "bool", (text, normalize) => parse(text, normalize) !== undefined),
  define(".major", ["semver"], "int", ({ version }) => version.major),
  define(".minor", ["semver"], "int", ({ version }) => version.minor),
  define(".patch", ["semver"], "int", ({ version }) => version.patch),
  define(".isLessThan", ["semver", "semver"], "bool", (a, b) => compareVersions(a.version, b.version) < 0),
  define(".isGreaterThan", ["semver", "semver"], "bool", (a, b) => compareVersions(a.version, b.version) > 0),
  define(".compareTo", ["semver", "semver"], "int", (a, b) => BigInt(Math.sign(compareVersions(a.version, b.version)))),
];
