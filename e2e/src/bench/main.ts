import process from "node:process";
import { messageOf } from "@sluice/base";
import { applyRatesText, benchApplies } from "./api-server.ts";
import { type BenchReport, runBench } from "./bench.ts";
import { benchKustomize } from "./kustomize.ts";
import { kustomizeText } from "./kustomize-report.ts";
import { medianReport } from "./median.ts";
import { hostName, machineName, reportText } from "./report.ts";

/**
 * `--n 100,1000`, `--rounds 3`, `--samples 20`, and `--heap 128` (MiB) for controllers as in a pod of 256 MiB; or `--api-server`,
 * the embedded API server beside the real one; or `--kustomize`, the builder beside the Go tool, which builds overlays of up to
 * `--go-limit 1000` resources (5,000 take it minutes).
 */
function argument(name: string, fallback: string): string {
  const index = process.argv.indexOf(name);
  return process.argv[index + 1] !== undefined && index >= 0 ? (process.argv[index + 1] as string) : fallback;
}

try {
  if (process.argv.includes("--api-server")) {
    process.stdout.write(`${applyRatesText(await benchApplies({ size: 1000, rounds: 3 }), machineName())}\n`);
    process.exit(0);
  }
  if (process.argv.includes("--kustomize")) {
    const progress = (line: string) => void process.stderr.write(`${line}\n`);
    const goLimit = Number(argument("--go-limit", "1000"));
    const report = await benchKustomize({ rounds: Number(argument("--rounds", "5")), goLimit, progress });
    process.stdout.write(`${kustomizeText(report, hostName())}\n`);
    process.exit(0);
  }
  const sizes = argument("--n", "100").split(",").map(Number);
  const samples = Number(argument("--samples", "20"));
  const rounds = Number(argument("--rounds", "3"));
  const heapMiB = Number(argument("--heap", "")) || undefined;
  for (const size of sizes) {
    const reports: BenchReport[] = [];
    for (let round = 0; round < rounds; round++) {
      reports.push(await runBench({ size, samples, heapMiB, progress: (line) => process.stderr.write(`${line}\n`) }));
    }
    process.stdout.write(`${reportText(medianReport(reports), machineName())}\n`);
  }
  process.exit(0);
} catch (thrown) {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exit(1);
}
