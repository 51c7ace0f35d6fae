import { type RunningGit } from "./process.ts";

interface Awaited {
  resolve: (content: Uint8Array) => void;
  reject: (reason: unknown) => void;
}

const NEWLINE = 0x0a;

/**
 * Reads objects from one `git cat-file --batch` process. Answers come in the order of the questions, so that any number of
 * reads can be under way at once.
 */
export class ObjectReader {
  readonly #git: RunningGit;
  readonly #onFailure: (detail: string) => unknown;
  readonly #waiting: Awaited[] = [];
  #header: Buffer[] = [];
  #body: { left: number; chunks: Buffer[] } | undefined;
  #failure: unknown;
  #questions = "";

  /** @param onFailure makes the error that reads fail with once the process has ended or an object is missing. */
  constructor(git: RunningGit, onFailure: (detail: string) => unknown) {
    this.#git = git;
    this.#onFailure = onFailure;
    git.child.stdout.on("data", (chunk: Buffer) => this.#take(chunk));
    git.ended.then(
      ({ stderr }) => this.#fail(onFailure(stderr)),
      (reason: unknown) => this.#fail(reason),
    );
  }

  /**
   * The content of one object.
   * @throws what `onFailure` made, if it is missing or damaged.
   */
  read(hash: string): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      this.#waiting.push({ resolve, reject });
      this.#ask(hash);
    });
  }

  /** Questions of one turn go to the process in one write. */
  #ask(hash: string): void {
    if (this.#questions === "") {
      queueMicrotask(() => {
        this.#git.child.stdin.write(this.#questions);
        this.#questions = "";
      });
    }
    this.#questions += `${hash}\n`;
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.#git.child.stdin.end();
    this.#git.stop();
    await this.#git.ended.catch(() => undefined);
  }

  #fail(reason: unknown): void {
    this.#failure ??= reason;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#failure);
  }

  #take(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0 && this.#failure === undefined) {
      rest = this.#body === undefined ? this.#takeHeader(rest) : this.#takeBody(this.#body, rest);
    }
  }

  /** `<hash> <type> <size>\n`, or `<hash> missing\n`. */
  #takeHeader(chunk: Buffer): Buffer {
    const end = chunk.indexOf(NEWLINE);
    this.#header.push(end < 0 ? chunk : chunk.subarray(0, end));
    if (end < 0) return chunk.subarray(chunk.length);
    const line = Buffer.concat(this.#header).toString("latin1");
    this.#header = [];
    const size = / (?:blob|tree|commit|tag) ([0-9]+)$/.exec(line)?.[1];
    if (size !== undefined) this.#body = { left: Number(size) + 1, chunks: [] };
    else this.#fail(this.#onFailure(line));
    return chunk.subarray(end + 1);
  }

  /** The content and the line break after it. */
  #takeBody(body: { left: number; chunks: Buffer[] }, chunk: Buffer): Buffer {
    const part = chunk.subarray(0, body.left);
    body.chunks.push(part);
    body.left -= part.length;
    if (body.left === 0) {
      const whole = body.chunks.length === 1 ? part : Buffer.concat(body.chunks);
      this.#body = undefined;
      this.#waiting.shift()?.resolve(whole.subarray(0, whole.length - 1));
    }
    return chunk.subarray(part.length);
  }
}
