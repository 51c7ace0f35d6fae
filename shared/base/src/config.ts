import { parseDuration } from "./duration.ts";
import { ToolkitError } from "./errors.ts";

export interface ConfigErrors {
  CONFIG_INVALID: { problems: readonly string[] };
}
/** A command line or environment that cannot be used; its message lists every problem. */
export class ConfigError extends ToolkitError<keyof ConfigErrors, ConfigErrors[keyof ConfigErrors]> {}

/** A flag's range, and the environment variable that gives its default. */
export interface FlagOptions {
  env?: string;
  min?: number;
  max?: number;
}

/**
 * Reads flags in Go's forms (`--name=value`, `--name value`, `--bool`) with environment fallbacks, gathers every
 * problem, and throws them all together in `finish`.
 */
export class FlagReader {
  readonly #flags = new Map<string, string>();
  readonly #env: NodeJS.ProcessEnv;
  readonly #problems: string[] = [];
  readonly #known = new Set<string>();

  constructor(argv: readonly string[], env: NodeJS.ProcessEnv) {
    this.#env = env;
    for (let index = 0; index < argv.length; index++) {
      const match = /^--?([^=]+)(?:=(.*))?$/s.exec(argv[index] as string);
      if (!match) {
        this.#problems.push(`unexpected argument "${argv[index]}"`);
        continue;
      }
      const next = argv[index + 1];
      if (match[2] !== undefined) this.#flags.set(match[1] as string, match[2]);
      else if (next !== undefined && !next.startsWith("-")) {
        this.#flags.set(match[1] as string, next);
        index++;
      } else this.#flags.set(match[1] as string, "true");
    }
  }

  text(name: string, fallback: string, options: FlagOptions = {}): string {
    return this.#raw(name, options) ?? fallback;
  }

  /** A whole number in `[min, max]`. */
  int(
    name: string,
    fallback: number,
    { min = 0, max = Number.MAX_SAFE_INTEGER, ...options }: FlagOptions = {},
  ): number {
    const raw = this.#raw(name, options);
    if (raw === undefined) return fallback;
    const value = Number(raw);
    if (/^-?[0-9]+$/.test(raw) && value >= min && value <= max) return value;
    this.#problems.push(`--${name}: "${raw}" is not a whole number from ${min} to ${max}`);
    return fallback;
  }

  bool(name: string, fallback: boolean, options: FlagOptions = {}): boolean {
    const raw = this.#raw(name, options);
    if (raw === undefined) return fallback;
    if (raw === "true" || raw === "false") return raw === "true";
    this.#problems.push(`--${name}: "${raw}" is neither true nor false`);
    return fallback;
  }

  /** A Go duration, in milliseconds, in `[min, max]`. */
  durationMs(
    name: string,
    fallback: string,
    { min = 0, max = Number.MAX_SAFE_INTEGER, ...options }: FlagOptions = {},
  ): number {
    const raw = this.#raw(name, options) ?? fallback;
    const value = parseDuration(raw);
    if (value !== undefined && value >= min && value <= max) return value;
    this.#problems.push(`--${name}: "${raw}" is not a duration from ${min} ms on`);
    return parseDuration(fallback) ?? 0;
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[], fallback: T, options: FlagOptions = {}): T {
    const raw = this.#raw(name, options);
    if (raw === undefined) return fallback;
    const value = allowed.find((item) => item === raw);
    if (value === undefined) this.#problems.push(`--${name}: "${raw}" is not one of ${allowed.join(", ")}`);
    return value ?? fallback;
  }

  /** Feature gates in the form `A=true,B=false`. */
  gates<const G extends Readonly<Record<string, boolean>>>(
    name: string,
    defaults: G,
  ): { readonly [K in keyof G]: boolean } {
    const gates: Record<string, boolean> = { ...defaults };
    for (const part of this.#raw(name, {})?.split(",") ?? []) {
      const [gate = "", value = ""] = part.split("=");
      if (!Object.hasOwn(defaults, gate)) this.#problems.push(`--${name}: unknown gate "${gate}"`);
      else if (value !== "true" && value !== "false")
        this.#problems.push(`--${name}: ${gate} is neither true nor false`);
      else gates[gate] = value === "true";
    }
    return gates as { readonly [K in keyof G]: boolean };
  }

  /** Notes `problem` unless `holds`: for what flags mean together. */
  require(holds: boolean, problem: string): void {
    if (!holds) this.#problems.push(problem);
  }

  /**
   * Returns `config` frozen.
   * @throws {ConfigError} CONFIG_INVALID that names every bad and every unknown flag.
   */
  finish<T extends object>(config: T): Readonly<T> {
    for (const name of this.#flags.keys()) if (!this.#known.has(name)) this.#problems.push(`unknown flag --${name}`);
    if (this.#problems.length > 0) {
      throw new ConfigError("CONFIG_INVALID", `Cannot read the configuration: ${this.#problems.join("; ")}`, {
        problems: this.#problems,
      });
    }
    return Object.freeze(config);
  }

  #raw(name: string, { env }: FlagOptions): string | undefined {
    this.#known.add(name);
    return this.#flags.get(name) ?? (env === undefined ? undefined : this.#env[env]);
  }
}
