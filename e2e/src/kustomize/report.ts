import { describeCase } from "./case.ts";
import { type Comparison } from "./compare.ts";
import { type ParityReport } from "./parity.ts";

/** One line of counts. */
export function countsText(report: ParityReport): string {
  const { runs, identical, bothRefused, accepted, crashed, differences } = report;
  const share = (count: number) => `${count} (${runs === 0 ? 0 : ((100 * count) / runs).toFixed(1)} %)`;
  const parts = [
    `seed ${report.seed}: ${runs} cases`,
    `identical ${share(identical)}`,
    `both refused ${share(bothRefused)}`,
    ...[...accepted].map(([name, count]) => `accepted, ${name}: ${share(count)}`),
    ...[...crashed].map(([how, count]) => `kustomize crashed, ${how}: ${share(count)}`),
    `differences ${differences.length}`,
  ];
  return parts.join("; ");
}

/** A difference with its case and both answers, for people. */
export function differenceText({ tried, ours, theirs }: Comparison): string {
  if (ours.is !== "built" || theirs.is !== "built") {
    return `${describeCase(tried)}# kustomize: ${answerText(theirs)}\n# ours: ${answerText(ours)}\n`;
  }
  const [wanted, got] = [theirs.output.split("\n"), ours.output.split("\n")];
  const from = wanted.findIndex((line, index) => line !== got[index]);
  const first = Math.max(0, (from === -1 ? wanted.length : from) - 4);
  const excerpt = (lines: readonly string[]) => lines.slice(first, first + 14).join("\n");
  return `${describeCase(tried)}# ---- kustomize, from line ${first + 1}\n${excerpt(wanted)}\n# ---- ours\n${excerpt(got)}\n`;
}

function answerText(answer: Comparison["ours"] | Comparison["theirs"]): string {
  if (answer.is === "built") return `built\n${answer.output}`;
  return answer.is === "crashed" ? `crashed: ${answer.how}` : `${answer.is}: ${answer.error}`;
}
