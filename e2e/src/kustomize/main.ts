import process from "node:process";
import { parseArgs } from "node:util";
import { messageOf, systemClock } from "@sluice/base";
import { kubeAssets } from "../assets.ts";
import { openOracle } from "./oracle.ts";
import { runParity } from "./parity.ts";
import { countsText, differenceText } from "./report.ts";

/** `--runs 5000`, `--seed N` (random by default), `--differences N` to collect several; exit code 1 if there are any. */
async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { runs: { type: "string" }, seed: { type: "string" }, differences: { type: "string" } },
  });
  const assets = await kubeAssets(["kustomize-oracle"]);
  if ("missing" in assets) throw new Error(`Cannot compare with kustomize: ${assets.missing}`);
  using oracle = openOracle(assets.path["kustomize-oracle"], { clock: systemClock });
  const report = await runParity({
    oracle,
    runs: numberOf("runs", values.runs ?? "5000"),
    seed: numberOf("seed", values.seed ?? String(Math.floor(Math.random() * 2 ** 31))),
    mostDifferences: numberOf("differences", values.differences ?? "1"),
    progress: (soFar) => process.stderr.write(`${countsText(soFar)}\n`),
  });
  for (const difference of report.differences) process.stdout.write(`\n${differenceText(difference)}`);
  process.stdout.write(`${countsText(report)}\n`);
  return report.differences.length === 0 ? 0 : 1;
}

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`Cannot use --${name} "${text}": not a whole number`);
  return value;
}

try {
  process.exitCode = await main();
} catch (thrown) {
  process.stderr.write(`${messageOf(thrown)}\n`);
  process.exitCode = 2;
}
