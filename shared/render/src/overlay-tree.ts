import { sha256Hex } from "@sluice/base";
import { type FileTree } from "@sluice/kustomize";

/** `tree` with the file at `path` replaced, or added, without copying anything. */
export function overlayTree(tree: FileTree, path: string, text: string): FileTree {
  const content = Buffer.from(text);
  const digest = sha256Hex(content);
  const slash = path.lastIndexOf("/");
  const [folder, name] = [slash < 0 ? "" : path.slice(0, slash), path.slice(slash + 1)];
  return {
    read: (wanted) => (wanted === path ? content : tree.read(wanted)),
    list(wanted) {
      const names = tree.list(wanted);
      if (wanted !== folder || names === undefined || names.includes(name)) return names;
      return [...names, name].sort();
    },
    digest: (wanted) => (wanted === path ? digest : tree.digest?.(wanted)),
  };
}

/** The digest of a file as `BuildInputs` has it; null if there is no such file. */
export function fileDigest(tree: FileTree, path: string): string | null {
  const known = tree.digest?.(path);
  if (known !== undefined) return known;
  const content = tree.read(path);
  return content === undefined ? null : sha256Hex(content);
}
