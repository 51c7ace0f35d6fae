import { ApplyError, type ApplyErrors } from "@sluice/apply";
import { ArtifactError } from "@sluice/artifact";
import { RenderError, type RenderErrors } from "@sluice/render";
import { type Verdict } from "@sluice/runtime";

const reconciling = { reason: "ReconciliationFailed", then: "retry" } as const;

const ofApply = {
  INTERRUPTED: reconciling,
  MALFORMED_ID: { reason: "PruneFailed", then: "retry" },
  NOT_LEADING: reconciling,
  REFUSED: reconciling,
  STAGE_NOT_READY: { reason: "HealthCheckFailed", then: "retry" },
  UNREACHABLE: reconciling,
  UNHEALTHY: { reason: "HealthCheckFailed", then: "retry" },
} as const satisfies Record<keyof ApplyErrors, Verdict>;

const ofRender = {
  BUILD_FAILED: { reason: "BuildFailed", then: "retry" },
  ENCRYPTED: { reason: "BuildFailed", then: "retry" },
  INVALID_PATH: { reason: "ArtifactFailed", then: "stall" },
  INVALID_SPEC: { reason: "BuildFailed", then: "stall" },
  NOT_SUPPORTED: { reason: "NotSupported", then: "stall" },
  PATH_NOT_FOUND: { reason: "ArtifactFailed", then: "retry" },
} as const satisfies Record<keyof RenderErrors, Verdict>;

/** What an error means for a Kustomization. A new code does not compile until someone decides its fate. */
export function verdictOf(thrown: unknown): Verdict {
  if (thrown instanceof ApplyError) return ofApply[(thrown as ApplyError).code];
  if (thrown instanceof ArtifactError) return { reason: "ArtifactFailed", then: "retry" };
  if (thrown instanceof RenderError) return ofRender[(thrown as RenderError).code];
  return reconciling;
}
