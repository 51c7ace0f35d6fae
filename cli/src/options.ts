import { insideRoot, parseDuration } from "@sluice/base";
import { CliError } from "./errors.ts";

/** `sluice up`, as it was asked for. */
export interface UpOptions {
  /** A Git URL or a directory; undefined means the example. */
  source: string | undefined;
  /** Directory of the source that is applied; undefined means the root, or the example's dev cluster. */
  path: string | undefined;
  /** Port of the embedded API server; 0 takes a free one. */
  port: number;
  /** End as soon as everything is ready, or cannot become ready. */
  once: boolean;
  /** Limit for `once`, in milliseconds. */
  timeoutMs: number;
  /** Directory for the kubeconfig, the example and caches. */
  dir: string;
}

/** What the command line gives, as text. */
export interface RawUpOptions {
  path?: string;
  port: string;
  once?: boolean;
  timeout: string;
  dir: string;
}

/** @throws {CliError} USAGE */
export function readUpOptions(source: string | undefined, raw: RawUpOptions): UpOptions {
  const port = Number(raw.port);
  if (!/^[0-9]+$/.test(raw.port) || port > 65_535) throw usage(`--port "${raw.port}" is not a port`);
  const timeoutMs = parseDuration(raw.timeout);
  if (timeoutMs === undefined || timeoutMs <= 0)
    throw usage(`--timeout "${raw.timeout}" is not a positive duration such as 90s or 5m`);
  const path = raw.path === undefined ? undefined : insideRoot(raw.path);
  if (raw.path !== undefined && path === undefined) throw usage(`--path "${raw.path}" leaves the repository`);
  return { source, path, port, once: raw.once === true, timeoutMs, dir: raw.dir };
}

function usage(message: string): CliError<"USAGE"> {
  return new CliError("USAGE", message, {});
}
