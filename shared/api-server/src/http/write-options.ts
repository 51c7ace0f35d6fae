import { type FieldValidation, type WriteOptions } from "../registry/context.ts";
import { invalidOption } from "../registry/status-error.ts";
import { type FieldError } from "../schema/field-error.ts";
import { type ResourceExchange } from "./exchange.ts";

/** Name of the options' kind in error messages. */
export type OptionsKind = "CreateOptions" | "UpdateOptions" | "PatchOptions" | "DeleteOptions";

const MANAGER_LIMIT = 128;

/**
 * The query parameters that all writes share.
 * @throws {StatusError} 422 that names every wrong one.
 */
export function writeOptions(exchange: ResourceExchange, kind: OptionsKind): WriteOptions {
  const { query, subresource } = exchange;
  const errors: FieldError[] = [];
  const dryRun = readDryRun(query.getAll("dryRun"), errors);
  const fieldValidation = readValidation(query.get("fieldValidation") ?? "", errors);
  const manager = readManager(query.get("fieldManager") ?? "", errors);
  if (errors.length > 0) throw invalidOption(kind, errors);
  return {
    dryRun,
    fieldValidation,
    manager: manager || agentName(exchange.request.headers["user-agent"]),
    ...(subresource !== undefined && { subresource }),
  };
}

/** Adds to `errors` if the values of `dryRun` are not just `All`. */
export function readDryRun(values: readonly string[], errors: FieldError[]): boolean {
  if (values.length === 0) return false;
  if (values.every((value) => value === "All")) return true;
  errors.push({ type: "Unsupported value", field: "dryRun", value: [...values], detail: 'supported values: "All"' });
  return false;
}

function readValidation(value: string, errors: FieldError[]): FieldValidation {
  if (value === "") return "Warn";
  if (value === "Ignore" || value === "Warn" || value === "Strict") return value;
  const detail = 'supported values: "", "Ignore", "Strict", "Warn"';
  errors.push({ type: "Unsupported value", field: "fieldValidation", value, detail });
  return "Warn";
}

function readManager(value: string, errors: FieldError[]): string {
  if (value.length > MANAGER_LIMIT) {
    errors.push({ type: "Too long", field: "fieldManager", detail: `may not be more than ${MANAGER_LIMIT} bytes` });
  }
  const odd = [...value].findIndex((character) => !/^[^\p{C}\p{Z}]$|^ $/u.test(character));
  if (odd >= 0) {
    const detail = "should only contain printable characters";
    errors.push({ type: "Invalid value", field: "fieldManager", value, detail });
  }
  return value;
}

/** The manager of a client that names none: its User-Agent up to the first slash. */
function agentName(userAgent: string | undefined): string {
  return (userAgent ?? "").split("/")[0]?.slice(0, MANAGER_LIMIT) || "unknown";
}
