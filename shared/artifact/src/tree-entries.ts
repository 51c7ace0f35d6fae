import { setImmediate } from "node:timers/promises";
import { compareWalkOrder } from "./entry-path.ts";
import { type Ignored } from "./ignore.ts";
import { type TarEntry } from "./tar-write.ts";

/** One file of a tree that may become an artifact. */
export interface TreeFile {
  /** Relative, slash-separated, normal. */
  path: string;
  mode: "file" | "executable" | "symlink" | "gitlink";
  /** Length of the content in bytes. */
  size: number;
  /** Gives the content. */
  read(): Promise<Uint8Array>;
}

const FILES_PER_TURN = 100;

/**
 * The entries of the artifact of a tree: the root, then files and directories in walk order, without what is ignored.
 *
 * Symbolic links are left out; a submodule becomes an empty directory; a directory that is not ignored stays even if all its
 * files are. An ignored file is never read.
 * @throws the signal's reason when it aborts.
 * @source section 2.2 of the specification (fluxcd/pkg `artifact/storage`)
 */
export async function* treeEntries(
  files: readonly TreeFile[],
  ignored: Ignored,
  signal?: AbortSignal,
): AsyncGenerator<TarEntry> {
  const sorted = [...files].sort((a, b) => compareWalkOrder(a.path, b.path));
  yield { type: "directory", path: "." };
  let parents: readonly string[] = [];
  let count = 0;
  for (const file of sorted) {
    if (++count % FILES_PER_TURN === 0) await nextTurn(signal);
    const directories = directoriesOf(file);
    for (const path of directories) {
      if (!parents.includes(path) && !ignored(path, true)) yield { type: "directory", path };
    }
    parents = directories;
    if (file.mode !== "file" && file.mode !== "executable") continue;
    if (ignored(file.path, false)) continue;
    yield {
      type: "file",
      path: file.path,
      executable: file.mode === "executable",
      size: file.size,
      read: () => file.read(),
    };
  }
}

/** Lets others run: with many rules, deciding about many files takes long. */
async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/** `a/b/c.yaml` gives `a`, `a/b`; a submodule also gives itself. */
function directoriesOf(file: TreeFile): string[] {
  const directories: string[] = [];
  for (let slash = file.path.indexOf("/"); slash >= 0; slash = file.path.indexOf("/", slash + 1)) {
    directories.push(file.path.slice(0, slash));
  }
  if (file.mode === "gitlink") directories.push(file.path);
  return directories;
}
