import { sha256Hex } from "@sluice/base";
import { type FileTree, inputsChanged } from "@sluice/kustomize";
import { type RenderInputs } from "./types.ts";

/** Digest of a directory's names; of a directory that is not there, too. */
export function listingDigest(tree: FileTree, folder: string): string {
  const names = tree.list(folder);
  return names === undefined ? "absent" : sha256Hex(names.join("\0"));
}

/** True if a render of `tree` with the same spec could differ from the one that looked at `inputs`. Costs a digest for each input. */
export function renderInputsChanged(inputs: RenderInputs, tree: FileTree): boolean {
  for (const [folder, digest] of inputs.listings) if (listingDigest(tree, folder) !== digest) return true;
  return inputsChanged(inputs.build, tree);
}
