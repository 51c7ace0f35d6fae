/**
 * Writes what a real kube-apiserver without kube-controller-manager answers to the recorded conformance cases into `src/generated/conformance-answers.ts`.
 *
 *     node --conditions=sluice --import tsx scripts/record-conformance.ts --server https://127.0.0.1:6443 --token T
 */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Json, stringifyJson, systemClock } from "@sluice/base";
import { ConformanceClient } from "../src/conformance/client.ts";
import { objectCases } from "../src/conformance/recorded/cases.ts";
import { clientSend } from "../src/conformance/recorded/client-send.ts";
import { runRecordedCase } from "../src/conformance/recorded/run-case.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { server: { type: "string" }, token: { type: "string" } } });
  if (!values.server || !values.token) throw new Error("--server and --token are needed");
  const send = clientSend(new ConformanceClient({ url: values.server, token: values.token }), systemClock);
  const lines: string[] = [];
  for (const one of objectCases)
    lines.push(`${JSON.stringify(one.name)}:${stringifyJson((await runRecordedCase(one, send)) as unknown as Json)}`);
  const literal = `{${lines.join(",\n")}}`.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  const source = `// Recorded from kube-apiserver by scripts/record-conformance.ts; do not edit.\nexport const answersText = \`${literal}\`;\n`;
  await writeFile(fileURLToPath(new URL("../src/generated/conformance-answers.ts", import.meta.url)), source);
}

await main();
