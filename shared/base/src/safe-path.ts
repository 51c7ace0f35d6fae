/**
 * Resolves a slash-separated `path` inside a root, where the root is the empty path.
 * @returns the normal form without leading, trailing or double slashes ("" for the root), or undefined if `path` climbs above
 *   the root or holds NUL. A leading slash means the root, as in Flux's `spec.path`.
 */
export function insideRoot(path: string): string | undefined {
  if (path.includes("\0")) return undefined;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") parts.push(part);
    else if (parts.pop() === undefined) return undefined;
  }
  return parts.join("/");
}
