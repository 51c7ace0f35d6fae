import { compareWalkOrder } from "./entry-path.ts";
import { ArtifactError } from "./errors.ts";
import { compileIgnore, IGNORE_FILE, type Ignored, MAX_IGNORE_BYTES } from "./ignore.ts";
import { type TreeFile } from "./tree-entries.ts";

/**
 * The ignore rules of a tree: its `.sourceignore` files, those of a directory before those below it, and `spec.ignore` last.
 * A `.sourceignore` that is a symbolic link is not followed: it has no rules.
 * @throws {ArtifactError} IGNORE_INVALID if the rules are too many or too long, or what reading throws.
 */
export async function loadIgnore(tree: readonly TreeFile[], spec?: string): Promise<Ignored> {
  const found = tree
    .filter(({ path, mode }) => (mode === "file" || mode === "executable") && isIgnoreFile(path))
    .sort((a, b) => compareWalkOrder(dirOf(a.path), dirOf(b.path)));
  const bytes = found.reduce((sum, file) => sum + file.size, 0);
  if (bytes > MAX_IGNORE_BYTES) {
    const why = `they exceed ${MAX_IGNORE_BYTES} bytes`;
    throw new ArtifactError("IGNORE_INVALID", `Cannot use ignore rules: ${why}`, { why });
  }
  const files = await Promise.all(
    found.map(async (file) => ({ dir: dirOf(file.path), text: new TextDecoder().decode(await file.read()) })),
  );
  return compileIgnore({ files, ...(spec !== undefined && { spec }) });
}

function isIgnoreFile(path: string): boolean {
  return path === IGNORE_FILE || path.endsWith(`/${IGNORE_FILE}`);
}

function dirOf(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
