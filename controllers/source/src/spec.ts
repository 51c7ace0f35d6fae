import { type GitRepository } from "@sluice/api";
import { isObject, type Json, parseDuration, stringifyJson } from "@sluice/base";
import { Stalled } from "@sluice/runtime";

/** What a run needs of the spec, checked. */
export interface CheckedSpec {
  url: string;
  /** Milliseconds, above 0. */
  intervalMs: number;
  /** Milliseconds for one operation over the network, above 0. */
  timeoutMs: number;
}

const fetchFailed = { condition: "FetchFailed" };

/**
 * Checks what the schema cannot, and what an object stored before the schema may hold.
 * @throws {Stalled} Failed, URLInvalid, or NotSupported for a field that Sluice does not know how to honour yet
 */
export function checkSpec({ spec }: GitRepository): CheckedSpec {
  if (typeof spec?.url !== "string") throw notText("url", "URLInvalid");
  if (spec.ignore !== undefined && typeof spec.ignore !== "string") throw notText("ignore", "Failed");
  checkRef(spec.ref);
  const checked = {
    url: spec.url,
    intervalMs: durationOf("interval", spec.interval),
    timeoutMs: durationOf("timeout", spec.timeout ?? "60s"),
  };
  refuseUnsupported(spec);
  return checked;
}

/** What the names themselves may be is the git room's to say. */
function checkRef(ref: Json | undefined): void {
  if (ref === undefined) return;
  if (!isObject(ref)) throw new Stalled("GitOperationFailed", "Cannot use spec.ref: it is not an object", fetchFailed);
  const odd = Object.keys(ref).find((field) => typeof ref[field] !== "string");
  if (odd !== undefined) throw notText(`ref.${odd}`, "GitOperationFailed");
}

function notText(field: string, reason: string): Stalled {
  return new Stalled(reason, `Cannot use spec.${field}: it is not text`, fetchFailed);
}

function durationOf(field: string, value: Json | undefined): number {
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms !== undefined && ms > 0) return ms;
  const shown = stringifyJson(value ?? null).slice(0, 100);
  throw new Stalled("Failed", `Cannot use spec.${field} ${shown}: not a positive duration`);
}

const unsupported = [
  "verify",
  "include",
  "recurseSubmodules",
  "sparseCheckout",
  "proxySecretRef",
  "serviceAccountName",
] as const;

function refuseUnsupported(spec: GitRepository["spec"]): void {
  const field = unsupported.find((name) => isUsed(spec[name]));
  if (field !== undefined) throw notSupported(`spec.${field}`);
  if (spec.provider !== undefined && spec.provider !== "generic")
    throw notSupported(`spec.provider "${spec.provider}"`);
}

/** An empty list, like `false`, asks for nothing. */
function isUsed(value: GitRepository["spec"][(typeof unsupported)[number]]): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false && value !== "";
}

/** The ending of an object that asks for `what`. What it has in storage is still served. */
export function notSupported(what: string): Stalled {
  return new Stalled("NotSupported", `Cannot reconcile with ${what}: Sluice does not support it yet`);
}
