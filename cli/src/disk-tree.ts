import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { type FileTree } from "@sluice/kustomize";
import { CliError } from "./errors.ts";

/** Largest file that is read: what is beyond it is no manifest. */
const LIMIT_FILE_BYTES = 64 << 20;

/**
 * The machine's whole file system as a tree, so that a kustomization may have bases beside its own folder. A file is read
 * when it is asked for; only regular files count as files.
 */
export const diskTree: FileTree = {
  read(path) {
    const file = `/${path}`;
    const found = orAbsent(() => statSync(file, { throwIfNoEntry: false }));
    if (found?.isFile() !== true) return undefined;
    if (found.size <= LIMIT_FILE_BYTES) return readFileSync(file);
    throw new CliError("SOURCE_INVALID", `Cannot read "${file}": over ${LIMIT_FILE_BYTES} bytes`, { source: file });
  },
  list: (path) => orAbsent(() => readdirSync(`/${path}`).sort()),
  realPath: (path) => orAbsent(() => realpathSync.native(`/${path}`).slice(1)),
};

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
