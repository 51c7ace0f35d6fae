import { ToolkitError } from "@sluice/base";

export interface CliErrors {
  /** The command line makes no sense: exit code 2. */
  USAGE: Record<never, never>;
  /** The source is neither a repository on this machine nor a Git URL. */
  SOURCE_INVALID: { source: string };
  /** The directory for the state cannot be used, or another process uses it. */
  DIRECTORY: { dir: string };
  /** Not everything became ready: `reasons` has a line for each object. */
  NOT_READY: { reasons: readonly string[] };
  /** A kustomization cannot be built. */
  BUILD_FAILED: Record<never, never>;
  /** The output cannot be written. */
  NOT_WRITTEN: { path: string };
}
/** What the command line tool fails with; its message is one line for the user. */
export class CliError<C extends keyof CliErrors = keyof CliErrors> extends ToolkitError<C, CliErrors[C]> {}
