import { createReadStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, rmdir, stat, utimes } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { type Clock, rfc3339 } from "@sluice/base";
import { CANONICAL_ALGORITHM, type DigestAlgorithm, parseDigest, startDigest } from "./digest.ts";
import { ArtifactError } from "./errors.ts";
import { contentDigest } from "./gzip.ts";
import { type ArtifactOwner, artifactPath, fileAt, folderOf, TEMPORARY_DIR } from "./layout.ts";
import { planRetention, type RetentionPolicy, type StoredFile } from "./retention.ts";
import { type TarEntry } from "./tar-write.ts";
import { type WrittenArchive, writeArchive } from "./write-archive.ts";

/** A stored artifact, in the form of `status.artifact`. */
export interface Artifact {
  /** `<algorithm>:<hex>` of the compressed file. */
  digest: string;
  /** Relative to the store's root: `<kind>/<namespace>/<name>/<file>`. */
  path: string;
  url: string;
  revision: string;
  /** When the file was written, RFC 3339. */
  lastUpdateTime: string;
  /** Length of the compressed file in bytes. */
  size: number;
  metadata?: Record<string, string>;
}

/** What identifies an artifact to be stored. `fileName` is chosen by the caller, for Git `<commit>.tar.gz`. */
export interface ArtifactRef extends ArtifactOwner {
  revision: string;
  fileName: string;
}

/** Artifacts on the local disk. All methods throw {@link ArtifactError} STORAGE_FAILED when the disk refuses. */
export interface ArtifactStore extends AsyncDisposable {
  /**
   * Stores an archive of `entries` and answers only when it is on the disk under its name; no reader ever sees half of it.
   * If the file is there already with the same content, it stays untouched and is what is returned.
   * @throws {ArtifactError} NAME_INVALID, ENTRY_INVALID, or TOO_LARGE if the tar exceeds `limitBytes` (default 1 GiB).
   */
  put(
    ref: ArtifactRef,
    entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
    options: { signal: AbortSignal; limitBytes?: number },
  ): Promise<Artifact>;
  /** Whether the file is there and has the digest. It is read only if its size or time moved since it was last found good. */
  verify(artifact: Pick<Artifact, "path" | "digest">): Promise<"ok" | "missing" | "corrupt">;
  /**
   * Removes what the policy no longer keeps of one object; `keep` always stays.
   * @param nowMs milliseconds since 1970.
   * @returns the removed paths.
   */
  collect(ref: ArtifactOwner, keep: Pick<Artifact, "path">, policy: RetentionPolicy, nowMs: number): Promise<string[]>;
  /** Removes one file, such as a damaged one: nobody can fetch it any more. */
  discard(artifact: Pick<Artifact, "path">): Promise<void>;
  /** Removes everything of one object. */
  remove(ref: ArtifactOwner): Promise<void>;
  /** The URL under which the file at `path` is served. */
  urlOf(path: string): string;
}

const DEFAULT_LIMIT_BYTES = 1 << 30;

/**
 * Opens the store in `root`, which is created if absent; left-over temporary files are removed.
 * @param options.advertisedAddress host and port that consumers use.
 * @param options.digestAlgorithm of new artifacts; default sha256.
 * @throws {ArtifactError} STORAGE_FAILED if the directory cannot be used.
 */
export async function openStore(options: {
  root: string;
  advertisedAddress: string;
  clock: Clock;
  digestAlgorithm?: DigestAlgorithm;
}): Promise<ArtifactStore> {
  const temporary = join(options.root, TEMPORARY_DIR);
  await onDisk(options.root, async () => {
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary, { recursive: true, mode: 0o700 });
  });
  return new DiskStore(options);
}

class DiskStore implements ArtifactStore {
  readonly #root: string;
  readonly #address: string;
  readonly #clock: Clock;
  readonly #algorithm: DigestAlgorithm;
  /** Path to the size, time and digest it had when its digest was last computed. */
  readonly #verified = new Map<string, { stamp: string; digest: string }>();
  /** Path to the moment it was first seen not to be current. */
  readonly #superseded = new Map<string, number>();

  constructor(options: Parameters<typeof openStore>[0]) {
    this.#root = options.root;
    this.#address = options.advertisedAddress;
    this.#clock = options.clock;
    this.#algorithm = options.digestAlgorithm ?? CANONICAL_ALGORITHM;
  }

