import { spawn } from "node:child_process";
import { once } from "node:events";

/** A file's content, or null to remove it. */
export type FileChange =
  | string
  | Uint8Array
  | null
  | { symlink: string }
  | { executable: string }
  | { submodule: string };

/** A commit to be made. */
export interface CommitRequest {
  files: Readonly<Record<string, FileChange>>;
  message?: string;
  /** Default `main`; created from nothing if absent. */
  branch?: string;
}

const EPOCH_SECONDS = 1_700_000_000;
const AUTHOR = "Test Author <author@example.com>";
const COMMITTER = "Test Committer <committer@example.com>";

/**
 * A bare repository for tests. Commits get fixed names and times that go up by a second each, so that the same calls give the
 * same hashes in every run.
 */
export class TestRepository {
  /** The directory of the bare repository. */
  readonly dir: string;
  #seconds = EPOCH_SECONDS;

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Creates an empty repository in `dir`, whose HEAD is `main`. */
  static async create(dir: string, options: { objectFormat?: "sha1" | "sha256" } = {}): Promise<TestRepository> {
    const repository = new TestRepository(dir);
    const format = options.objectFormat ?? "sha1";
    const args = [
      "init",
      "--quiet",
      "--bare",
      "--initial-branch=main",
      `--object-format=${format}`,
      "--template=",
      dir,
    ];
    await git("/", args);
    return repository;
  }

  /** Runs git in the repository and gives what it prints, trimmed. @throws if it fails. */
  async git(...args: string[]): Promise<string> {
    return (await git(this.dir, args)).trim();
  }

  /** Adds a commit that changes `files`. @returns its hash. */
  async commit(request: CommitRequest): Promise<string> {
    const { files, message = "change", branch = "main" } = request;
    const ref = `refs/heads/${branch}`;
    const parent = await this.head(branch).catch(() => undefined);
    const changes = Object.entries(files).map(([path, change]) => fileCommand(path, change));
    await this.#import([...this.#commitHeader(ref, message, parent), ...changes]);
    return this.head(branch);
  }

