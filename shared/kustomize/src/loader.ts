import { insideRoot } from "@sluice/base";
import { failure, noObject, type Place } from "./errors.ts";
import { type RecordingTree, type SourceFile } from "./recording-tree.ts";
import { decodeUtf8 } from "./key-values.ts";
import { PENDING, type RemoteReader } from "./remotes.ts";
import { type RepositoryUrl } from "./repository-url.ts";

/** Which files a kustomization may read beside bases: any of the tree, or only those in and below its folder. */
export type LoadRestriction = "none" | "root-only";

/** A file, its path in the tree, and its text. */
export interface LoadedText {
  path: string;
  file: SourceFile;
  text: string;
}

/** A tree that kustomizations are read from: the build's own, or that of a remote repository. */
interface Mount {
  tree: RecordingTree;
  restriction: LoadRestriction;
  remotes: RemoteReader;
  /** The repository, and the entry that named it as it was written. */
  repository?: RepositoryUrl & { entry: string };
}

/** Stands in for a remote file that was not fetched yet. */
const NO_CONTENT: SourceFile = { content: new Uint8Array(), digest: "" };

/** Reads what one kustomization names, by paths relative to its folder. */
export class Loader {
  readonly folder: string;
  readonly #mount: Mount;

  constructor(folder: string, mount: Mount) {
    this.folder = folder;
    this.#mount = mount;
  }

  /** The loader of the folder that `entry` names in a remote repository, where files outside of each folder are refused. */
  mounted(tree: RecordingTree, repository: RepositoryUrl & { entry: string }): Loader {
    const { remotes } = this.#mount;
    return new Loader(repository.path, { tree, restriction: "root-only", remotes, repository });
  }

  /** The loader of another folder of the same tree, as it is called without symbolic links. */
  beside(folder: string): Loader {
    return new Loader(folder, this.#mount);
  }

  get isRemote(): boolean {
    return this.#mount.repository !== undefined;
  }

  /** A path of this tree as messages and origins show it. */
  shown(resolved: string): string {
    const { repository } = this.#mount;
    if (repository === undefined) return resolved;
    return `${repository.url}//${resolved}${repository.ref === "" ? "" : `?ref=${repository.ref}`}`;
  }

  /** True if `other` is of this tree, and in or below this folder. */
  contains(other: Loader): boolean {
    if (this.#mount !== other.#mount) return false;
    return this.folder === "" || other.folder === this.folder || other.folder.startsWith(`${this.folder}/`);
  }

  /** True if this is of a repository whose entry starts with `entry`. */
  cameFrom(entry: string): boolean {
    return this.#mount.repository?.entry.startsWith(entry) ?? false;
  }

  /** @throws {KustomizeError} FORBIDDEN_PATH if `path` is absolute or leaves the tree. */
  resolve(path: string): string {
    const resolved = path.startsWith("/") ? undefined : insideRoot(`${this.folder}/${path}`);
    if (resolved === undefined) throw failure("FORBIDDEN_PATH", `"${path}" leads out of the source`);
    return resolved;
  }

  hasDirectory(resolved: string): boolean {
    return this.#mount.tree.hasDirectory(resolved);
  }

  /** The loader of the folder at a path that `resolve` gave, as it is called without symbolic links. */
  real(resolved: string): Loader {
    return this.beside(this.#mount.tree.realPath(resolved));
  }

  /** The file at a path that `resolve` gave, or undefined. @throws {KustomizeError} FORBIDDEN_PATH by the restriction */
  find(resolved: string): SourceFile | undefined {
    const { tree, restriction } = this.#mount;
    const file = tree.read(resolved);
    if (file === undefined || restriction === "none") return file;
    if (this.folder === "" || tree.realPath(resolved).startsWith(`${this.folder}/`)) return file;
    throw failure("FORBIDDEN_PATH", `"${resolved}" is not in or below "${this.folder}"`);
  }

  /**
   * The content of a file of the tree or of a URL; of a URL that was not fetched yet nothing.
   * @throws {KustomizeError} REMOTE, FORBIDDEN_PATH or NOT_FOUND
   */
  read(path: string): SourceFile {
    if (isWebUrl(path)) {
      const file = this.#mount.remotes.file(path);
      if (file === null) throw failure("NOT_FOUND", `"${path}" does not exist`);
      return file === PENDING ? NO_CONTENT : file;
    }
    if (path.includes("\n")) throw noObject();
    const file = this.find(this.resolve(path));
    if (file !== undefined) return file;
    if (isRemote(path)) throw failure("REMOTE", `"${path}" is remote: files are read by path or http URL only`);
    throw failure("NOT_FOUND", `file "${path}" does not exist`);
  }

  /** As `read`, decoded. @throws {KustomizeError} also MANIFEST_INVALID if the file is not UTF-8 */
  readText(path: string): LoadedText {
    const file = this.read(path);
    const shown = isWebUrl(path) ? path : this.shown(this.resolve(path));
    return { path: shown, file, text: textOfFile(file, { file: shown }) };
  }
}

/** @throws {KustomizeError} MANIFEST_INVALID if the file is not UTF-8. */
export function textOfFile(file: SourceFile, place: Place): string {
  const text = decodeUtf8(file.content);
  if (text === undefined) throw failure("MANIFEST_INVALID", "the file is not UTF-8", { place });
  return text;
}

/** True for the URLs that kustomize reads files from. */
export function isWebUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** True for URLs and what looks like a Git repository, also in forms that kustomize does not know: to say so in a message. */
export function isRemote(path: string): boolean {
  return (
    /^(?:[a-z][a-z0-9+.-]*:\/\/|git::|git@|gh:|[^/@]*@[^/]*:)/i.test(path) ||
    /^(?:www\.)?(?:github|gitlab|bitbucket)\.(?:com|org)[/:]/i.test(path) ||
    /(?:\.git(?:[/?]|$)|[?&]ref=)/.test(path)
  );
}
