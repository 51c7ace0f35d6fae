/** Who did something and when. */
export interface Signature {
  name: string;
  email: string;
  /** Milliseconds since 1970. */
  timeMs: number;
}

/** A commit as its object says. */
export interface CommitInfo {
  hash: string;
  /** The hash of its tree: equal trees have equal hashes. */
  tree: string;
  parents: string[];
  author: Signature;
  committer: Signature;
  /** The whole message. */
  message: string;
  /** The message's first line. */
  subject: string;
}

/** Reads a commit object, as `git cat-file commit` prints it. Fields that are malformed become empty or 0. */
export function parseCommit(hash: string, text: string): CommitInfo {
  const end = text.indexOf("\n\n");
  const headers = (end < 0 ? text : text.slice(0, end)).split("\n");
  const message = end < 0 ? "" : text.slice(end + 2);
  const all = (key: string) =>
    headers.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    hash,
    tree: all("tree")[0] ?? "",
    parents: all("parent"),
    author: parseSignature(all("author")[0]),
    committer: parseSignature(all("committer")[0]),
    message,
    subject: message.trimStart().split("\n", 1)[0]?.trimEnd() ?? "",
  };
}

function parseSignature(line: string | undefined): Signature {
  const [, name = "", email = "", seconds = "0"] = /^(.*?) ?<([^>]*)> (-?[0-9]{1,12})/.exec(line ?? "") ?? [];
  return { name, email, timeMs: Number(seconds) * 1000 };
}
