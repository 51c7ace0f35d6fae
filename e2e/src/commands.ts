import { spawn } from "node:child_process";
import { E2eError } from "./errors.ts";

export interface CommandOptions {
  /** Text for its standard input; none by default. */
  input?: string;
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  /** Called with each piece of standard error as it arrives. */
  onStderr?: (text: string) => void;
}

/** What a command that ended with exit code 0 printed. */
export interface CommandOutput {
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end.
 * @throws {E2eError} COMMAND_FAILED if it cannot be started, is killed, or ends with another code than 0.
 */
export function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandOutput> {
  const { input, onStderr, ...spawning } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { ...spawning, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    const fail = (code: number | null, fact: string, cause?: unknown) => {
      const message = `Cannot run "${[program, ...args].join(" ")}": ${fact}`;
      reject(new E2eError("COMMAND_FAILED", message, { code, stdout, stderr }, { cause }));
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      onStderr?.(text);
    });
    child.once("error", (cause) => fail(null, cause.message, cause));
    child.once("close", (code, signal) => {
      if (code === 0) resolve({ stdout, stderr });
      else fail(code, `${signal ?? `exit code ${code}`}: ${stderr.trim()}`);
    });
    // A program that does not read its input may close it first; its exit code tells whether that matters.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
