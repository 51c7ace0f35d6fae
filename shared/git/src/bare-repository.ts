import { access, lstat, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type GitEngine } from "./engine.ts";
import { GitError } from "./errors.ts";
import { messageOf, timeoutSignal } from "@sluice/base";

/** Where the refs of a server go that has to be asked for everything; removed after each fetch. */
export const ALL_REFS = "refs/sluice/all";
/** The ref that keeps the fetched commit alive, and tells the remote what we have. */
export const CURRENT_REF = "refs/sluice/current";

const MAX_PACKS = 30;
const TIDY_MS = 10_000;
const STALE_MARK = "sluice-stale";

/** A bare repository on disk that holds the trees of fetched commits, without their history. */
export class BareRepository {
  readonly dir: string;
  readonly #engine: GitEngine;

  constructor(engine: GitEngine, dir: string) {
    this.#engine = engine;
    this.dir = dir;
  }

  /**
   * Creates the repository if it is absent, unusable, or of another object format; clears what a killed process left.
   * @throws {GitError} STORAGE_FAILED.
   */
  async prepare(commit: string, signal: AbortSignal): Promise<{ isNew: boolean }> {
    const format = commit.length === 64 ? "sha256" : "sha1";
    if ((await this.#format()) === format) {
      await this.clearLeftovers();
      return { isNew: false };
    }
    await this.remove();
    await this.#create(format, signal);
    return { isNew: true };
  }

  /** The object format the repository was created with; undefined if it is not a usable repository. */
  async #format(): Promise<"sha1" | "sha256" | undefined> {
    try {
      await access(join(this.dir, "HEAD"));
      const names = await readdir(this.dir);
      if (!names.includes("objects") || names.includes(STALE_MARK)) return undefined;
      const config = await readFile(join(this.dir, "config"), "utf8");
      return /objectformat\s*=\s*sha256/i.test(config) ? "sha256" : "sha1";
    } catch {
      return undefined;
    }
  }

  async #create(format: string, signal: AbortSignal): Promise<void> {
    await mkdir(dirname(this.dir), { recursive: true }).catch((thrown: unknown) => {
      throw this.#storageError(messageOf(thrown));
    });
    const args = ["init", "--quiet", "--bare", "--template=", `--object-format=${format}`, "--", this.dir];
    const { exitCode, stderr } = await this.#engine.run(args, { signal });
    if (exitCode !== 0) throw this.#storageError(stderr.trim().slice(0, 300));
  }

  /** Removes locks and unfinished packs: one process at a time uses the directory, so whatever there is has no owner. */
  async clearLeftovers(): Promise<void> {
    for (const path of await this.#leftovers()) await rm(path, { recursive: true, force: true });
  }

  /** The size of the largest unfinished pack; 0 if there is none. */
  async largestLeftoverBytes(): Promise<number> {
    let largest = 0;
    for (const path of await this.#leftovers()) largest = Math.max(largest, (await lstat(path)).size);
    return largest;
  }

  async #leftovers(): Promise<string[]> {
    const places = [".", "objects", "objects/pack", "refs/sluice"].map((place) => join(this.dir, place));
    const found = await Promise.all(
      places.map(async (place) => {
        const names = await readdir(place).catch(() => []);
        return names.filter((name) => /\.lock$|^\.?tmp[-_]|^incoming-/.test(name)).map((name) => join(place, name));
      }),
    );
    return found.flat();
  }

  /** True if this commit was fetched completely. */
  async holds(commit: string, signal: AbortSignal): Promise<boolean> {
    const loose = await readFile(join(this.dir, CURRENT_REF), "latin1").catch(() => undefined);
    if (loose !== undefined) return loose.trim() === commit;
    const { exitCode, stdout } = await this.git(["rev-parse", "--verify", "--quiet", CURRENT_REF], signal);
    return exitCode === 0 && stdout.toString("latin1").trim() === commit;
  }

  /**
   * Notes that this commit is complete.
   * @throws {GitError} CORRUPT if git refuses.
   */
  async setCurrent(commit: string, signal: AbortSignal): Promise<void> {
    const { exitCode, stderr } = await this.git(["update-ref", "--", CURRENT_REF, commit], signal);
    if (exitCode !== 0) throw this.damaged(stderr);
  }

  /** Forgets the refs below {@link ALL_REFS}; their objects go with the next tidying. */
  async forgetAll(signal: AbortSignal): Promise<void> {
    const listed = await this.git(["for-each-ref", "--format=delete %(refname)", ALL_REFS], signal);
    const args = [`--git-dir=${this.dir}`, "update-ref", "--stdin"];
    const { exitCode, stderr } = await this.#engine.run(args, { signal, input: listed.stdout });
    if (exitCode !== 0) throw this.damaged(stderr);
  }

  /** The error that says that objects or refs are damaged. */
  damaged(stderr: string): GitError<"CORRUPT"> {
    const detail = stderr.replace(/\s+/g, " ").trim().slice(0, 300);
    const message = `Cannot read git storage "${this.dir}": it is damaged (${detail})`;
    return new GitError("CORRUPT", message, { dir: this.dir, detail });
  }

  /** Runs a command in this repository. */
  git(args: readonly string[], signal: AbortSignal) {
    return this.#engine.run([`--git-dir=${this.dir}`, ...args], { signal });
  }

  /**
   * When there are many packs: packs anew, without what no longer belongs to the current commit. Where that takes longer than
   * 10 s, the repository is marked instead, and the next `prepare` starts it anew.
   */
  async tidy(signal: AbortSignal): Promise<void> {
    const names = await readdir(join(this.dir, "objects/pack")).catch(() => []);
    if (names.filter((name) => name.endsWith(".pack")).length <= MAX_PACKS) return;
    using limit = timeoutSignal(this.#engine.clock, TIDY_MS, signal);
    try {
      const { exitCode } = await this.git(["gc", "--quiet", "--prune=now"], limit.signal);
      if (exitCode === 0) return;
    } catch (thrown) {
      if (!limit.timedOut()) throw thrown;
    }
    await writeFile(join(this.dir, STALE_MARK), "");
  }

  /** Removes the repository from the disk. */
  async remove(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true, maxRetries: 3 }).catch((thrown: unknown) => {
      throw this.#storageError(messageOf(thrown));
    });
  }

  #storageError(detail: string): GitError<"STORAGE_FAILED"> {
    const message = `Cannot use git storage "${this.dir}": ${detail}`;
    return new GitError("STORAGE_FAILED", message, { dir: this.dir, detail });
  }
}
