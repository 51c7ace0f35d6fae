import { type RemoteTag } from "./ref.ts";

/** The refs of a remote: full name to commit, annotated tags already followed to their commit. */
export type RemoteRefs = ReadonlyMap<string, string>;

/**
 * Reads the output of `git ls-remote`: `<hash>\t<name>` a line; a line `<name>^{}` gives the commit of an annotated tag.
 * Lines of any other form are skipped.
 */
export function parseRefs(output: string): RemoteRefs {
  const refs = new Map<string, string>();
  for (const line of output.split("\n")) {
    const [, hash, name] = /^([0-9a-f]{40}|[0-9a-f]{64})\t([^\t]+)$/.exec(line) ?? [];
    if (hash === undefined || name === undefined) continue;
    refs.set(name.endsWith("^{}") ? name.slice(0, -3) : name, hash);
  }
  return refs;
}

/** The tags among `refs`, in the remote's order. */
export function tagsOf(refs: RemoteRefs): RemoteTag[] {
  const prefix = "refs/tags/";
  return [...refs]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, commit]) => ({ name: name.slice(prefix.length), commit }));
}
