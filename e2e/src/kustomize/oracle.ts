/** Asks the real kustomize, a program that is restarted when a case kills it. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type Clock } from "@sluice/base";
import { type Case } from "./case.ts";

/** What kustomize makes of a case: its output, its error, or the end of the program or of its patience. */
export type OracleAnswer =
  | { readonly is: "built"; readonly output: string }
  | { readonly is: "refused"; readonly error: string }
  /** `how` is the first line that tells it: a panic, a fatal error of the Go runtime, or the time limit. */
  | { readonly is: "crashed"; readonly how: string };

export interface OracleOptions {
  clock: Clock;
  /** A case that takes longer counts as a crash; 20 s by default. */
  timeoutMs?: number;
  /** Address space that the program may take, in KiB, because some cases make kustomize eat all there is; 6 GB by default. */
  limitKib?: number;
}

/** The reference implementation. Asks one case at a time. */
export interface Oracle extends Disposable {
  build(tried: Case): Promise<OracleAnswer>;
}

/** Starts the program at `path` (the tool `kustomize-oracle`) when it is asked first. */
export function openOracle(path: string, options: OracleOptions): Oracle {
  return new RestartingOracle(path, options);
}

class RestartingOracle implements Oracle {
  readonly #path: string;
  readonly #options: Required<OracleOptions>;
  #running: RunningOracle | undefined;

  constructor(path: string, options: OracleOptions) {
    this.#path = path;
    this.#options = { timeoutMs: 20_000, limitKib: 6_000_000, ...options };
  }

  async build({ files, path }: Case): Promise<OracleAnswer> {
    const contents = Object.entries(files).map(([name, text]) => [name, Buffer.from(text).toString("base64")]);
    const { clock, timeoutMs, limitKib } = this.#options;
    this.#running ??= new RunningOracle(this.#path, limitKib);
    const running = this.#running;
    let isLate = false;
    using _timer = clock.after(timeoutMs, () => {
      isLate = true;
      running.kill();
    });
    const line = await running.ask(JSON.stringify({ path, files: Object.fromEntries(contents) }));
    if (line !== undefined) return answerOf(line);
    this.#running = undefined;
    return { is: "crashed", how: isLate ? `no answer within ${timeoutMs} ms` : running.lastWords };
  }

  [Symbol.dispose](): void {
    this.#running?.kill();
    this.#running = undefined;
  }
}

/** One process; of no use any more after it left a question unanswered. */
class RunningOracle {
  readonly #child: ChildProcessWithoutNullStreams;
  #stderr = "";
  #settle: (line: string | undefined) => void = () => {};
  #hasEnded = false;

  constructor(path: string, limitKib: number) {
    this.#child = spawn("/bin/sh", ["-c", `ulimit -v ${limitKib}; exec "$0"`, path]);
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => {
      if (this.#stderr.length < 10_000) this.#stderr += text;
    });
    this.#child.stdin.on("error", () => {}); // its end is seen below
    createInterface({ input: this.#child.stdout }).on("line", (line) => this.#settle(line));
    const end = () => {
      this.#hasEnded = true;
      this.#settle(undefined);
    };
    this.#child.once("error", end).once("close", end);
  }

  /** The answering line, or undefined if the program ended instead. */
  ask(question: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#hasEnded) resolve(undefined);
      this.#settle = resolve;
      this.#child.stdin.write(`${question}\n`);
    });
  }

  /** The first line that it complained in. */
  get lastWords(): string {
    return firstLine(this.#stderr) || "ended without a word";
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

interface Reply {
  output: string;
  error?: string;
  panic?: string;
}

function answerOf(line: string): OracleAnswer {
  const { output, error, panic } = JSON.parse(line) as Reply;
  if (panic !== undefined) return { is: "crashed", how: `panic: ${firstLine(panic)}` };
  return error === undefined ? { is: "built", output } : { is: "refused", error };
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
