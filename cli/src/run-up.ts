import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { jsonLog, silentLog, systemClock } from "@sluice/base";
import { type RawUpOptions, readUpOptions } from "./options.ts";
import { up } from "./up.ts";

/** `sluice up` on this process's standard streams. @throws {CliError} and what `up` throws */
export async function runUp(
  source: string | undefined,
  raw: RawUpOptions & { verbose?: boolean },
  signal: AbortSignal,
): Promise<void> {
  const options = readUpOptions(source, { ...raw, dir: resolve(raw.dir) });
  const clock = systemClock;
  const log = raw.verbose
    ? jsonLog({ write: (line) => void process.stderr.write(line), clock, level: "debug" })
    : silentLog;
  const output = {
    write: (text: string) => void process.stdout.write(text),
    size: () => (process.stdout.isTTY ? { columns: process.stdout.columns, lines: process.stdout.rows } : undefined),
    onResize(listener: () => void) {
      process.stdout.on("resize", listener);
      return { [Symbol.dispose]: () => void process.stdout.off("resize", listener) };
    },
  };
  await up(options, { clock, log, output, random: Math.random, exampleDir: exampleDir(), cwd: process.cwd() }, signal);
}

/** The example lies beside the sources; bundled, this file is in `dist/sluice`. */
function exampleDir(): string {
  const candidates = ["../example", "../../cli/example"];
  return candidates.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(path)) ?? "";
}
