import { join } from "node:path";
import { ArtifactError } from "./errors.ts";

/** The object an artifact belongs to. */
export interface ArtifactOwner {
  kind: string;
  namespace: string;
  name: string;
}

/** Where files are written before they get their name: on the same file system, never served. */
export const TEMPORARY_DIR = ".tmp";

/**
 * The folder of an object's artifacts, relative to the store's root: `<kind in lower case>/<namespace>/<name>`.
 * @throws {ArtifactError} NAME_INVALID if a part cannot be a file name.
 * @source section 2.2 of the specification
 */
export function folderOf(owner: ArtifactOwner): string {
  return [owner.kind.toLowerCase(), owner.namespace, owner.name].map(checkedName).join("/");
}

/** The path of one artifact, relative to the store's root. */
export function artifactPath(owner: ArtifactOwner, fileName: string): string {
  return `${folderOf(owner)}/${checkedName(fileName)}`;
}

/**
 * The file in the store that a relative path such as `status.artifact.path` names.
 * @throws {ArtifactError} NAME_INVALID if it is not `<kind>/<namespace>/<name>/<file>`.
 */
export function fileAt(root: string, path: string): string {
  const parts = path.split("/");
  if (parts.length !== 4) throw invalidName(path);
  return join(root, ...parts.map(checkedName));
}

/** Letters, digits and `._:+@-`, not beginning with a dot, at most 255 bytes. */
function checkedName(name: string): string {
  if (!/^[A-Za-z0-9_][A-Za-z0-9._:+@-]{0,254}$/.test(name)) throw invalidName(name);
  return name;
}

function invalidName(name: string): ArtifactError<"NAME_INVALID"> {
  const shown = name.slice(0, 200);
  return new ArtifactError("NAME_INVALID", `Cannot use "${shown}" in the artifact store: not a file name`, {
    name: shown,
  });
}
