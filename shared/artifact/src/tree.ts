import { digestOf } from "./digest.ts";
import { gunzipWhole } from "./gzip.ts";
import { readTar, type TarFile } from "./tar-read.ts";

/** The files of one artifact, in memory. Paths are relative and normal; "" is the root. */
export interface ArtifactTree {
  /** The content of a file, or undefined if there is no such file. Callers must not write to it. */
  read(path: string): Uint8Array | undefined;
  /** The names in a directory, sorted by code units, or undefined if there is no such directory. */
  list(dir: string): readonly string[] | undefined;
  /** The digest of a file's content, or undefined if there is no such file. Equal content has equal digests in all trees. */
  digest(path: string): string | undefined;
  /** The paths of all files, in archive order. */
  files(): Iterable<string>;
  /** Memory held, in bytes. */
  readonly bytes: number;
  /** The digest of the artifact itself. */
  readonly artifactDigest: string;
}

/** What an archive may hold at most. */
export interface TreeLimits {
  /** Bytes of the compressed archive. */
  archiveBytes: number;
  /** Bytes of the tar inside. */
  unpackedBytes: number;
  /** Entries of any type. */
  entries: number;
}

/** What the account of one file takes beside its content, about: names, maps and its digest. */
const ACCOUNT_BYTES = 700;

/** Caps used where none are given: 256 MiB compressed, 1 GiB unpacked, 200,000 entries. */
export const DEFAULT_TREE_LIMITS: TreeLimits = { archiveBytes: 256 << 20, unpackedBytes: 1 << 30, entries: 200_000 };

/**
 * Unpacks a tar.gz that is in memory; nothing touches the disk.
 * @param options.digest the digest `archive` is known to have.
 * @throws {ArtifactError} ARCHIVE_INVALID, ENTRY_INVALID, or TOO_LARGE over `limits`.
 */
export async function unpackTree(
  archive: Uint8Array,
  options: { digest: string; limits?: TreeLimits },
): Promise<ArtifactTree> {
  const limits = options.limits ?? DEFAULT_TREE_LIMITS;
  const tar = await gunzipWhole(archive, limits.unpackedBytes);
  const { files, directories } = readTar(tar, { entries: limits.entries });
  return new MemoryTree({
    files,
    directories,
    bytes: tar.length + files.length * ACCOUNT_BYTES,
    digest: options.digest,
  });
}

class MemoryTree implements ArtifactTree {
  readonly bytes: number;
  readonly artifactDigest: string;
  readonly #files = new Map<string, Uint8Array>();
  readonly #digests = new Map<string, string>();
  readonly #names = new Map<string, Set<string>>([["", new Set()]]);
  readonly #listings = new Map<string, readonly string[]>();

  constructor(from: { files: readonly TarFile[]; directories: readonly string[]; bytes: number; digest: string }) {
    this.bytes = from.bytes;
    this.artifactDigest = from.digest;
    for (const path of from.directories) this.#directory(path);
    for (const { path, content } of from.files) {
      this.#files.set(path, content);
      this.#directory(parentOf(path)).add(baseOf(path));
    }
  }

  #directory(path: string): Set<string> {
    const known = this.#names.get(path);
    if (known !== undefined) return known;
    const names = new Set<string>();
    this.#names.set(path, names);
    this.#directory(parentOf(path)).add(baseOf(path));
    return names;
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path);
  }

  list(dir: string): readonly string[] | undefined {
    const names = this.#names.get(dir);
    if (names === undefined) return undefined;
    const known = this.#listings.get(dir) ?? [...names].sort();
    this.#listings.set(dir, known);
    return known;
  }

  digest(path: string): string | undefined {
    const content = this.#files.get(path);
    if (content === undefined) return undefined;
    const known = this.#digests.get(path) ?? digestOf(content);
    this.#digests.set(path, known);
    return known;
  }

  files(): Iterable<string> {
    return this.#files.keys();
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}

function baseOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
