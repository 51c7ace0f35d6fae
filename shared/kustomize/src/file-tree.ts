import { sha256Hex } from "@sluice/base";

/** A read-only tree in memory; paths are slash-separated and relative to the root, which is "". */
export interface FileTree {
  /** The bytes of a file, or undefined if there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** Sorted names of a directory's entries, or undefined if there is no such directory. */
  list(path: string): readonly string[] | undefined;
  /** A digest of a file's content, if the tree knows it without reading. */
  digest?(path: string): string | undefined;
  /** Where a path leads once symbolic links are followed, or undefined if to nothing. A tree without links leaves it out. */
  realPath?(path: string): string | undefined;
}

/** What was looked at in a tree. */
export interface TreeInputs {
  /** Path to content digest of each file that was read; `null` for a file that was looked for and is absent. */
  readonly files: ReadonlyMap<string, string | null>;
  /** Path of each directory that was looked for, and whether it is there. */
  readonly directories: ReadonlyMap<string, boolean>;
  /** Path to real path of what may be a symbolic link; only of trees that have links. */
  readonly links?: ReadonlyMap<string, string>;
}

/** True if something that was looked at is different in `tree`. Costs one digest for each input. */
export function treeChanged(inputs: TreeInputs, tree: FileTree): boolean {
  for (const [path, digest] of inputs.files) if (digestOf(tree, path) !== digest) return true;
  for (const [path, present] of inputs.directories) if ((tree.list(path) !== undefined) !== present) return true;
  for (const [path, real] of inputs.links ?? []) if ((tree.realPath?.(path) ?? path) !== real) return true;
  return false;
}

/** The digest of a file as `TreeInputs` has it; null if there is no such file. */
export function digestOf(tree: FileTree, path: string): string | null {
  const known = tree.digest?.(path);
  if (known !== undefined) return known;
  const content = tree.read(path);
  return content === undefined ? null : sha256Hex(content);
}

/** A tree of the given files, whose keys are paths; missing parent directories are implied. */
export function memoryTree(files: Readonly<Record<string, string | Uint8Array>>): FileTree {
  const contents = new Map<string, Uint8Array>();
  const entries = new Map<string, Set<string>>([["", new Set()]]);
  for (const [path, content] of Object.entries(files)) {
    contents.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    addParents(entries, path);
  }
  const sorted = new Map([...entries].map(([path, names]) => [path, [...names].sort()]));
  return { read: (path) => contents.get(path), list: (path) => sorted.get(path) };
}

function addParents(entries: Map<string, Set<string>>, path: string): void {
  const parts = path.split("/");
  for (let depth = 0; depth < parts.length; depth += 1) {
    const parent = parts.slice(0, depth).join("/");
    const names = entries.get(parent) ?? new Set();
    entries.set(parent, names.add(parts[depth] ?? ""));
  }
}
