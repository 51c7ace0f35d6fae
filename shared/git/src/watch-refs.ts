import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Clock } from "@sluice/base";
import { type LocalRepository } from "./local-repository.ts";

const SETTLE_MS = 15;
const SAFETY_MS = 2000;

/**
 * Calls `onChange` after any ref or HEAD of a local repository has moved, once for changes that come together. It is told by the
 * file system; every 2 s it also looks by itself, for file systems that tell nothing.
 *
 * Resolves once it is watching. Watching ends when `signal` aborts.
 */
export async function watchRefs(options: {
  repository: Pick<LocalRepository, "gitDir" | "commonDir">;
  onChange: () => void;
  clock: Clock;
  signal: AbortSignal;
}): Promise<void> {
  const watcher = new RefWatcher(options);
  await watcher.start();
}

class RefWatcher {
  readonly #options: Parameters<typeof watchRefs>[0];
  readonly #watched = new Map<string, FSWatcher>();
  #seen = "";
  #timer: Disposable | undefined;
  #looking = false;
  #again = false;

  constructor(options: Parameters<typeof watchRefs>[0]) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#options.signal.addEventListener("abort", () => this.#stop(), { once: true });
    this.#seen = await this.#fingerprint();
    this.#seen = await this.#fingerprint(); // once more: the first one came before the watches
    this.#schedule(SAFETY_MS);
  }

  #stop(): void {
    this.#timer?.[Symbol.dispose]();
    for (const watcher of this.#watched.values()) watcher.close();
    this.#watched.clear();
  }

  #schedule(delayMs: number): void {
    this.#timer?.[Symbol.dispose]();
    if (this.#options.signal.aborted) return;
    this.#timer = this.#options.clock.after(delayMs, () => void this.#look());
  }

  async #look(): Promise<void> {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    const now = await this.#fingerprint().catch(() => this.#seen);
    this.#looking = false;
    if (this.#options.signal.aborted) return;
    const moved = now !== this.#seen;
    this.#seen = now;
    this.#schedule(this.#again ? SETTLE_MS : SAFETY_MS);
    this.#again = false;
    if (moved) this.#options.onChange();
  }

  /** What the refs are, as one digest; directories met on the way are watched from then on. */
  async #fingerprint(): Promise<string> {
    const { gitDir, commonDir } = this.#options.repository;
    const hash = createHash("sha256");
    for (const dir of new Set([gitDir, commonDir])) {
      this.#watch(dir);
      for (const name of ["HEAD", "packed-refs"]) hash.update(`${name}\0${await contentOf(join(dir, name))}\0`);
    }
    for (const name of ["refs", "reftable"]) await this.#addDirectory(join(commonDir, name), hash);
    return hash.digest("hex");
  }

  async #addDirectory(dir: string, hash: ReturnType<typeof createHash>): Promise<void> {
    const entries = await readdir(dir, { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return this.#unwatch(dir);
    this.#watch(dir);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(dir, entry.name);
      if (entry.isDirectory()) await this.#addDirectory(path, hash);
      else if (!entry.name.endsWith(".lock")) hash.update(`${path}\0${await contentOf(path)}\0`);
    }
  }

  #watch(dir: string): void {
    if (this.#watched.has(dir) || this.#options.signal.aborted) return;
    try {
      const watcher = watch(dir, { persistent: false }, (_, name) => {
        if (name === null || isAboutRefs(name)) this.#schedule(SETTLE_MS);
      });
      watcher.on("error", () => this.#unwatch(dir));
      this.#watched.set(dir, watcher);
    } catch {
      // no more watches, or the directory is gone: the look every 2 s remains
    }
  }

  #unwatch(dir: string): void {
    this.#watched.get(dir)?.close();
    this.#watched.delete(dir);
  }
}

/** A commit also touches the index, objects and messages, which say nothing about refs. */
function isAboutRefs(name: string): boolean {
  return !/^(index|COMMIT_EDITMSG|ORIG_HEAD|FETCH_HEAD|objects|logs|gc\.|config)|\.lock$/.test(name);
}

async function contentOf(path: string): Promise<string> {
  return readFile(path, "latin1").catch(() => "");
}