  async put(
    ref: ArtifactRef,
    entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
    options: { signal: AbortSignal; limitBytes?: number },
  ): Promise<Artifact> {
    const path = artifactPath(ref, ref.fileName);
    const final = fileAt(this.#root, path);
    const temporary = join(this.#root, TEMPORARY_DIR, randomUUID());
    const { signal, limitBytes = DEFAULT_LIMIT_BYTES } = options;
    return onDisk(final, async () => {
      try {
        const written = await writeArchive(entries, {
          path: temporary,
          limitBytes,
          signal,
          algorithm: this.#algorithm,
        });
        if (!(await this.#holds(path, written))) {
          await this.#publish(temporary, final);
          this.#verified.set(path, { stamp: (await stampOf(final)) ?? "", digest: written.digest });
        }
        return await this.#describe(path, ref.revision);
      } finally {
        await rm(temporary, { force: true });
      }
    });
  }

  /** Whether the stored file has this content: the same bytes, or another compression of the same tar. */
  async #holds(path: string, written: WrittenArchive): Promise<boolean> {
    const final = fileAt(this.#root, path);
    const stored = await this.#digest(path);
    if (stored === undefined) return false;
    return stored === written.digest || (await contentDigest(final)) === written.tarDigest;
  }

  async #publish(temporary: string, final: string): Promise<void> {
    const seconds = this.#clock.now() / 1000;
    await utimes(temporary, seconds, seconds);
    await mkdir(dirname(final), { recursive: true, mode: 0o700 });
    await rename(temporary, final);
    await syncDirectory(dirname(final));
  }

  async #describe(path: string, revision: string): Promise<Artifact> {
    const digest = await this.#digest(path);
    const { size, mtimeMs } = await stat(fileAt(this.#root, path));
    if (digest === undefined) throw missingFile(path);
    this.#superseded.delete(path);
    return { digest, path, url: this.urlOf(path), revision, lastUpdateTime: rfc3339(mtimeMs), size };
  }

  /** The digest of a stored file, computed only when the file is not the one seen last; undefined if there is none. */
  async #digest(path: string): Promise<string | undefined> {
    const file = fileAt(this.#root, path);
    const stamp = await stampOf(file);
    if (stamp === undefined) return undefined;
    const known = this.#verified.get(path);
    if (known?.stamp === stamp) return known.digest;
    const digest = await fileDigest(file, this.#algorithm);
    this.#verified.set(path, { stamp, digest });
    return digest;
  }

  verify(artifact: Pick<Artifact, "path" | "digest">): Promise<"ok" | "missing" | "corrupt"> {
    return onDisk(artifact.path, async () => {
      const { algorithm } = parseDigest(artifact.digest);
      const usual = await this.#digest(artifact.path);
      if (usual === undefined) return "missing";
      const digest =
        algorithm === this.#algorithm ? usual : await fileDigest(fileAt(this.#root, artifact.path), algorithm);
      return digest === artifact.digest ? "ok" : "corrupt";
    });
  }

  collect(ref: ArtifactOwner, keep: Pick<Artifact, "path">, policy: RetentionPolicy, nowMs: number): Promise<string[]> {
    const folder = folderOf(ref);
    return onDisk(folder, async () => {
      this.#superseded.delete(keep.path);
      const files = await this.#storedFiles(folder, nowMs, keep.path);
      const planned = planRetention({ files, current: keep.path, policy, nowMs });
      for (const path of planned) await this.#forget(path);
      return [...planned];
    });
  }

  async #storedFiles(folder: string, nowMs: number, current: string): Promise<StoredFile[]> {
    const files: StoredFile[] = [];
    for (const name of await namesIn(join(this.#root, folder))) {
      const path = `${folder}/${name}`;
      const writtenMs = (await statOf(join(this.#root, path)))?.mtimeMs;
      if (writtenMs === undefined) continue;
      if (path !== current && !this.#superseded.has(path)) this.#superseded.set(path, nowMs);
      files.push({ path, writtenMs, supersededMs: this.#superseded.get(path) ?? nowMs });
    }
    return files;
  }

  discard(artifact: Pick<Artifact, "path">): Promise<void> {
    return onDisk(artifact.path, async () => {
      await rm(fileAt(this.#root, artifact.path), { force: true });
      this.#verified.delete(artifact.path);
      this.#superseded.delete(artifact.path);
    });
  }

  async #forget(path: string): Promise<void> {
    await rm(join(this.#root, path), { force: true, recursive: true });
    this.#verified.delete(path);
    this.#superseded.delete(path);
  }

  remove(ref: ArtifactOwner): Promise<void> {
    const folder = folderOf(ref);
    return onDisk(folder, async () => {
      await rm(join(this.#root, folder), { recursive: true, force: true });
      for (const map of [this.#verified, this.#superseded]) {
        for (const path of map.keys()) if (path.startsWith(`${folder}/`)) map.delete(path);
      }
      await removeIfEmpty(dirname(join(this.#root, folder)));
    });
  }

  urlOf(path: string): string {
    return `http://${this.#address}/${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(join(this.#root, TEMPORARY_DIR), { recursive: true, force: true });
  }
}

/** Turns a file system error into STORAGE_FAILED; other errors pass. */
async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const errno = errnoOf(thrown);
    if (errno === undefined) throw thrown;
    const message = `Cannot use artifact storage for "${path}": ${errno}`;
    throw new ArtifactError("STORAGE_FAILED", message, { path, errno }, { cause: thrown });
  }
}

/** The system error code of a failed file operation, such as `ENOSPC`; undefined for any other error. */
function errnoOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !("syscall" in thrown) || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

function missingFile(path: string): ArtifactError<"STORAGE_FAILED"> {
  return new ArtifactError("STORAGE_FAILED", `Cannot use artifact storage for "${path}": ENOENT`, {
    path,
    errno: "ENOENT",
  });
}

async function statOf(file: string): Promise<{ size: number; mtimeMs: number; ino: number } | undefined> {
  try {
    return await stat(file);
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return undefined;
    throw thrown;
  }
}

async function stampOf(file: string): Promise<string | undefined> {
  const found = await statOf(file);
  return found && `${found.size}:${found.mtimeMs}:${found.ino}`;
}

async function fileDigest(file: string, algorithm: ReturnType<typeof parseDigest>["algorithm"]): Promise<string> {
  const digest = startDigest(algorithm);
  for await (const chunk of createReadStream(file)) digest.update(chunk as Buffer);
  return digest.finish();
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (thrown) {
    if (errnoOf(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

async function removeIfEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((thrown: unknown) => {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoOf(thrown) ?? "")) throw thrown;
  });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
