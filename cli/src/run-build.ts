import { fstatSync, writeFile } from "node:fs";
import process from "node:process";
import { promisify } from "node:util";
import { setFlagsFromString } from "node:v8";
import { buildCommand, notWritten } from "./build.ts";
import { type RawBuildOptions, readBuildOptions } from "./build-options.ts";

/** `sluice build` on this process's standard streams. @throws {CliError} */
export async function runBuild(dir: string, raw: RawBuildOptions): Promise<void> {
  compileLater();
  await buildCommand(readBuildOptions(dir, raw), {
    cwd: process.cwd(),
    write: (text) => written(text),
    warn: (line) => void process.stderr.write(`${line}\n`),
  });
}

/**
 * Node 20's V8 compiles a function for speed so early that most builds end before it pays: a little later, a build of 100 resources
 * takes a third less CPU time, and one of 5,000 is no slower. Newer versions have a quick compiler in between.
 */
function compileLater(): void {
  if (process.version.startsWith("v20.")) setFlagsFromString("--interrupt-budget=300000");
}

/**
 * Resolves when standard output has taken all of the text; a reader that has seen enough may close its end before.
 * @throws {CliError} NOT_WRITTEN, as on a disk that is full: the stream of a file would end without a word after a part of the text
 */
async function written(text: string): Promise<void> {
  const target = fstatSync(process.stdout.fd);
  try {
    if (target.isFIFO() || target.isSocket() || process.stdout.isTTY) await streamed(process.stdout, text);
    else await promisify(writeFile)(process.stdout.fd, text);
  } catch (thrown) {
    throw notWritten("standard output", thrown);
  }
}

function streamed(stream: NodeJS.WriteStream, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: NodeJS.ErrnoException | null) => (error && error.code !== "EPIPE" ? reject(error) : resolve());
    stream.once("error", end);
    stream.write(text, end);
  });
}
