import * as nodeModule from "node:module";
import process from "node:process";
import { Command, CommanderError, Option } from "commander";
import { IDLE_FLAGS, type RawBuildOptions, withBareFlags } from "./build-options.ts";
import { type RawUpOptions } from "./options.ts";

// What a command does is imported when it runs: what `up` stands on takes longer to load than most builds take. Bundled, each
// command brings classes of its own, so errors are told by their codes.

// Node 22.8 and newer keep what they compiled for the next start.
if ("enableCompileCache" in nodeModule && typeof nodeModule.enableCompileCache === "function") {
  nodeModule.enableCompileCache();
}

/** Codes of errors that another command line, or another machine, would not have: exit code 2. */
const USAGE_CODES: readonly string[] = ["USAGE", "SOURCE_INVALID", "GIT_MISSING"];

const stop = new AbortController();
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
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.once(name, () => stop.abort(new DOMException(name, "AbortError")));
    const { runUp } = await import("./run-up.ts");
    await runUp(source, raw, stop.signal);
  });

const build = program
  .command("build")
  .description("print the objects of a kustomization, as kustomize build does")
  .argument("[dir]", "folder of the kustomization", ".")
  .option("-o, --output <path>", "write to this file, or to one file for each object if it is a folder")
  .option(
    "--load-restrictor <name>",
    "LoadRestrictionsNone also reads files that are not in or below the kustomization's folder",
    "LoadRestrictionsRootOnly",
  )
  .addOption(new Option("--reorder <order>", "legacy or none; deprecated, see sortOptions").hideHelp())
  .addOption(new Option("--enable-managedby-label", "deprecated, see buildMetadata").hideHelp())
  .action(async (dir: string, raw: RawBuildOptions) => {
    const { runBuild } = await import("./run-build.ts");
    await runBuild(dir, raw);
  });
for (const [flags] of IDLE_FLAGS) build.addOption(new Option(flags).hideHelp());

try {
  await program.parseAsync(withBareFlags(process.argv));
  process.exit(0);
} catch (thrown) {
  process.exit(report(thrown));
}

/** Says what went wrong in as few lines as possible. @returns the exit code */
function report(thrown: unknown): number {
  if (stop.signal.aborted || (thrown instanceof CommanderError && thrown.exitCode === 0)) return 0;
  if (thrown instanceof CommanderError && thrown.code === "commander.help") return 2;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  process.stderr.write(`${message.replace(/^error: /, "").replace(/\n\(/g, " (")}\n`);
  if (thrown instanceof CommanderError) return 2;
  const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
  return typeof code === "string" && USAGE_CODES.includes(code) ? 2 : 1;
}
