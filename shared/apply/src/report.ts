import { displayRef } from "@sluice/api";
import { type HealthReport, type HealthStatus } from "./health-types.ts";

/** Objects of a report that are not ready. */
export function unready(report: HealthReport): HealthReport["objects"] {
  return report.objects.filter((object) => object.status !== "Current");
}

/** What a wait that ran out of time says: `timeout waiting for: [Kind/ns/name status: 'InProgress', ...]`. @source spec/flux-api.md 2.7 */
export function timeoutMessage(report: HealthReport): string {
  return `timeout waiting for: [${unready(report).map(shown).join(", ")}]`;
}

/** What a wait that cannot succeed any more says. @source spec/flux-api.md 2.7 */
export function failureMessage(report: HealthReport): string {
  const failed = report.objects.filter((object) => object.status === "Failed");
  return `failed early due to stalled resources: [${failed.map(shown).join(", ")}]`;
}

function shown({
  ref,
  status,
  message,
}: {
  ref: Parameters<typeof displayRef>[0];
  status: HealthStatus;
  message: string;
}): string {
  const why = message === "" || status === "NotFound" ? "" : `: ${message}`;
  return `${displayRef(ref)} status: '${status}'${why}`;
}
