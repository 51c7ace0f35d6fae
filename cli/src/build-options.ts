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

/** Flags of kustomize that ask for what is not done here, and why not. */
export const REFUSED_FLAGS: readonly (readonly [flags: string, why: string])[] = [
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
];

/**
 * The options of `sluice build`: kustomize's names, values and defaults.
 * @throws {CliError} USAGE
 */
export function readBuildOptions(dir: string, raw: RawBuildOptions): BuildCommandOptions {
  for (const [flags, why] of REFUSED_FLAGS)
    if (raw[keyOf(flags)] !== undefined) throw usage(`${nameOf(flags)}: ${why}`);
  const loadRestriction = LOAD_RESTRICTORS.get(raw.loadRestrictor);
  if (loadRestriction === undefined) {
    throw usage(`--load-restrictor "${raw.loadRestrictor}" is none of ${[...LOAD_RESTRICTORS.keys()].join(", ")}`);
  }
  const { reorder, output } = raw;
  if (reorder !== undefined && reorder !== "none" && reorder !== "legacy") {
    throw usage(`--reorder "${reorder}" is none of legacy, none`);
  }
  const managedByLabel = raw.enableManagedbyLabel === true;
  return { dir, output, loadRestriction, sort: reorder ?? "legacy", managedByLabel, warnings: deprecations(raw) };
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
