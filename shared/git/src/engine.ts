import { type Clock } from "@sluice/base";
import { type Environment, gitEnvironment, type GitSettings } from "./environment.ts";
import { type GitLimits } from "./limits.ts";
import { type GitOutcome, type RunningGit, runGit, startGit } from "./process.ts";

/** Settings that every local command gets: bounded memory, whatever the objects are. */
const LOCAL_SETTINGS: GitSettings = [
  ["pack.threads", "1"],
  ["core.packedGitLimit", "256m"],
  ["core.bigFileThreshold", "32m"],
];

const MAX_OUTPUT_BYTES = 16 << 20;

/** What all parts of the native engine need. */
export class GitEngine {
  readonly clock: Clock;
  readonly limits: GitLimits;
  readonly #host: Environment;

  constructor(options: { clock: Clock; limits: GitLimits; host: Environment }) {
    this.clock = options.clock;
    this.limits = options.limits;
    this.#host = options.host;
  }

  /** Runs a command to its end. @param options.settings beside those of every command. */
  run(
    args: readonly string[],
    options: {
      signal: AbortSignal;
      settings?: GitSettings;
      maxFileBytes?: number;
      limitBytes?: number;
      input?: Uint8Array;
    },
  ): Promise<GitOutcome> {
    const { signal, settings = [], maxFileBytes, limitBytes = MAX_OUTPUT_BYTES, input } = options;
    const env = gitEnvironment(this.#host, [...LOCAL_SETTINGS, ...settings]);
    const command = { args, env, ...(maxFileBytes !== undefined && { maxFileBytes }) };
    return runGit(command, { clock: this.clock, signal, limitBytes, ...(input && { input }) });
  }

  /** Starts a command whose output is read as it comes. */
  start(args: readonly string[], signal: AbortSignal): RunningGit {
    return startGit({ args, env: gitEnvironment(this.#host, LOCAL_SETTINGS) }, { clock: this.clock, signal });
  }
}
