import { displayRef, type ObjectRef } from "@sluice/api";
import { messageOf } from "@sluice/base";
import { isKubeError, type KubeError } from "@sluice/kube";
import { type Desired } from "./desired.ts";
import { holdsSecrets, maskSecrets } from "./mask.ts";
import { type ObjectFailure } from "./types.ts";

/** Why an object was refused, in the words that Flux's users know. @source spec/flux-api.md 2.6 */
export function failureOf(desired: Desired, during: "dry-run" | "apply", error: unknown): ObjectFailure {
  const { ref, index, object } = desired;
  const { reason, text } = factsOf(error, during);
  const message = `${displayRef(ref)} ${maskSecrets(text, object)}`;
  return { ref, index, reason, message, ...(holdsSecrets(object) ? {} : { cause: error }) };
}

/** An object that is refused before anything is asked of the server. */
export function badObject(ref: ObjectRef, index: number, problem: string): ObjectFailure {
  return { ref, index, reason: "BadObject", message: `${displayRef(ref)} ${problem}` };
}

function factsOf(error: unknown, during: "dry-run" | "apply"): { reason: string; text: string } {
  if (isKubeError(error, "KIND_NOT_SERVED")) {
    const { kind, apiVersion } = error.data;
    return { reason: "NotFound", text: `not found: no matches for kind "${kind}" in version "${apiVersion}"` };
  }
  const { reason, message } = statusOf(error);
  if (isKubeError(error, "NOT_FOUND")) return { reason: "NotFound", text: `not found: ${message}` };
  return { reason, text: `${during} failed${reason === "" ? "" : ` (${reason})`}: ${message}` };
}

/** Reason and message of the server's answer; the error's own message if no answer came. */
export function statusOf(error: unknown): { reason: string; message: string; status: number } {
  if (!isKubeError(error)) return { reason: "", message: messageOf(error), status: 0 };
  const { data } = error as KubeError;
  if (!("message" in data)) return { reason: "", message: error.message, status: 0 };
  const { reason, message, status } = data;
  return status === 0 ? { reason: "", message: error.message, status } : { reason, message, status };
}

/** Whether an error says nothing of the object: no answer, an overloaded server, or credentials that no longer count. */
export function isUnreachable(error: unknown): boolean {
  if (isKubeError(error, "TIMEOUT", "BROKEN", "TOO_MANY_REQUESTS", "UNAUTHORIZED", "CREDENTIALS")) return true;
  return isKubeError(error, "UNAVAILABLE") && error.data.status !== 500;
}

/** Whether a write that failed so may have been done all the same: no answer came, or none that can be read. */
export function mayHaveHappened(error: unknown): boolean {
  if (isKubeError(error, "BROKEN", "TIMEOUT")) return true;
  return isKubeError(error, "UNAVAILABLE") ? error.data.status !== 500 : !isKubeError(error);
}
