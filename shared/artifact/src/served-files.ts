import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { pathFault } from "./entry-path.ts";

/** A file that is open for one answer. The one who gets it closes its handle. */
export interface ServedFile {
  handle: FileHandle;
  name: string;
  sizeBytes: number;
  mtimeMs: number;
  sha256Hex: string;
}

const MAX_REMEMBERED = 4096;

/** Opens files below a root, and remembers their digests as long as the files do not change. */
export class ServedFiles {
  readonly #root: string;
  readonly #digests = new Map<string, Promise<string>>();

  /** @param root a real path: no part of it is a symbolic link. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Opens a regular file; undefined if there is none, or if its path is unsafe, hidden, or leads through a link. */
  async open(path: string): Promise<ServedFile | undefined> {
    if (pathFault(path) !== undefined || path.split("/").some((part) => part.startsWith("."))) return undefined;
    const file = join(this.#root, path);
    const handle = await this.#openRegular(file);
    if (handle === undefined) return undefined;
    try {
      const { size, mtimeMs, ino } = await handle.stat();
      const sha256Hex = await this.#digest(`${path}:${size}:${mtimeMs}:${ino}`, handle);
      return { handle, name: path, sizeBytes: size, mtimeMs, sha256Hex };
    } catch (thrown) {
      await handle.close();
      throw thrown;
    }
  }

  async #openRegular(file: string): Promise<FileHandle | undefined> {
    let handle: FileHandle | undefined;
    try {
      if ((await realpath(file)) !== file) return undefined;
      handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      if ((await handle.stat()).isFile()) return handle;
    } catch (thrown) {
      if (!isAbsent(thrown)) throw thrown;
    }
    await handle?.close();
    return undefined;
  }

  /** Readers that ask at the same time share one computation. */
  async #digest(key: string, handle: FileHandle): Promise<string> {
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    const computing = sha256Of(handle);
    this.#digests.set(key, computing);
    computing.catch(() => this.#digests.delete(key));
    const oldest = this.#digests.size > MAX_REMEMBERED ? this.#digests.keys().next().value : undefined;
    if (oldest !== undefined) this.#digests.delete(oldest);
    return computing;
  }
}

async function sha256Of(handle: FileHandle): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of handle.createReadStream({ start: 0, autoClose: false })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

function isAbsent(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("code" in thrown)) return false;
  return ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG", "EISDIR", "ENXIO"].includes(String(thrown.code));
}
