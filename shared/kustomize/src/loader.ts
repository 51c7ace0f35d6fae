import { insideRoot } from "@sluice/base";
import { failure, type Place } from "./errors.ts";
import { type RecordingTree, type SourceFile } from "./file-tree.ts";
import { decodeUtf8 } from "./key-values.ts";

/** Which files a kustomization may read beside bases: any of the tree, or only those in and below its folder. */
export type LoadRestriction = "none" | "root-only";

/** A file, its path in the tree, and its text. */
export interface LoadedText {
  path: string;
  file: SourceFile;
  text: string;
}

/** Reads what one kustomization names, by paths relative to its folder. */
export class Loader {
  readonly folder: string;
  readonly #tree: RecordingTree;
  readonly #restriction: LoadRestriction;

  constructor(folder: string, context: { tree: RecordingTree; restriction: LoadRestriction }) {
    this.folder = folder;
    this.#tree = context.tree;
    this.#restriction = context.restriction;
  }

  /** The loader of another folder. */
  at(folder: string): Loader {
    return new Loader(folder, { tree: this.#tree, restriction: this.#restriction });
  }

  /** @throws {KustomizeError} FORBIDDEN_PATH if `path` is absolute or leaves the tree. */
  resolve(path: string): string {
    const resolved = path.startsWith("/") ? undefined : insideRoot(`${this.folder}/${path}`);
    if (resolved === undefined) throw failure("FORBIDDEN_PATH", `"${path}" leads out of the source`);
    return resolved;
  }

  hasDirectory(resolved: string): boolean {
    return this.#tree.hasDirectory(resolved);
  }

  /** The file at a path that `resolve` gave, or undefined. @throws {KustomizeError} FORBIDDEN_PATH by the restriction */
  find(resolved: string): SourceFile | undefined {
    const file = this.#tree.read(resolved);
    if (file === undefined || this.#restriction === "none") return file;
    if (this.folder === "" || resolved.startsWith(`${this.folder}/`)) return file;
    throw failure("FORBIDDEN_PATH", `"${resolved}" is not in or below "${this.folder}"`);
  }

  /** @throws {KustomizeError} REMOTE, FORBIDDEN_PATH or NOT_FOUND */
  read(path: string): SourceFile {
    if (isRemote(path)) throw failure("REMOTE", `"${path}" is remote: remote files are not fetched`);
    const file = this.find(this.resolve(path));
    if (file === undefined) throw failure("NOT_FOUND", `file "${path}" does not exist`);
    return file;
  }

  /** As `read`, decoded. @throws {KustomizeError} also MANIFEST_INVALID if the file is not UTF-8 */
  readText(path: string): LoadedText {
    const file = this.read(path);
    const resolved = this.resolve(path);
    return { path: resolved, file, text: textOfFile(file, { file: resolved }) };
  }
}

/** @throws {KustomizeError} MANIFEST_INVALID if the file is not UTF-8. */
export function textOfFile(file: SourceFile, place: Place): string {
  const text = decodeUtf8(file.content);
  if (text === undefined) throw failure("MANIFEST_INVALID", "the file is not UTF-8", { place });
  return text;
}

/** True for what kustomize would fetch: URLs, and the many spellings of a Git repository. */
export function isRemote(path: string): boolean {
  return (
    /^(?:[a-z][a-z0-9+.-]*:\/\/|git::|git@|gh:|[^/]*@[^/]*:)/i.test(path) ||
    /^(?:www\.)?(?:github|gitlab|bitbucket)\.(?:com|org)[/:]/i.test(path) ||
    /(?:\.git(?:[/?]|$)|[?&]ref=)/.test(path)
  );
}
