import { existsSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { jsonLog, messageOf, silentLog, systemClock } from "@sluice/base";
import { isGitError } from "@sluice/git";
import { Command, CommanderError } from "commander";
import { CliError } from "./errors.ts";
import { type RawUpOptions, readUpOptions } from "./options.ts";
import { up } from "./up.ts";

/** The example lies beside the sources, and the bundle in a folder beside the command's own. */
const exampleDir =
  ["../example", "../cli/example"]
    .map((path) => fileURLToPath(new URL(path, import.meta.url)))
    .find((path) => existsSync(path)) ?? "";

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const)
  process.once(name, () => stop.abort(new DOMException(name, "AbortError")));

const program = new Command("sluice")
  .description("A GitOps toolkit for Kubernetes that speaks Flux's APIs")
  .version("0.1.0")
  .exitOverride()
  .configureOutput({ outputError: () => {} });

program
  .command("up")
  .description("reconcile a Git repository on an embedded Kubernetes API server")
  .argument("[source]", "a directory or a Git URL; an example repository by default")
  .option("--path <dir>", "directory of the source to apply")
  .option("--port <port>", "port of the API server; 0 takes a free one", "0")
  .option("--once", "end when everything is ready, or cannot become ready")
  .option("--timeout <duration>", "limit for --once", "5m")
  .option("--dir <dir>", "directory for the kubeconfig, the example and caches", ".sluice")
  .option("--verbose", "show the controllers' logs on stderr")
  .action(async (source: string | undefined, raw: RawUpOptions & { verbose?: boolean }) => {
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
    await up(options, { clock, log, output, random: Math.random, exampleDir, cwd: process.cwd() }, stop.signal);
  });

try {
  await program.parseAsync(process.argv);
  process.exit(0);
} catch (thrown) {
  process.exit(report(thrown));
}

/** Says what went wrong in as few lines as possible. @returns the exit code */
function report(thrown: unknown): number {
  if (stop.signal.aborted || (thrown instanceof CommanderError && thrown.exitCode === 0)) return 0;
  if (thrown instanceof CommanderError && thrown.code === "commander.help") return 2;
  process.stderr.write(
    `${messageOf(thrown)
      .replace(/^error: /, "")
      .replace(/\n\(/g, " (")}\n`,
  );
  if (thrown instanceof CommanderError) return 2;
  if (thrown instanceof CliError) return thrown.code === "USAGE" || thrown.code === "SOURCE_INVALID" ? 2 : 1;
  return isGitError(thrown, "GIT_MISSING") ? 2 : 1;
}