  /** Adds a commit that brings back the tree of the branch's last but one commit. @returns its hash. */
  async revert(branch = "main"): Promise<string> {
    return this.#commitTree(`refs/heads/${branch}~1^{tree}`, {
      message: "revert",
      branch,
      parent: await this.head(branch),
    });
  }

  /** Replaces the branch by one new commit without history that has only `files`. @returns its hash. */
  async forcePush(request: CommitRequest): Promise<string> {
    const { files, message = "forced", branch = "main" } = request;
    const ref = `refs/heads/${branch}`;
    const scratch = "refs/scratch/forced";
    const changes = Object.entries(files).map(([path, change]) => fileCommand(path, change));
    await this.#import([...this.#commitHeader(scratch, message, undefined), ...changes]);
    await this.git("update-ref", ref, scratch);
    await this.git("update-ref", "-d", scratch);
    return this.head(branch);
  }

  /** Points a tag at a commit (default: the head of main). `annotated` makes a tag object. */
  async tag(name: string, options: { at?: string; annotated?: boolean } = {}): Promise<void> {
    const { at = "refs/heads/main", annotated = false } = options;
    await git(this.dir, ["tag", "-f", ...(annotated ? ["-a", "-m", name] : []), name, at], {
      env: {
        GIT_COMMITTER_NAME: "Test",
        GIT_COMMITTER_EMAIL: "t@example.com",
        GIT_COMMITTER_DATE: `${++this.#seconds} +0000`,
      },
    });
  }

  /** Points a branch at a commit (default: the head of main). */
  async branch(name: string, at = "refs/heads/main"): Promise<void> {
    await this.git("update-ref", `refs/heads/${name}`, at);
  }

  /** Removes a branch. */
  async deleteBranch(name: string): Promise<void> {
    await this.git("update-ref", "-d", `refs/heads/${name}`);
  }

  /** The commit a branch points at. @throws if there is no such branch. */
  head(branch = "main"): Promise<string> {
    return this.git("rev-parse", "--verify", "--quiet", `refs/heads/${branch}`);
  }

  /**
   * Makes a commit of a tree whose entries git itself would refuse, such as `..` or `.git`.
   * @param entries `[mode, name, content]` at the root; a name may be bytes.
   */
  async commitRawTree(
    entries: readonly (readonly [string, string | Uint8Array, string])[],
    branch = "main",
  ): Promise<string> {
    const records: Uint8Array[] = [];
    for (const [mode, name, content] of entries) {
      const hash = (await git(this.dir, ["hash-object", "-w", "--stdin"], { input: content })).trim();
      records.push(Buffer.from(`${mode} `), Buffer.from(name), Buffer.from([0]), Buffer.from(hash, "hex"));
    }
    const args = ["hash-object", "-w", "-t", "tree", "--literally", "--stdin"];
    const tree = (await git(this.dir, args, { input: Buffer.concat(records) })).trim();
    return this.#commitTree(tree, { message: "raw", branch });
  }

  async #commitTree(tree: string, options: { message: string; branch: string; parent?: string }): Promise<string> {
    const parents = options.parent === undefined ? [] : ["-p", options.parent];
    const date = `${++this.#seconds} +0000`;
    const env = {
      GIT_AUTHOR_NAME: "Test Author",
      GIT_AUTHOR_EMAIL: "author@example.com",
      GIT_AUTHOR_DATE: date,
      GIT_COMMITTER_NAME: "Test Committer",
      GIT_COMMITTER_EMAIL: "committer@example.com",
      GIT_COMMITTER_DATE: date,
    };
    const hash = (await git(this.dir, ["commit-tree", tree, ...parents, "-m", options.message], { env })).trim();
    await this.git("update-ref", `refs/heads/${options.branch}`, hash);
    return hash;
  }

  #commitHeader(ref: string, message: string, parent: string | undefined): Uint8Array[] {
    const time = `${++this.#seconds} +0000`;
    const text = Buffer.from(message);
    return [
      Buffer.from(`commit ${ref}\nauthor ${AUTHOR} ${time}\ncommitter ${COMMITTER} ${time}\ndata ${text.length}\n`),
      text,
      Buffer.from(parent === undefined ? "\n" : `\nfrom ${parent}\n`),
    ];
  }

  async #import(commands: readonly Uint8Array[]): Promise<void> {
    const input = Buffer.concat([...commands, Buffer.from("\ndone\n")]);
    await git(this.dir, ["fast-import", "--quiet", "--done", "--force"], { input });
  }
}

function fileCommand(path: string, change: FileChange): Uint8Array {
  const quoted = `"${path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
  if (change === null) return Buffer.from(`D ${quoted}\n`);
  if (typeof change === "object" && "submodule" in change)
    return Buffer.from(`M 160000 ${change.submodule} ${quoted}\n`);
  const { mode, content } = contentOf(change);
  return Buffer.concat([
    Buffer.from(`M ${mode} inline ${quoted}\ndata ${content.length}\n`),
    content,
    Buffer.from("\n"),
  ]);
}

function contentOf(change: Exclude<FileChange, null | { submodule: string }>): { mode: string; content: Uint8Array } {
  if (typeof change === "string") return { mode: "100644", content: Buffer.from(change) };
  if (change instanceof Uint8Array) return { mode: "100644", content: change };
  if ("symlink" in change) return { mode: "120000", content: Buffer.from(change.symlink) };
  return { mode: "100755", content: Buffer.from(change.executable) };
}

/** Runs git with a clean environment. @throws with its error output if it fails. */
async function git(
  cwd: string,
  args: readonly string[],
  options: { input?: string | Uint8Array; env?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const child = spawn("git", [...args], { cwd, env: { ...CLEAN, ...options.env }, stdio: "pipe" });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`git ${args.join(" ")} failed: ${Buffer.concat(errors).toString()}`);
  return Buffer.concat(output).toString();
}

const CLEAN = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin",
  HOME: "/dev/null",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
} as const;
