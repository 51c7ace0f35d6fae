import { ToolkitError } from "@sluice/base";
import { type HealthReport } from "./health-types.ts";
import { type ApplyProgress, type ObjectFailure } from "./types.ts";

export interface ApplyErrors {
  /** The server, or a check before it, refused objects. What a dry run found left the cluster as it was: `progress` shows nothing created or configured. */
  REFUSED: { failures: readonly ObjectFailure[]; progress: ApplyProgress };
  /** The server does not answer, or does not know us any more: nothing is wrong with the objects. `cause` is the client's error. */
  UNREACHABLE: { progress: ApplyProgress };
  /** Objects of an early stage (definitions, namespaces, classes) did not become ready in time; later stages were not begun. */
  STAGE_NOT_READY: { report: HealthReport; progress: ApplyProgress };
  /** The signal aborted between two objects; `cause` is its reason. */
  INTERRUPTED: { progress: ApplyProgress };
  /** `canWrite()` said no: this process no longer leads. */
  NOT_LEADING: { progress: ApplyProgress };
  /** Objects that were waited for failed for good. */
  UNHEALTHY: { report: HealthReport };
  /** An inventory id that is not `<namespace>_<name>_<group>_<Kind>`. */
  MALFORMED_ID: { id: string };
}

/** What this room throws. `progress` tells what is in the cluster now and belongs into the inventory. */
export class ApplyError<C extends keyof ApplyErrors = keyof ApplyErrors> extends ToolkitError<C, ApplyErrors[C]> {}
