import { configMapFile, kustomizationLab } from "@sluice/testkit";
import { test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";
const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);
function deploymentFile(name: string, image = "i:1"): string {
  const template = { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image }] } };
  const spec = { replicas: 1, selector: { matchLabels: { app: name } }, template };
  return JSON.stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name, namespace: "default" }, spec });
}
test("measure", { timeout: 280_000 }, async () => {
  await using lab = await kustomizationLab({ run, simulator: true });
  const N = 300;
  const names = Array.from({ length: N }, (_, i) => `app-${i}`);
  const files = (v: string) => Object.fromEntries(names.flatMap((n) => [[`${n}/d.yaml`, deploymentFile(n, `i:${v}`)], [`${n}/c.yaml`, configMapFile(n, { v })]]));
  const one = await lab.push(files("1"));
  for (const n of names) await lab.add(n, { path: n, wait: true });
  for (const n of names) await lab.ready(n, one);
  console.log("installed");
  const t = performance.now();
  const two = await lab.push(files("2"));
  for (const n of names) await lab.ready(n, two);
  const sent = lab.sent();
  console.log("change all ms", performance.now() - t, sent.length, sent.filter((c) => c.startsWith("try")).length, sent.filter((c) => c.endsWith("/status")).length);
  const t2 = performance.now();
  const three = await lab.push({ ...files("2"), "app-7/c.yaml": configMapFile("app-7", { v: "3" }) });
  await lab.ready("app-7", three);
  console.log("change one ms", performance.now() - t2);
  for (const n of names) await lab.ready(n, three);
  console.log("others took note ms", performance.now() - t2, lab.sent().length, "rss", process.memoryUsage().rss >> 20);
});
