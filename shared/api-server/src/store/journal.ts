import { createReadStream } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { createInterface } from "node:readline";
import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type Logger, parseJson } from "@sluice/base";
import { ApiServerError } from "../errors.ts";
import { type Store } from "./store.ts";

/** First line of every journal. */
const HEADER = '{"sluiceApiServer":1}';
/** A journal with fewer lines than this is not worth rewriting. */
const SMALL_LINES = 5000;
/** Lines per object that is still there beyond which the file is rewritten. */
const WASTE = 4;
/** Text written at once, in characters. */
const BATCH_CHARACTERS = 1024 * 1024;

/**
 * Keeps every change of a store in a file, so that a restart finds the same objects, uids and resource versions.
 *
 * One JSON line a change, appended as it happens; a crash loses at most what the operating system was not yet given, and
 * a last line that was cut off is dropped. When most lines are outdated the file is rewritten beside itself and
 * renamed into place.
 */
export class Journal implements AsyncDisposable {
  readonly #file: string;
  readonly #store: Store;
  readonly #log: Logger;
  #handle: FileHandle;
  #pending: string[] = [];
  #lines: number;
  #writing: Promise<void> | undefined;

  private constructor(file: string, handle: FileHandle, options: { store: Store; log: Logger; lines: number }) {
    this.#file = file;
    this.#handle = handle;
    this.#store = options.store;
    this.#log = options.log;
    this.#lines = options.lines;
  }

  /**
   * Fills the empty `store` from `file`, if there is one, and writes down every change from then on.
   * @throws {ApiServerError} SNAPSHOT_INVALID if the file is not a journal or is damaged before its last line.
   */
  static async open(file: string, store: Store, log: Logger): Promise<Journal> {
    await load(file, store);
    const { handle, lines } = await rewrite(file, store);
    const journal = new Journal(file, handle, { store, log, lines });
    store.onChange((collection, { type, revision, stored }) => {
      journal.#append(
        line({ collection: collection.id, key: stored.key, revision, text: type === "DELETED" ? "null" : stored.text }),
      );
    });
    return journal;
  }

  /** Resolves when every change so far is in the file, or could not be written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  /** Writes what is still to be written and closes the file. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.settled();
    await this.#handle.close();
  }

  #append(text: string): void {
    this.#pending.push(text);
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    await Promise.resolve();
    try {
      while (this.#pending.length > 0) await this.#writeBatch();
    } catch (thrown) {
      this.#pending = [];
      this.#lines = Number.POSITIVE_INFINITY; // changes are missing: the next write is a rewrite
      this.#log.error("cannot write the snapshot file", thrown, { file: this.#file });
    }
    this.#writing = undefined;
  }

  async #writeBatch(): Promise<void> {
    if (this.#lines > SMALL_LINES && this.#lines > WASTE * countOf(this.#store)) {
      this.#pending = [];
      const { handle, lines } = await rewrite(this.#file, this.#store);
      await this.#handle.close();
      this.#handle = handle;
      this.#lines = lines;
      return;
    }
    const batch = this.#pending;
    this.#pending = [];
    this.#lines += batch.length;
    await this.#handle.appendFile(batch.join(""));
  }
}

type Entry = { collection: string; key: string; revision: number; text: string };

function line({ collection, key, revision, text }: Entry): string {
  return `{"revision":${revision},"collection":${JSON.stringify(collection)},"key":${JSON.stringify(key)},"object":${text}}\n`;
}

function countOf(store: Store): number {
  let count = 0;
  for (const collection of store.collections()) count += collection.size;
  return count;
}

/** Writes the store as it is now into a new file and puts it in place of the old one. */
async function rewrite(file: string, store: Store): Promise<{ handle: FileHandle; lines: number }> {
  const { revision } = store;
  const entries = [...store.collections()].flatMap((collection) =>
    collection.list().map((stored) => ({ id: collection.id, stored })),
  );
  const temporary = `${file}.new`;
  const handle = await open(temporary, "w", 0o600);
  try {
    let batch = `${HEADER}\n`;
    for (const { id, stored } of entries) {
      batch += line({ collection: id, key: stored.key, revision: stored.revision, text: stored.text });
      if (batch.length < BATCH_CHARACTERS) continue;
      await handle.appendFile(batch);
      batch = "";
    }
    await handle.appendFile(`${batch}{"revision":${revision}}\n`);
    await handle.sync();
    await rename(temporary, file);
    return { handle, lines: entries.length };
  } catch (thrown) {
    await handle.close();
    throw thrown;
  }
}

async function load(file: string, store: Store): Promise<void> {
  let number = 0;
  let damaged = 0;
  let newest = 0;
  for await (const text of linesOf(file)) {
    number++;
    if (damaged > 0 || (number === 1 && text !== HEADER)) throw invalid(file, damaged || number);
    if (number === 1) continue;
    const revision = restore(text, store);
    if (revision === undefined) damaged = number;
    else newest = Math.max(newest, revision);
  }
  if (newest > 0) store.resumeAt(newest);
}

function invalid(file: string, number: number): ApiServerError {
  const message = `Cannot read snapshot "${file}": line ${number} is not one of its own`;
  return new ApiServerError("SNAPSHOT_INVALID", message, { file, line: number });
}

/** Lines of a file that may not exist. */
async function* linesOf(file: string): AsyncGenerator<string> {
  const handle = await open(file, "r").catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code === "ENOENT") return undefined;
    throw thrown;
  });
  if (!handle) return;
  await handle.close();
  yield* createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Number.POSITIVE_INFINITY });
}

/** @returns the line's revision; undefined if it is damaged. */
function restore(text: string, store: Store): number | undefined {
  const entry = parsed(text);
  if (!isObject(entry) || typeof entry["revision"] !== "number") return undefined;
  const { revision, collection, key, object } = entry;
  if (typeof collection === "string" && typeof key === "string") {
    if (isObject(object)) store.collection(collection).restore(key, object as KubeObject);
    else store.collection(collection).discard(key);
  }
  return revision;
}

function parsed(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}
