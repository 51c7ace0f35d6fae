import { type Clock } from "./clock.ts";
import { messageOf } from "./errors.ts";
import { type JsonObject, stringifyJson } from "./json.ts";

/** Log levels, least important first. `trace` and `debug` are both logged as Flux's `debug`. */
export const logLevels = ["trace", "debug", "info", "error"] as const;
export type LogLevel = (typeof logLevels)[number];

/** A structured logger: one line an entry, fields of `with` on each. */
export interface Logger {
  trace(message: string, fields?: JsonObject): void;
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  /** @param thrown what went wrong; its message becomes the field `error`. */
  error(message: string, thrown: unknown, fields?: JsonObject): void;
  /** A logger that puts `fields` on every line. */
  with(fields: JsonObject): Logger;
}

/**
 * A logger that writes one JSON object a line: `level`, `ts`, `logger`?, `msg`, then the fields.
 * @source Flux's controllers (zap, ISO 8601 `ts`); `flux logs` reads these keys.
 */
export function jsonLog(options: {
  write: (line: string) => void;
  clock: Clock;
  level: LogLevel;
  fields?: JsonObject;
}): Logger {
  const { write, clock, level, fields = {} } = options;
  const log = (at: LogLevel, msg: string, more: JsonObject | undefined) => {
    if (logLevels.indexOf(at) < logLevels.indexOf(level)) return;
    const shown = at === "trace" ? "debug" : at;
    write(`${stringifyJson({ level: shown, ts: new Date(clock.now()).toISOString(), msg, ...fields, ...more })}\n`);
  };
  return {
    trace: (message, more) => log("trace", message, more),
    debug: (message, more) => log("debug", message, more),
    info: (message, more) => log("info", message, more),
    error: (message, thrown, more) => log("error", message, { error: messageOf(thrown), ...more }),
    with: (more) => jsonLog({ ...options, fields: { ...fields, ...more } }),
  };
}

/** A logger that drops everything. */
export const silentLog: Logger = {
  trace() {},
  debug() {},
  info() {},
  error() {},
  with: () => silentLog,
};
