import { randomBytes } from "node:crypto";
import { type ConformanceCase } from "./case.ts";
import { type ConformanceClient } from "./client.ts";

/** Runs one case in a namespace of its own. @throws what the case throws. */
export async function runCase(client: ConformanceClient, conformanceCase: ConformanceCase): Promise<void> {
  const unique = `c${randomBytes(4).toString("hex")}`;
  const namespace = `conformance-${unique}`;
  const metadata = { name: namespace };
  const created = await client.ask("/api/v1/namespaces", {
    method: "POST",
    body: { apiVersion: "v1", kind: "Namespace", metadata },
  });
  if (created.status !== 201) throw new Error(`cannot create namespace "${namespace}": ${created.text}`);
  try {
    await conformanceCase.run({ client, namespace, unique });
  } finally {
    await client.ask(`/api/v1/namespaces/${namespace}`, { method: "DELETE" });
  }
}
