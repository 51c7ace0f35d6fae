/** Builds random kustomizations with kustomize and with `@sluice/kustomize`, and counts where they agree. */

import { BuildCache } from "@sluice/kustomize";
import fc from "fast-check";
import { kustomizationCase } from "./arbitrary/kustomizations.ts";
import { type Case } from "./case.ts";
import { type Comparison, compare, judge } from "./compare.ts";
import { type Oracle } from "./oracle.ts";

export interface ParityOptions {
  oracle: Oracle;
  /** Cases to build. */
  runs: number;
  /** The same seed gives the same cases. */
  seed: number;
  /** Cases to be tried for making one difference smaller; 600 by default. */
  shrinkSteps?: number;
  /** Ends the run when there are so many differences; 1 by default. */
  mostDifferences?: number;
  /** Where cases come from; random kustomizations by default. */
  cases?: fc.Arbitrary<Case>;
  /** Called after each batch of runs. */
  progress?: (report: ParityReport) => void;
}

/** How many cases went how. Cases that were made while a difference was shrunk do not count. */
export interface ParityReport {
  seed: number;
  runs: number;
  identical: number;
  bothRefused: number;
  /** Accepted differences by class. */
  accepted: Map<string, number>;
  /** Cases in which the reference crashed, by how. */
  crashed: Map<string, number>;
  /** What differs, as small as it could be made; of one batch only the first. */
  differences: Comparison[];
}

const BATCH = 250;

/** Runs until `runs` cases are built or there are too many differences. */
export async function runParity(options: ParityOptions): Promise<ParityReport> {
  const { runs, seed, mostDifferences = 1, progress } = options;
  const report: ParityReport = {
    ...{ seed, runs: 0, identical: 0, bothRefused: 0 },
    ...{ accepted: new Map(), crashed: new Map(), differences: [] },
  };
  const cache = new BuildCache();
  for (let batch = 0; report.runs < runs && report.differences.length < mostDifferences; batch += 1) {
    await runBatch({ ...options, seed: seed + batch, runs: Math.min(BATCH, runs - report.runs) }, { report, cache });
    progress?.(report);
  }
  return report;
}

interface Progress {
  report: ParityReport;
  cache: BuildCache;
}

async function runBatch(options: ParityOptions, { report, cache }: Progress): Promise<void> {
  const { oracle, runs, seed, cases = kustomizationCase } = options;
  let steps = options.shrinkSteps ?? 600;
  let smallest: Comparison | undefined;
  const differs = async (tried: Case): Promise<boolean> => {
    if (smallest !== undefined && steps-- <= 0) return false;
    const comparison = await compare(tried, oracle, cache);
    const isDifference = smallest === undefined ? count(report, comparison) : judge(comparison).is === "difference";
    if (isDifference) smallest = comparison;
    return isDifference;
  };
  await fc.check(
    fc.asyncProperty(cases, async (tried) => !(await differs(tried))),
    { numRuns: runs, seed },
  );
  if (smallest !== undefined) report.differences.push(smallest);
}

/** Adds a case to the report. @returns true if it is a difference */
function count(report: ParityReport, comparison: Comparison): boolean {
  const verdict = judge(comparison);
  report.runs += 1;
  switch (verdict.is) {
    case "identical":
      report.identical += 1;
      break;
    case "both-refused":
      report.bothRefused += 1;
      break;
    case "accepted":
      increment(report.accepted, verdict.reason);
      break;
    case "reference-crashed":
      increment(report.crashed, verdict.how);
      break;
    case "difference":
      return true;
  }
  return false;
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
