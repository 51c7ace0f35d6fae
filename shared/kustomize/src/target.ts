import { type Lineage } from "./build-metadata.ts";
import { type BuildState, type FoundFile } from "./build-state.ts";
import { failure, located } from "./errors.ts";
import { parseKustomization, type Kustomization } from "./kustomization.ts";
import { type Loader } from "./loader.ts";

/** A kustomization that is being built. */
export interface Target {
  kustomization: Kustomization;
  loader: Loader;
  /** Path of the kustomization file, and its name in the folder. */
  file: string;
  name: string;
  /** Digest of its content. */
  digest: string;
  /** How the root came here, if the root's `buildMetadata` asks for anything. */
  lineage: Lineage | undefined;
}

const FILE_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/**
 * Reads the kustomization in the folder of `loader`.
 * @throws {KustomizeError} NO_KUSTOMIZATION, KUSTOMIZATION_INVALID, or TOO_LARGE for one too many
 */
export function loadTarget(state: BuildState, loader: Loader, lineage?: Lineage): Target {
  state.count("kustomizations", 1);
  const [found, second] = FILE_NAMES.flatMap((name) => {
    const found = findFile(loader, name);
    return found === undefined ? [] : [{ ...found, name }];
  });
  if (found === undefined) {
    throw failure("NO_KUSTOMIZATION", `there is no kustomization file in "${loader.shown(loader.folder) || "."}"`);
  }
  if (second !== undefined) {
    throw failure("KUSTOMIZATION_INVALID", `"${found.path}" and "${second.path}" are both kustomization files`);
  }
  const { path, name } = found;
  const { kustomization, warnings } = state.parsed("kustomization", found, (text) => parseKustomization(text, path));
  for (const warning of warnings) state.tracer.warn(`${path}: ${warning}`);
  located({ file: path, field: "openapi" }, () => {
    const schema = kustomization.openapi.get("path");
    const source = schema === undefined ? undefined : loader.readText(schema);
    state.adoptSchema({ source, version: kustomization.openapi.get("version") });
  });
  return { kustomization, loader, file: path, name, digest: found.file.digest, lineage };
}

/** The file that `entry` names seen from `loader`, if there is one. @throws {KustomizeError} FORBIDDEN_PATH */
export function findFile(loader: Loader, entry: string): FoundFile | undefined {
  const path = loader.resolve(entry);
  const file = loader.find(path);
  return file === undefined ? undefined : { path: loader.shown(path), file };
}
