import { ArtifactError } from "./errors.ts";
import { compileSegment, type SegmentTest } from "./glob.ts";

/** The name of the file that holds ignore rules, in any directory of a tree. */
export const IGNORE_FILE = ".sourceignore";

/** Longest text of all rules together, in bytes. */
export const MAX_IGNORE_BYTES = 1 << 20;
/** Most rules in all files together. */
export const MAX_IGNORE_RULES = 2000;

/** True if the path (relative, slash-separated) is left out of the artifact. */
export type Ignored = (path: string, isDirectory: boolean) => boolean;

/** Excluded whatever else is said, unless a rule re-includes it. */
const VCS_RULES = [".git/", ".gitignore", ".gitmodules", ".gitattributes"];
/** Excluded as long as nobody gave a rule. */
const DEFAULT_RULES = [
  ...["*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip"],
  ...[".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml"],
  ...["cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml"],
  ...["**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml"],
];

/**
 * Compiles the ignore rules of a tree.
 *
 * Rules count in the order: version control files, `files` in the order given, `spec`; the last rule that matches a path
 * decides. As soon as there is one rule of the user's, the default excludes for media, CI and tool files no longer apply.
 * @param options.files the tree's `.sourceignore` files, parents before children; `dir` is "" at the root.
 * @param options.spec the rules of `spec.ignore`.
 * @throws {ArtifactError} IGNORE_INVALID over {@link MAX_IGNORE_BYTES} or {@link MAX_IGNORE_RULES}.
 * @source go-git `plumbing/format/gitignore` and fluxcd/pkg `sourceignore`
 */
export function compileIgnore(options: { files: readonly { dir: string; text: string }[]; spec?: string }): Ignored {
  const sources = [...options.files, ...(options.spec === undefined ? [] : [{ dir: "", text: options.spec }])];
  checkSize(sources);
  const own = sources.flatMap(({ dir, text }) => parseRules(text, dir));
  if (own.length > MAX_IGNORE_RULES) throw tooMuch(`there are more than ${MAX_IGNORE_RULES} rules`);
  const fixed = own.length > 0 ? VCS_RULES : [...VCS_RULES, ...DEFAULT_RULES];
  const rules = [...fixed.map((line) => parseRule(line, [])), ...own].reverse();
  return (path, isDirectory) => {
    const segments = path.split("/");
    const decisive = rules.find((rule) => rule.matches(segments, isDirectory));
    return decisive !== undefined && !decisive.includes;
  };
}

function checkSize(sources: readonly { text: string }[]): void {
  const bytes = sources.reduce((sum, { text }) => sum + text.length, 0);
  if (bytes > MAX_IGNORE_BYTES) throw tooMuch(`they exceed ${MAX_IGNORE_BYTES} bytes`);
}

function tooMuch(why: string): ArtifactError<"IGNORE_INVALID"> {
  return new ArtifactError("IGNORE_INVALID", `Cannot use ignore rules: ${why}`, { why });
}

interface Rule {
  includes: boolean;
  matches(path: readonly string[], isDirectory: boolean): boolean;
}

function parseRules(text: string, dir: string): Rule[] {
  const domain = dir === "" ? [] : dir.split("/");
  return text
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#") && line.trim() !== "")
    .map((line) => parseRule(line, domain));
}

function parseRule(line: string, domain: readonly string[]): Rule {
  const includes = line.startsWith("!");
  let pattern = includes ? line.slice(1) : line;
  if (!pattern.endsWith("\\ ")) pattern = pattern.replace(/ +$/, "");
  const directoryOnly = pattern.endsWith("/");
  if (directoryOnly) pattern = pattern.slice(0, -1);
  const match = pattern.includes("/") ? anchored(pattern, directoryOnly) : anywhere(pattern, directoryOnly);
  return {
    includes,
    matches(path, isDirectory) {
      if (path.length <= domain.length || domain.some((part, i) => path[i] !== part)) return false;
      return match(path.slice(domain.length), isDirectory);
    },
  };
}

type PathTest = (path: readonly string[], isDirectory: boolean) => boolean;
const never: PathTest = () => false;

/** A pattern without a slash is tried on every segment: what lies below a matching directory matches too. */
function anywhere(pattern: string, directoryOnly: boolean): PathTest {
  const test = compileSegment(pattern);
  if (test === undefined) return never;
  return (path, isDirectory) => {
    const at = path.findIndex((segment) => test(segment));
    if (at < 0) return false;
    return !directoryOnly || isDirectory || at < path.length - 1;
  };
}

type Step = "any-depth" | "here" | SegmentTest;

/** A pattern with a slash is matched from the rule's directory on, segment by segment. */
function anchored(pattern: string, directoryOnly: boolean): PathTest {
  const steps: Step[] = [];
  for (const segment of pattern.split("/")) {
    const step = compileStep(segment);
    if (step === undefined) return never;
    steps.push(step);
  }
  return (path, isDirectory) => {
    const used = consume(steps, path);
    if (used === undefined) return false;
    return !directoryOnly || isDirectory || used < path.length;
  };
}

function compileStep(segment: string): Step | undefined {
  if (segment === "") return "here";
  if (segment === "**") return "any-depth";
  return segment.includes("**") ? undefined : compileSegment(segment);
}

/** The number of segments the steps used up when the pattern matches, else undefined. */
function consume(steps: readonly Step[], path: readonly string[]): number | undefined {
  let used = 0;
  let matched = false;
  let anyDepth = false;
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1;
    if (step === "here") anyDepth = false;
    else if (step === "any-depth") anyDepth = !last;
    else {
      if (used === path.length) return undefined;
      const at = anyDepth ? path.findIndex((segment, k) => k >= used && step(segment)) : used;
      if (!anyDepth && !step(path[used] as string)) return undefined;
      matched = at >= 0 && (anyDepth || last || at + 1 < path.length);
      used = at < 0 ? path.length : at + 1;
      anyDepth = false;
    }
  }
  return matched ? used : undefined;
}
