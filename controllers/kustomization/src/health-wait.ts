import { findCondition, type Kustomization, type ObjectRef, refOf } from "@sluice/api";
import { type ApplyResult } from "@sluice/apply";
import { type RenderResult } from "@sluice/render";
import { topicOf } from "@sluice/runtime";
import { type HealthWait } from "./health.ts";
import { type HealthJudge } from "./health-exprs.ts";
import { type Converged, ownerOf } from "./objects.ts";
import { type Timing } from "./spec.ts";

/** What is to be healthy after an apply, and what is believed of it; undefined if nothing has to be. */
export function healthWaitOf(about: {
  app: Kustomization;
  build: RenderResult;
  applied: Converged;
  revision: string;
  timing: Timing;
  judge: HealthJudge | undefined;
  failFast: boolean;
}): HealthWait | undefined {
  const { app, build, applied, revision, timing, judge, failFast } = about;
  const refs = healthRefs(app, build, applied);
  if (refs.length === 0) return undefined;
  return {
    request: { owner: ownerOf(app), refs, ...judge },
    signature: `${build.digest} ${app.metadata.generation}`,
    first: applied.isChanged ? unknownHealth : storedHealth(app, build),
    ...{ revision, failFast, timeoutMs: timing.timeoutMs, retryMs: timing.retryMs },
  };
}

/** The objects whose health counts: all that were applied with `wait`, else those that are named. */
function healthRefs({ spec, metadata }: Kustomization, build: RenderResult, { changes }: ApplyResult): ObjectRef[] {
  if (spec.wait !== true) {
    const namespace = metadata.namespace ?? "default";
    return (spec.healthChecks ?? []).map((check) => ({ namespace, apiVersion: "apps/v1", ...check }));
  }
  const skipped = new Set(changes.filter(({ action }) => action === "skipped").map(({ ref }) => topicOf(ref)));
  return build.objects.map(refOf).filter((ref) => !skipped.has(topicOf(ref)));
}

const unknownHealth: HealthWait["first"] = { state: "pending", message: "" };

/** What the status says of the health of objects that did not change: a new process believes it until its watches say otherwise. */
function storedHealth({ status, metadata }: Kustomization, build: RenderResult): HealthWait["first"] {
  const condition = findCondition(status?.conditions, "Healthy");
  const isOfThis =
    condition?.observedGeneration === metadata.generation && status?.history?.[0]?.digest === build.digest;
  if (!isOfThis || condition?.status === "Unknown") return unknownHealth;
  return { state: condition?.status === "True" ? "healthy" : "unhealthy", message: condition?.message ?? "" };
}
