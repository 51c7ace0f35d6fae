import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { type FileTree } from "@sluice/kustomize";
import { CliError } from "./errors.ts";

/** Largest file that is read: what is beyond it is no manifest. */
const LIMIT_FILE_BYTES = 64 << 20;

/**
 * The machine's whole file system as a tree, so that a kustomization may have bases beside its own folder. A file is read
 * when it is asked for; only regular files count as files. For one build: what is a link is looked up once.
 */
export class DiskTree implements FileTree {
  /** Paths that are known to be without links: folders, and what lies right in them. */
  readonly #plain = new Set<string>();

  /** @throws {CliError} BUILD_FAILED for a file of more than 64 MiB, or one that may not be read */
  read(path: string): Uint8Array | undefined {
    const file = `/${path}`;
    const entry = orAbsent(() => lstatSync(file, { throwIfNoEntry: false }));
    if (entry?.isFile() === true && this.#plain.has(path.slice(0, path.lastIndexOf("/")))) this.#plain.add(path);
    const found = entry?.isSymbolicLink() === true ? orAbsent(() => statSync(file, { throwIfNoEntry: false })) : entry;
    if (found?.isFile() !== true) return undefined;
    if (found.size > LIMIT_FILE_BYTES) throw unreadable(file, `over ${LIMIT_FILE_BYTES} bytes`);
    try {
      return readFileSync(file);
    } catch (thrown) {
      throw unreadable(
        file,
        thrown instanceof Error && "code" in thrown && thrown.code === "EACCES" ? "permission denied" : String(thrown),
      );
    }
  }

  list(path: string): readonly string[] | undefined {
    return orAbsent(() => readdirSync(`/${path}`).sort());
  }

  realPath(path: string): string | undefined {
    if (this.#plain.has(path)) return path;
    const real = orAbsent(() => realpathSync.native(`/${path}`).slice(1));
    if (real !== undefined) this.#plain.add(real);
    return real;
  }
}

function unreadable(file: string, fact: string): CliError<"BUILD_FAILED"> {
  return new CliError("BUILD_FAILED", `Cannot read "${file}": ${fact}`, {});
}

/** A path through a file, a loop of links or a name that is too long leads to nothing. */
function orAbsent<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (typeof code === "string" && ABSENT.includes(code)) return undefined;
    throw thrown;
  }
}

const ABSENT: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"];
