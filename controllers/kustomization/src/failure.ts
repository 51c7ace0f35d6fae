import { ApplyError, type ApplyProgress } from "@sluice/apply";
import { isArtifactError } from "@sluice/artifact";
import { formatDuration, messageOf } from "@sluice/base";
import { isKubeError } from "@sluice/kube";
import { type Origin, type RenderResult } from "@sluice/render";
import { Failed, Stalled, Waiting } from "@sluice/runtime";
import { type Timing } from "./spec.ts";
import { verdictOf } from "./verdicts.ts";

/** What is known when a run fails. */
export interface FailureView {
  timing: Timing;
  /** True if `spec.timeout` ran out. */
  timedOut: boolean;
  /** Fires when the source has another artifact. */
  sourceTopic: string;
  requeueMs: number;
}

/** The ending that an error of a run stands for. @source spec/flux-api.md 2.3 */
export function endingOf(thrown: unknown, { timing, timedOut, sourceTopic, requeueMs }: FailureView): unknown {
  if (thrown instanceof Waiting || thrown instanceof Stalled || thrown instanceof Failed) return thrown;
  if (isArtifactError(thrown, "NOT_FOUND")) {
    const message = `Source is not ready, artifact not found, retrying in ${formatDuration(requeueMs)}`;
    return new Waiting("ArtifactFailed", message, { until: [sourceTopic], afterMs: requeueMs });
  }
  const { reason, then } = verdictOf(thrown);
  if (then === "stall") return new Stalled(reason, messageOf(thrown), { cause: thrown });
  const message = timedOut
    ? `timed out after ${formatDuration(timing.timeoutMs)}: ${messageOf(thrown)}`
    : messageOf(thrown);
  const afterMs = timedOut ? timing.retryMs : delayOf(thrown, timing);
  return new Failed(reason, message, { cause: thrown, ...(afterMs === undefined ? {} : { afterMs }) });
}

/** Undefined means backoff: an API server that does not answer says nothing about the object, and comes back long before `retryInterval`. */
function delayOf(thrown: unknown, { retryMs }: Timing): number | undefined {
  if (!(thrown instanceof ApplyError) || thrown.code !== "UNREACHABLE") return retryMs;
  const { cause } = thrown;
  if (isKubeError(cause, "TOO_MANY_REQUESTS", "UNAVAILABLE")) return cause.data.retryAfterMs;
  return undefined;
}

/** What an apply had done when it failed; undefined if the error says nothing of it. */
export function progressOf(thrown: unknown): ApplyProgress | undefined {
  if (!(thrown instanceof ApplyError)) return undefined;
  const { data } = thrown as ApplyError;
  return "progress" in data ? data.progress : undefined;
}

/**
 * A refusal with file and line of each object.
 * @param options.until topics that make another try worthwhile
 */
export function refusalOf(
  error: ApplyError<"REFUSED">,
  build: RenderResult,
  options: { until: readonly string[]; afterMs: number },
): Failed {
  const lines = error.data.failures.map(({ index, message }) => {
    const origin = build.origins[index];
    return withPlace(message, origin);
  });
  return new Failed("ReconciliationFailed", lines.join("\n"), { cause: error, ...options });
}

/** Narrows to one code of the apply room. */
export function isRefusal(thrown: unknown): thrown is ApplyError<"REFUSED"> {
  return thrown instanceof ApplyError && thrown.code === "REFUSED";
}

/** Whether an apply or a prune ended because its signal had aborted. */
export function isInterruption(thrown: unknown): boolean {
  return thrown instanceof ApplyError && thrown.code === "INTERRUPTED";
}

/** A message, and where the object that it is about was declared. */
export function withPlace(message: string, origin: Origin | undefined): string {
  return origin ? `${message} (${origin.file}${origin.line === undefined ? "" : `:${origin.line}`})` : message;
}
