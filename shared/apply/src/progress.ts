import { messageOf } from "@sluice/base";
import { type Desired } from "./desired.ts";
import { ApplyError } from "./errors.ts";
import { type HealthReport } from "./health-types.ts";
import { maskSecrets } from "./mask.ts";
import { type Change, type ApplyProgress, type ObjectFailure, type Takeover } from "./types.ts";

/** Account of one apply, kept while it goes on, so that it can be told at whatever line it ends. */
export class Progress {
  readonly warnings: { ref: Change["ref"]; message: string }[] = [];
  readonly takeovers: Takeover[] = [];
  readonly #desired: readonly Desired[];
  readonly #held = new Set<Desired>();
  readonly #changes = new Map<Desired, Change>();

  /** @param desired in the order in which the account is told, whatever order things were done in. */
  constructor(desired: readonly Desired[]) {
    this.#desired = desired;
  }

  /** The object is in the cluster, or may be. */
  holds(desired: Desired): void {
    this.#held.add(desired);
  }

  done(desired: Desired, action: Change["action"]): void {
    this.holds(desired);
    this.#changes.set(desired, { ref: desired.ref, action });
  }

  warn({ ref, object }: Desired, messages: readonly string[]): void {
    for (const message of messages) this.warnings.push({ ref, message: maskSecrets(message, object) });
  }

  /** What is true now, detached from what comes. */
  snapshot(): ApplyProgress {
    return {
      inventory: this.#desired.filter((one) => this.#held.has(one)).map(({ entry }) => entry),
      changes: this.#desired.flatMap((one) => this.#changes.get(one) ?? []),
    };
  }

  refused(failures: readonly ObjectFailure[]): ApplyError<"REFUSED"> {
    const ordered = failures.toSorted((a, b) => a.index - b.index);
    const message = ordered.map((failure) => failure.message).join("\n");
    return new ApplyError("REFUSED", message, { failures: ordered, progress: this.snapshot() });
  }

  interrupted(cause: unknown): ApplyError<"INTERRUPTED"> {
    const progress = this.snapshot();
    const message = `Apply interrupted after ${progress.changes.length} objects`;
    return new ApplyError("INTERRUPTED", message, { progress }, { cause });
  }

  notLeading(): ApplyError<"NOT_LEADING"> {
    return new ApplyError("NOT_LEADING", "Apply stopped: this process no longer leads", { progress: this.snapshot() });
  }

  unreachable(cause: unknown): ApplyError<"UNREACHABLE"> {
    const message = `Apply stopped: ${messageOf(cause)}`;
    return new ApplyError("UNREACHABLE", message, { progress: this.snapshot() }, { cause });
  }

  stageNotReady(message: string, report: HealthReport, cause: unknown): ApplyError<"STAGE_NOT_READY"> {
    return new ApplyError("STAGE_NOT_READY", message, { report, progress: this.snapshot() }, { cause });
  }
}
