import { setImmediate } from "node:timers/promises";
import { BareRepository } from "./bare-repository.ts";
import { type GitEngine } from "./engine.ts";
import { GitError } from "./errors.ts";
import { type GitFile, type GitTree } from "./git.ts";
import { ObjectReader } from "./object-reader.ts";
import { checkCommit } from "./ref.ts";
import { type ListedFile, parseListing, unsafePath } from "./tree-listing.ts";

const MAX_DROPPED = 100;

/** `Git.openTree` by one `ls-tree` and one `cat-file --batch`. */
export async function openTree(
  engine: GitEngine,
  cx: { dir: string; commit: string; signal: AbortSignal },
): Promise<GitTree> {
  const repository = new BareRepository(engine, cx.dir);
  const commit = checkCommit(cx.commit);
  const listing = await listTree(engine, { repository, commit, signal: cx.signal });
  const git = engine.start([`--git-dir=${repository.dir}`, "cat-file", "--batch"], cx.signal);
  const reader = new ObjectReader(git, (detail) => cx.signal.reason ?? repository.damaged(detail));
  const budget = new ReadBudget(engine.limits);
  const read = async (file: ListedFile) => {
    budget.spend(file);
    try {
      return await reader.read(file.hash);
    } catch (thrown) {
      if (thrown instanceof GitError) await repository.remove();
      throw thrown;
    }
  };
  return {
    files: listing.files.map((file): GitFile => ({ ...file, read: () => read(file) })),
    dropped: listing.dropped,
    [Symbol.asyncDispose]: () => reader.close(),
  };
}

interface Listing {
  files: ListedFile[];
  dropped: { path: string; why: string }[];
}

const RECORDS_PER_TURN = 5000;

async function listTree(
  engine: GitEngine,
  cx: { repository: BareRepository; commit: string; signal: AbortSignal },
): Promise<Listing> {
  const { repository, commit, signal } = cx;
  const args = [`--git-dir=${repository.dir}`, "ls-tree", "-r", "-l", "-z", "--full-tree", commit];
  const git = engine.start(args, signal);
  git.child.stdin.end();
  const listing: Listing = { files: [], dropped: [] };
  let count = 0;
  try {
    for await (const record of zeroSeparated(git.child.stdout)) {
      if (++count > engine.limits.files) throw tooManyFiles(engine.limits.files);
      if (count % RECORDS_PER_TURN === 0) await setImmediate();
      addRecord(record, listing);
    }
  } catch (thrown) {
    git.stop();
    await git.ended.catch(() => undefined);
    throw thrown;
  }
  const ended = await git.ended; // its output is over, so it ends by itself: to stop it here would look like damage
  signal.throwIfAborted();
  const { exitCode, stderr } = ended;
  if (exitCode === 0) return listing;
  await repository.remove();
  throw repository.damaged(stderr);
}

function addRecord(record: string, listing: Listing): void {
  const file = parseListing(record);
  if (file === undefined) return;
  const why = unsafePath(file.path);
  if (why === undefined) listing.files.push(file);
  else if (listing.dropped.length < MAX_DROPPED) listing.dropped.push({ path: file.path.slice(0, 256), why });
}

async function* zeroSeparated(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let from = 0;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(0, from); end >= 0; end = bytes.indexOf(0, from)) {
      yield bytes.toString("utf8", from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

/** Counts what is read, and refuses what is too much before it is read. */
class ReadBudget {
  readonly #limits: { fileBytes: number; treeBytes: number };
  #spent = 0;

  constructor(limits: { fileBytes: number; treeBytes: number }) {
    this.#limits = limits;
  }

  spend(file: ListedFile): void {
    const { fileBytes, treeBytes } = this.#limits;
    if (file.size > fileBytes) throw tooLarge("file", fileBytes, file.path);
    this.#spent += file.size;
    if (this.#spent > treeBytes) throw tooLarge("tree", treeBytes, file.path);
  }
}

function tooLarge(what: "file" | "tree", limit: number, path: string): GitError<"TOO_LARGE"> {
  const subject = what === "file" ? "it" : "the tree";
  const message = `Cannot read "${path}": ${subject} exceeds limit ${limit} bytes`;
  return new GitError("TOO_LARGE", message, { what, limit, path });
}

function tooManyFiles(limit: number): GitError<"TOO_LARGE"> {
  return new GitError("TOO_LARGE", `Cannot read tree: it exceeds limit ${limit} files`, { what: "files", limit });
}
