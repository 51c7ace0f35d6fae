/**
 * Writes what a real kube-apiserver answers to the conformance cases into `src/generated/conformance-answers.ts`.
 *
 *     node --conditions=sluice --import tsx scripts/record-conformance.ts --server https://127.0.0.1:6443 --token T
 */
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Json, stringifyJson } from "@sluice/base";
import { objectCases } from "../src/conformance/recorded/cases.ts";
import { type RecordedStep } from "../src/conformance/recorded/recorded-case.ts";
import { runRecordedCase, type Send } from "../src/conformance/recorded/run-case.ts";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { server: { type: "string" }, token: { type: "string" } } });
  if (!values.server || !values.token) throw new Error("--server and --token are needed");
  const send = patient(sender(values.server, values.token));
  const lines: string[] = [];
  for (const one of objectCases)
    lines.push(`${JSON.stringify(one.name)}:${stringifyJson((await runRecordedCase(one, send)) as unknown as Json)}`);
  const literal = `{${lines.join(",\n")}}`.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${");
  const source = `// Recorded from kube-apiserver by scripts/record-conformance.ts; do not edit.\nexport const answersText = \`${literal}\`;\n`;
  await writeFile(fileURLToPath(new URL("../src/generated/conformance-answers.ts", import.meta.url)), source);
}

function creates({ method, contentType }: RecordedStep): boolean {
  return method === "POST" || contentType.includes("apply-patch");
}

/** A definition is not served at once; until then its resources are no API at all. */
function patient(send: Send): Send {
  return async (step) => {
    for (let tries = 0; ; tries++) {
      const answer = await send(step);
      if (answer.code !== 404 || answer.body !== null || tries > 100 || !creates(step)) return answer;
      await setTimeout(100);
    }
  };
}

function sender(server: string, token: string): Send {
  return ({ method, path, contentType, body }) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, "content-type": contentType };
      const sent = request(`${server}${path}`, { method, headers, rejectUnauthorized: false }, (response) => {
        let text = "";
        response.on("data", (chunk: Buffer) => (text += chunk.toString()));
        response.on("end", () => resolve({ code: response.statusCode ?? 0, body: parsed(text) }));
      });
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : stringifyJson(body));
    });
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

await main();
