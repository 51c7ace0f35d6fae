import { type KustomizationStatus } from "@sluice/api";
import { formatDuration, rfc3339 } from "@sluice/base";

type Entry = NonNullable<KustomizationStatus["history"]>[number];

/** Entries that are kept. */
const LIMIT = 5;

/** One reconciliation, as the history tells it. */
export interface Reconciliation {
  /** Digest of the built manifests. */
  digest: string;
  /** Reason of the Ready condition. */
  outcome: string;
  revision: string;
  nowMs: number;
  durationMs: number;
}

/**
 * The history with one more reconciliation: the newest first, one entry for each digest and outcome, five at most.
 * @source spec/flux-api.md 1.3
 */
export function withReconciliation(history: readonly Entry[] | undefined, run: Reconciliation): Entry[] {
  const now = rfc3339(run.nowMs);
  const same = (entry: Entry) => entry.digest === run.digest && entry.lastReconciledStatus === run.outcome;
  const known = history?.find(same);
  const entry: Entry = {
    digest: run.digest,
    firstReconciled: known?.firstReconciled ?? now,
    lastReconciled: now,
    lastReconciledDuration: formatDuration(Math.round(run.durationMs)),
    lastReconciledStatus: run.outcome,
    totalReconciliations: (known?.totalReconciliations ?? 0) + 1,
    metadata: { revision: run.revision },
  };
  return [entry, ...(history ?? []).filter((other) => !same(other))].slice(0, LIMIT);
}
