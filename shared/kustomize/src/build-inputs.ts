import { sha256Hex } from "@sluice/base";
import { treeChanged, type FileTree, type TreeInputs } from "./file-tree.ts";
import { type RemoteInput, type RemoteSource } from "./remotes.ts";

/** What a build looked at: enough to prove that a rebuild cannot differ. */
export interface BuildInputs extends TreeInputs {
  /** What was read from outside the tree; absent if nothing was asked for. */
  readonly remotes?: ReadonlyMap<string, RemoteInput>;
}

/**
 * True if a build over `tree` could differ from the one that looked at `inputs`. Costs one digest for each input.
 * @param remotes what is known of remotes now; without it, a build that read any could differ.
 */
export function inputsChanged(inputs: BuildInputs, tree: FileTree, remotes?: RemoteSource): boolean {
  if (treeChanged(inputs, tree)) return true;
  if (inputs.remotes === undefined) return false;
  return [...inputs.remotes.values()].some((input) => remotes === undefined || isChanged(input, remotes));
}

function isChanged({ request, read }: RemoteInput, source: RemoteSource): boolean {
  if (request.type === "file") {
    const content = source.file(request.url);
    return content === undefined || (content === null ? null : sha256Hex(content)) !== read;
  }
  const tree = source.repository(request.repository);
  if (tree === undefined || tree === null) return tree !== read;
  return read === null || typeof read === "string" || treeChanged(read, tree);
}
