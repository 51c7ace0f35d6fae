import { type BenchReport, type Phase } from "./bench.ts";

/** One report of several rounds: medians of the times, every sample, the largest memory, the requests of the last round. */
export function medianReport(rounds: readonly BenchReport[]): BenchReport {
  const last = rounds.at(-1);
  if (!last) throw new RangeError("no rounds");
  const phases = last.phases.map((phase, index) =>
    medianPhase(
      phase,
      rounds.map((round) => round.phases[index] as Phase),
    ),
  );
  const sorted = (pick: (round: BenchReport) => readonly number[]) => rounds.flatMap(pick).sort((a, b) => a - b);
  const peak = (name: string) => Math.max(...rounds.map((round) => round.peakBytes[name] ?? 0));
  return {
    size: last.size,
    phases,
    pushToObjectMs: sorted((round) => round.pushToObjectMs),
    driftToHealedMs: sorted((round) => round.driftToHealedMs),
    peakBytes: Object.fromEntries(Object.keys(last.peakBytes).map((name) => [name, peak(name)])),
  };
}

function medianPhase(phase: Phase, all: readonly Phase[]): Phase {
  const floors = all.flatMap(({ floor }) => (floor ? [floor] : []));
  const floor = {
    sentMs: median(floors.map(({ sentMs }) => sentMs)),
    observedMs: median(floors.map(({ observedMs }) => observedMs)),
  };
  return { ...phase, ms: median(all.map(({ ms }) => ms)), ...(floors.length > 0 && { floor }) };
}

/** The middle value; of an even number, the upper one of the two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
