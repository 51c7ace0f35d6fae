import { type LoadRestriction } from "@sluice/kustomize";
import { CliError } from "./errors.ts";

/** `sluice build`, as it was asked for. */
export interface BuildCommandOptions {
  /** The folder to build. */
  dir: string;
  /** File that the objects are written to, or folder that gets one file for each; undefined means standard output. */
  output: string | undefined;
  loadRestriction: LoadRestriction;
  sort: "none" | "legacy";
  /** Label every object as managed by kustomize. */
  managedByLabel: boolean;
  /** What is to be said about the command line. */
  warnings: readonly string[];
}

/** What the command line gives, as text. */
export interface RawBuildOptions {
  output?: string;
  loadRestrictor: string;
  reorder?: string;
  enableManagedbyLabel?: boolean;
  [flag: string]: unknown;
}

const LOAD_RESTRICTORS: ReadonlyMap<string, LoadRestriction> = new Map([
  ["LoadRestrictionsRootOnly", "root-only"],
  ["LoadRestrictionsNone", "none"],
]);

/** Flags of kustomize that allow what is not done here: they are taken and change nothing, and a kustomization that needs one fails. */
export const IDLE_FLAGS: readonly (readonly [flags: string, why: string])[] = [
  ["--enable-helm", "Helm charts are not built"],
  ["--helm-command <path>", "Helm charts are not built"],
  ["--helm-api-versions <versions>", "Helm charts are not built"],
  ["--helm-kube-version <version>", "Helm charts are not built"],
  ["--helm-debug", "Helm charts are not built"],
  ["--enable-alpha-plugins", "plugins that are not built in are not run"],
  ["--enable-exec", "functions are not run"],
  ["--network", "functions are not run"],
  ["--network-name <name>", "functions are not run"],
  ["--mount <storage>", "functions are not run"],
  ["-e, --env <variable>", "functions are not run"],
  ["--as-current-user", "functions are not run"],
  ["--stack-trace", "errors name the place in the kustomization"],
];

/** Flags that may be given as `--flag=true` and `--flag=false`, too. */
const BOOLEAN_FLAGS: ReadonlySet<string> = new Set([
  "--enable-managedby-label",
  ...IDLE_FLAGS.filter(([flags]) => !flags.includes("<")).map(([flags]) => nameOf(flags)),
]);

/** Arguments in which such flags stand bare, or not at all. */
export function withBareFlags(args: readonly string[]): string[] {
  return args.flatMap((arg) => {
    const [name = "", value] = arg.split("=", 2);
    if (value === undefined || !BOOLEAN_FLAGS.has(name)) return [arg];
    if (/^(?:1|t|true)$/i.test(value)) return [name];
    return /^(?:0|f|false)$/i.test(value) ? [] : [arg];
  });
}

/**
 * The options of `sluice build`: kustomize's names, values and defaults.
 * @throws {CliError} USAGE
 */
export function readBuildOptions(dir: string, raw: RawBuildOptions): BuildCommandOptions {
  const loadRestriction = LOAD_RESTRICTORS.get(raw.loadRestrictor);
  if (loadRestriction === undefined) {
    throw usage(`--load-restrictor "${raw.loadRestrictor}" is none of ${[...LOAD_RESTRICTORS.keys()].join(", ")}`);
  }
  const { reorder, output } = raw;
  if (reorder !== undefined && reorder !== "none" && reorder !== "legacy") {
    throw usage(`--reorder "${reorder}" is none of legacy, none`);
  }
  const managedByLabel = raw.enableManagedbyLabel === true;
  return {
    dir,
    output,
    loadRestriction,
    sort: reorder ?? "legacy",
    managedByLabel,
    warnings: [...idle(raw), ...deprecations(raw)],
  };
}

function idle(raw: RawBuildOptions): string[] {
  const given = IDLE_FLAGS.filter(([flags]) => raw[keyOf(flags)] !== undefined);
  return given.map(([flags, why]) => `${nameOf(flags)} changes nothing: ${why}`);
}

function deprecations({ reorder, enableManagedbyLabel }: RawBuildOptions): string[] {
  const found: string[] = [];
  if (reorder !== undefined) found.push('--reorder is deprecated; use "sortOptions" in the kustomization');
  if (enableManagedbyLabel !== undefined) {
    found.push('--enable-managedby-label is deprecated; use "buildMetadata: [managedByLabel]" in the kustomization');
  }
  return found;
}

function nameOf(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** The key that the flag's value is parsed into: `--enable-helm` is `enableHelm`. */
function keyOf(flags: string): string {
  return nameOf(flags)
    .slice(2)
    .replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function usage(message: string): CliError<"USAGE"> {
  return new CliError("USAGE", message, {});
}
