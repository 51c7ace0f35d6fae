import { type Kustomization, kustomization, violationOf } from "@sluice/api";
import { type Json, parseDuration } from "@sluice/base";
import { Stalled } from "@sluice/runtime";

/** The numbers of a Kustomization's spec, in milliseconds. */
export interface Timing {
  intervalMs: number;
  retryMs: number;
  timeoutMs: number;
}

/** The shortest timeout that is not set but follows from the interval. */
const LEAST_TIMEOUT_MS = 30_000;

/** How Flux introduces what only a change of the spec cures. @source spec/flux-api.md 2.3 */
const TERMINAL = "Reconciliation failed terminally due to configuration error";

/** The spec; undefined if the Kustomization was stored before the schema and breaks it: then nothing in it can be relied on. */
export function soundSpec({ spec }: Kustomization): Kustomization["spec"] | undefined {
  return violationOf(kustomization.spec.openApi, spec as Json | undefined, "spec") === undefined ? spec : undefined;
}

/**
 * Reads and checks what the schema cannot.
 * @throws {Stalled}
 */
export function timingOf({ spec }: Kustomization): Timing {
  const intervalMs = positive("interval", spec.interval);
  const untilNext = Math.max(intervalMs - LEAST_TIMEOUT_MS, LEAST_TIMEOUT_MS);
  return {
    intervalMs,
    retryMs: spec.retryInterval === undefined ? intervalMs : positive("retryInterval", spec.retryInterval),
    timeoutMs: spec.timeout === undefined ? untilNext : positive("timeout", spec.timeout),
  };
}

/**
 * Refuses what would be ignored silently.
 * @param defaultServiceAccount whom to impersonate where the spec does not say; "" for nobody
 * @throws {Stalled}
 */
export function checkSpec({ spec }: Kustomization, { defaultServiceAccount = "" } = {}): void {
  const missing = unsupported.find((field) => spec[field] !== undefined);
  const what = missing ? `spec.${missing}` : defaultServiceAccount !== "" && "--default-service-account";
  if (what) throw new Stalled("NotSupported", `Cannot reconcile with ${what}: Sluice does not support it yet`);
}

/** What only a change of configuration cures, in Flux's words. */
export function misconfigured(
  reason: "AccessDenied" | "InvalidCELExpression",
  fact: string,
  options: { cause?: unknown } = {},
): Stalled {
  return new Stalled(reason, `${TERMINAL}: ${fact}`, options);
}

/** What this controller does not do yet; the render room refuses its own part. */
const unsupported = ["kubeConfig", "serviceAccountName", "ignore"] as const;

function positive(field: string, text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new Stalled("Failed", `Cannot use spec.${field} "${text}": not a positive duration`);
}
