import process from "node:process";
import { messageOf } from "@sluice/base";
import { runBench } from "./bench.ts";
import { machineName, reportText } from "./report.ts";

/** `--n 100,1000` and `--rounds 3`. */
function argument(name: string, fallback: string): string {
  const index = process.argv.indexOf(name);
  return process.argv[index + 1] !== undefined && index >= 0 ? (process.argv[index + 1] as string) : fallback;
}

try {
  const sizes = argument("--n", "100").split(",").map(Number);
  const samples = Number(argument("--samples", "20"));
  for (const size of sizes) {
    const report = await runBench({ size, samples, progress: (line) => process.stderr.write(`${line}\n`) });
    process.stdout.write(`${reportText(report, machineName())}\n`);
  }
  process.exit(0);
} catch (thrown) {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exit(1);
}
