import process from "node:process";
import { buildCommand } from "./build.ts";
import { type RawBuildOptions, readBuildOptions } from "./build-options.ts";

/** `sluice build` on this process's standard streams. @throws {CliError} */
export async function runBuild(dir: string, raw: RawBuildOptions): Promise<void> {
  await buildCommand(readBuildOptions(dir, raw), {
    cwd: process.cwd(),
    write: (text) => written(process.stdout, text),
    warn: (line) => void process.stderr.write(`${line}\n`),
  });
}

/** Resolves when the stream has taken all of the text; a reader that has seen enough may close its end before. */
function written(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? resolve() : reject(error)));
    stream.write(text, () => resolve());
  });
}
