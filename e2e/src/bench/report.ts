import { cpus, totalmem } from "node:os";
import process from "node:process";
import { type BenchReport, type Phase } from "./bench.ts";

/** The machine, as a reader needs to know it. */
export function hostName(): string {
  const gib = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${gib} GiB, Node ${process.versions.node}`;
}

/** The machine, and what else runs on it. */
export function machineName(): string {
  return `${hostName()}, kube-apiserver and etcd on the same machine`;
}

/** The report as Markdown. */
export function reportText(report: BenchReport, machine: string): string {
  const { size, phases, pushToObjectMs, driftToHealedMs, peakBytes } = report;
  const memory = Object.entries(peakBytes).map(([name, bytes]) => `${name} ${Math.round(bytes / 2 ** 20)} MiB`);
  return [
    `### ${size} Kustomizations x 4 objects (${machine})`,
    "",
    "| phase | time | floor: sent | floor: observed | ratio | applies | dry runs | object reads | deletes | writes of Kustomizations |",
    "|---|---|---|---|---|---|---|---|---|---|",
    ...phases.map(phaseRow),
    "",
    `- push known to the source -> object changed: p50 ${ms(quantile(pushToObjectMs, 0.5))}, p99 ${ms(quantile(pushToObjectMs, 0.99))} (${pushToObjectMs.length} pushes)`,
    `- drift -> healed: p50 ${ms(quantile(driftToHealedMs, 0.5))}, p99 ${ms(quantile(driftToHealedMs, 0.99))} (${driftToHealedMs.length} edits)`,
    `- peak memory: ${memory.join(", ")}`,
    "",
  ].join("\n");
}

function phaseRow({ name, ms: time, floor, requests }: Phase): string {
  const { applies, dryRuns, reads, deletes, statusWrites } = requests;
  const ratio = (base: number) => `${(time / base).toFixed(1)}x`;
  const base = floor
    ? `${ms(floor.sentMs)} | ${ms(floor.observedMs)} | ${ratio(floor.sentMs)}, ${ratio(floor.observedMs)}`
    : " | |";
  return `| ${name} | ${ms(time)} | ${base} | ${applies} | ${dryRuns} | ${reads} | ${deletes} | ${statusWrites} |`;
}

/** @param sorted ascending */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${Math.round(value)} ms`;
}
