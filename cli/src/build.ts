import { stat, writeFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { build, type BuildFacts, KustomizeError, outputFiles, renderYaml, type BuildResult } from "@sluice/kustomize";
import { type BuildCommandOptions } from "./build-options.ts";
import { DiskTree } from "./disk-tree.ts";
import { CliError } from "./errors.ts";

export interface BuildDeps {
  /** Directory that paths are relative to. */
  cwd: string;
  /** Takes the objects where no output is named. */
  write: (text: string) => Promise<void>;
  /** Takes a line for the user, beside the output. */
  warn: (line: string) => void;
}

/**
 * Builds a kustomization of the disk and writes its objects as `kustomize build` does.
 * @throws {CliError} BUILD_FAILED, NOT_WRITTEN
 */
export async function buildCommand(options: BuildCommandOptions, { cwd, write, warn }: BuildDeps): Promise<void> {
  const result = await buildFolder(options, cwd);
  const warnings = [...options.warnings, ...result.warnings.map((warning) => shown(warning, cwd))];
  for (const warning of warnings) warn(`Warning: ${warning}`);
  if (options.output === undefined) await write(renderYaml(result.objects));
  else await writeOutput(result, resolve(cwd, options.output), options.output);
}

async function buildFolder(options: BuildCommandOptions, cwd: string): Promise<BuildResult> {
  const { dir, loadRestriction, sort, managedByLabel } = options;
  const folder = resolve(cwd, dir);
  const fault = dir === "" ? "no folder is named" : await faultOf(folder, dir);
  if (fault !== undefined) throw new CliError("BUILD_FAILED", `Cannot build "${dir}": ${fault}`, {});
  try {
    return build(new DiskTree(), folder.split(sep).join("/"), { loadRestriction, sort, managedByLabel });
  } catch (thrown) {
    if (!(thrown instanceof KustomizeError)) throw thrown;
    throw new CliError("BUILD_FAILED", shown(thrown.message, cwd, thrown.data), {}, { cause: thrown });
  }
}

/** Why a path is no folder to build; undefined if it is one. */
async function faultOf(path: string, given: string): Promise<string | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() === true) return undefined;
  if (/^[a-z+]+:\/\/|^git@/i.test(given))
    return "remote kustomizations are not fetched: clone the repository, and build its folder";
  return found ? "it is a file: name its folder" : "there is no such folder";
}

/**
 * The tree begins at the root of the disk; people think from the directory that they are in. Paths are what is quoted, and what
 * a warning begins with.
 */
function shown(text: string, cwd: string, { place, chain }: BuildFacts = { chain: [] }): string {
  const here = relative("/", cwd).split(sep).join("/");
  const known = new Set([...chain, ...(place === undefined ? [] : [place.file])]);
  const [atStart] = /^[^":]+(?=: )/.exec(text) ?? [];
  if (atStart !== undefined) known.add(atStart);
  return text.replaceAll(/^[^":]+(?=: )|(?<=")[^"]+(?=")/g, (path) => {
    if (path === here) return ".";
    if (path.startsWith(`${here}/`)) return path.slice(here.length + 1);
    return known.has(path) ? `/${path}` : path;
  });
}

async function writeOutput({ objects }: BuildResult, path: string, given: string): Promise<void> {
  try {
    const namesFolder = given.endsWith("/") || (await isFolder(path));
    if (!namesFolder) return await writeFile(path, renderYaml(objects));
    const files = outputFiles(objects);
    for (const { name } of files) demandFileName(name, given);
    for (const { name, object } of files) await writeFile(join(path, name), renderYaml([object]));
  } catch (thrown) {
    if (thrown instanceof CliError) throw thrown;
    throw notWritten(`"${given}"`, thrown);
  }
}

/** An object may have any text for a name; a file of the folder may not. @throws {CliError} NOT_WRITTEN */
function demandFileName(name: string, folder: string): void {
  if (!/[/\\\0]/.test(name)) return;
  throw new CliError("NOT_WRITTEN", `Cannot write to "${folder}": "${name}" is no name of a file`, { path: folder });
}

/** What people call the reasons of the operating system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such folder",
  ENOSPC: "no space is left on the device",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
};

export function notWritten(what: string, thrown: unknown): CliError<"NOT_WRITTEN"> {
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : String(thrown);
  const message = `Cannot write ${what}: ${REASONS[code] ?? code}`;
  return new CliError("NOT_WRITTEN", message, { path: what }, { cause: thrown });
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
