import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { startApiServer } from "@sluice/api-server";
import { type KubeObject } from "@sluice/api";
import { scratchDir, systemClock } from "@sluice/base";
import { connect, type KubeClient, loadCredentials } from "@sluice/kube";
import { kubeAssets } from "../assets.ts";
import { startCluster } from "../cluster.ts";
import { E2eError } from "../errors.ts";
import { textIfThere } from "../probes.ts";
import { startProgram, untilReady } from "../processes.ts";
import { inFlight } from "./in-flight.ts";
import { objectsOf } from "./manifests.ts";
import { median } from "./median.ts";

// The embedded API server against kube-apiserver and etcd: server-side applies per second, from one client loop.
// Run directly, this file is the embedded server in a process of its own, as kube-apiserver is.

const NAMESPACE = "bench-applies";
const READY_MS = 30_000;

/** Applies per second of both servers, for one kind of write. */
export interface ApplyRate {
  name: string;
  embedded: number;
  real: number;
}

type Write = (index: number) => KubeObject;

const deployment =
  (version: string): Write =>
  (index) =>
    objectsOf(index, version, NAMESPACE)[0] as KubeObject;

const configMap =
  (version: string): Write =>
  (index) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `config-${index}`, namespace: NAMESPACE },
    data: { version, text: "x".repeat(1000) },
  });

/** In this order: each changes what the one before it left. */
const WRITES: readonly (readonly [string, Write])[] = [
  ["create Deployment", deployment("v1")],
  ["change Deployment", deployment("v2")],
  ["no-op Deployment", deployment("v2")],
  ["create ConfigMap", configMap("v1")],
  ["change ConfigMap", configMap("v2")],
  ["no-op ConfigMap", configMap("v2")],
];

/**
 * Measures both servers in turn, `rounds` times, and takes the median of each.
 * @throws {E2eError} ASSETS_MISSING
 */
export async function benchApplies({ size, rounds }: { size: number; rounds: number }): Promise<ApplyRate[]> {
  const tools = ["kube-apiserver", "etcd", "kubectl"] as const;
  const assets = await kubeAssets(tools);
  if ("missing" in assets)
    throw new E2eError("ASSETS_MISSING", `Cannot run the bench: ${assets.missing}`, { tools: [...tools] });
  await using scratch = await scratchDir("sluice-bench-applies");
  await using cluster = await startCluster({ assets });
  const kubeconfig = join(scratch.path, "kubeconfig");
  await using _embedded = await startEmbedded(kubeconfig, scratch.path);
  await using embedded = await clientOf(kubeconfig);
  await using real = await clientOf(cluster.kubeconfigPath);
  const rates: Record<"embedded" | "real", number[][]> = { embedded: [], real: [] };
  for (let round = 0; round < rounds; round++) {
    rates.embedded.push(await ratesOf(embedded, size));
    rates.real.push(await ratesOf(real, size));
  }
  return WRITES.map(([name], index) => ({
    name,
    embedded: median(rates.embedded.map((round) => round[index] ?? 0)),
    real: median(rates.real.map((round) => round[index] ?? 0)),
  }));
}

/** The report as Markdown. */
export function applyRatesText(rates: readonly ApplyRate[], machine: string): string {
  const rows = rates.map(
    ({ name, embedded, real }) =>
      `| ${name} | ${Math.round(embedded)}/s | ${Math.round(real)}/s | ${(embedded / real).toFixed(1)}x |`,
  );
  const head = ["| server-side apply | embedded | kube-apiserver + etcd | ratio |", "|---|---|---|---|"];
  return [`### Embedded API server (${machine})`, "", ...head, ...rows, ""].join("\n");
}

/** One round in a namespace that is emptied afterwards. */
async function ratesOf(client: KubeClient, size: number): Promise<number[]> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };
  await client.apply(namespace, { fieldManager: "bench" });
  const rates: number[] = [];
  for (const [, write] of WRITES) rates.push(await rateOf(client, size, write));
  const gone = [deployment(""), configMap("")].flatMap((write) => Array.from({ length: size }, (_, at) => write(at)));
  await inFlight(gone, async ({ apiVersion, kind, metadata: { name } }) => {
    await client.delete({ apiVersion, kind, namespace: NAMESPACE, name });
  });
  return rates;
}

async function rateOf(client: KubeClient, size: number, write: Write): Promise<number> {
  const objects = Array.from({ length: size }, (_, index) => write(index));
  const startMs = systemClock.monotonicMs();
  await inFlight(objects, (object) => client.apply(object, { fieldManager: "bench", force: true }));
  return (size * 1000) / (systemClock.monotonicMs() - startMs);
}

async function clientOf(kubeconfig: string): Promise<KubeClient & AsyncDisposable> {
  const credentials = await loadCredentials({ env: {}, clock: systemClock, kubeconfig });
  return connect({ credentials, clock: systemClock, userAgent: "sluice-bench" });
}

async function startEmbedded(kubeconfig: string, scratch: string): Promise<AsyncDisposable> {
  const program = await startProgram({
    command: process.execPath,
    args: [...process.execArgv, fileURLToPath(import.meta.url), kubeconfig],
    logPath: join(scratch, "embedded.log"),
    scratch,
  });
  const isReady = async () => (await textIfThere(kubeconfig)) !== undefined;
  await untilReady(program, isReady, { clock: systemClock, timeoutMs: READY_MS });
  return program;
}

/** The embedded server, until the process ends. */
async function serve(kubeconfig: string): Promise<void> {
  const server = await startApiServer({ clock: systemClock, simulator: false });
  await writeFile(kubeconfig, server.kubeconfig());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve(process.argv[2] ?? "");
