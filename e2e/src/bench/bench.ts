import { type Kustomization, type KubeObject } from "@sluice/api";
import { systemClock } from "@sluice/base";
import { kubeAssets } from "../assets.ts";
import { E2eError } from "../errors.ts";
import { type Lab, type LabTool, startLab, type Tenant } from "../lab.ts";
import { floorMs } from "./floor.ts";
import { inFlight } from "./in-flight.ts";
import { filesOf, objectsOf, WORKLOADS } from "./manifests.ts";
import { difference, requestCounts, type RequestSummary, summarize } from "./requests.ts";
import { Copy, isReady } from "./watchers.ts";

const NEEDS: readonly LabTool[] = ["kube-apiserver", "etcd", "kubectl", "kube-controller-manager", "nats-server"];
const SYSTEM = "bench";
const FLOOR = "bench-floor";
const KUSTOMIZATION = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" };
const DEPLOYMENT = { apiVersion: "apps/v1", kind: "Deployment" };

/** One phase: how long it took, what the same work costs at least, and which requests it made. */
export interface Phase {
  name: string;
  ms: number;
  floor?: Floor;
  requests: RequestSummary;
}

/** The bare loop: until its last apply was answered, and until kube-controller-manager had observed every Deployment of it. */
interface Floor {
  sentMs: number;
  observedMs: number;
}

export interface BenchReport {
  size: number;
  phases: Phase[];
  /** Milliseconds, sorted. */
  pushToObjectMs: number[];
  driftToHealedMs: number[];
  peakBytes: Record<string, number>;
}

interface Bench {
  lab: Lab;
  tenant: Tenant;
  apps: Copy<Kustomization>;
  objects: Copy<KubeObject>;
  floor: Copy<KubeObject>;
  size: number;
  progress(line: string): void;
}

/** @throws {E2eError} ASSETS_MISSING */
export async function runBench(options: {
  size: number;
  samples: number;
  heapMiB?: number | undefined;
  progress(line: string): void;
}): Promise<BenchReport> {
  const assets = await kubeAssets(NEEDS);
  if ("missing" in assets)
    throw new E2eError("ASSETS_MISSING", `Cannot run the bench: ${assets.missing}`, { tools: NEEDS });
  await using lab = await startLab({ cluster: { real: assets }, heapMiB: options.heapMiB });
  const tenant = await lab.tenant(SYSTEM);
  for (const name of [WORKLOADS, FLOOR])
    await lab.client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } }, { fieldManager: "bench" });
  using apps = new Copy<Kustomization>(lab.client, KUSTOMIZATION, { namespace: SYSTEM });
  using objects = new Copy<KubeObject>(lab.client, DEPLOYMENT, { namespace: WORKLOADS });
  using floor = new Copy<KubeObject>(lab.client, DEPLOYMENT, { namespace: FLOOR });
  await Promise.all([apps.synced, objects.synced, floor.synced]);
  const bench: Bench = {
    lab,
    tenant,
    apps,
    objects,
    floor,
    size: options.size,
    progress: (line) => options.progress(line),
  };
  const phases = [await install(bench), await changeAll(bench), await changeOne(bench), await noOp(bench)];
  const pushToObjectMs = await samplesOf(options.samples, (round) => pushToObject(bench, round));
  const driftToHealedMs = await samplesOf(options.samples, (round) => driftToHealed(bench, round));
  const peakBytes = {
    "source-controller": await lab.source.peakBytes(),
    "kustomize-controller": await lab.kustomize.peakBytes(),
  };
  phases.push(await deletion(bench));
  return { size: options.size, phases, pushToObjectMs, driftToHealedMs, peakBytes };
}

/** Runs `work` and counts the requests that the API server had meanwhile. */
async function phase(bench: Bench, name: string, work: () => Promise<number>, floor?: Floor): Promise<Phase> {
  const before = await requestCounts(bench.lab.client);
  const ms = await work();
  const requests = summarize(difference(before, await requestCounts(bench.lab.client)));
  bench.progress(
    `${name}: ${Math.round(ms)} ms${floor ? `, floor ${Math.round(floor.sentMs)} ms (${Math.round(floor.observedMs)} ms until observed)` : ""} ${JSON.stringify(requests)}`,
  );
  return { name, ms, requests, ...(floor && { floor }) };
}

async function push(bench: Bench, files: Record<string, string>): Promise<{ commit: string; startMs: number }> {
  const commit = await bench.lab.repository.commit({ files });
  const startMs = systemClock.monotonicMs();
  await bench.tenant.pushed();
  return { commit, startMs };
}

const allReady = (bench: Bench, commit: string) =>
  bench.apps.until(
    `all ${bench.size} ready`,
    (apps) => apps.length === bench.size && apps.every((app) => isReady(app, commit)),
  );

/** The bare loop, and then a wait until kube-controller-manager has caught up, so that its work does not fall into what comes next. */
async function measureFloor({ lab, floor, size }: Bench, version: string): Promise<Floor> {
  const startMs = systemClock.monotonicMs();
  const sentMs = await floorMs(lab.client, { size, version, namespace: FLOOR });
  const isSeen = ({ metadata, status }: KubeObject) =>
    metadata.labels?.["version"] === version &&
    (status as { observedGeneration?: number })?.observedGeneration === metadata.generation;
  const isObserved = (all: readonly KubeObject[]) => all.length === size && all.every(isSeen);
  const observedMs = (await floor.until("the floor's Deployments are observed", isObserved)) - startMs;
  return { sentMs, observedMs };
}

async function install(bench: Bench): Promise<Phase> {
  const { size, tenant } = bench;
  const floor = await measureFloor(bench, "v1");
  const files = Object.assign({}, ...Array.from({ length: size }, (_, index) => filesOf(index, "v1"))) as Record<
    string,
    string
  >;
  const { commit } = await push(bench, files);
  const source = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", namespace: SYSTEM, name: "app" };
  await tenant.until(
    source,
    ({ status }) => String((status as { artifact?: { revision: string } })?.artifact?.revision).endsWith(commit),
    "artifact stored",
  );
  const work = async () => {
    const startMs = systemClock.monotonicMs();
    await inFlight(Array(size).keys(), (index) =>
      tenant.kustomization(`app-${index}`, { path: `./apps/${index}`, wait: true }),
    );
    return (await allReady(bench, commit)) - startMs;
  };
  return phase(bench, "install", work, floor);
}

async function changeAll(bench: Bench): Promise<Phase> {
  const { size } = bench;
  const floor = await measureFloor(bench, "v2");
  const files = Object.assign({}, ...Array.from({ length: size }, (_, index) => filesOf(index, "v2"))) as Record<
    string,
    string
  >;
  return phase(
    bench,
    "change all",
    async () => {
      const { commit, startMs } = await push(bench, files);
      return (await allReady(bench, commit)) - startMs;
    },
    floor,
  );
}

async function changeOne(bench: Bench): Promise<Phase> {
  return phase(bench, "change one", async () => {
    const { commit, startMs } = await push(bench, filesOf(0, "one"));
    const ms = (await untilVersion(bench, 0, "one")) - startMs;
    await allReady(bench, commit);
    return ms;
  });
}

/** Asks for a reconciliation of everything, with nothing to do. */
async function noOp(bench: Bench): Promise<Phase> {
  const { lab, apps } = bench;
  return phase(bench, "no-op", async () => {
    const requestedAt = String(systemClock.monotonicMs());
    const body = { metadata: { annotations: { "reconcile.fluxcd.io/requestedAt": requestedAt } } };
    const startMs = systemClock.monotonicMs();
    await inFlight(apps.list(), ({ metadata: { name } }) =>
      lab.client.patch({ ...KUSTOMIZATION, namespace: SYSTEM, name }, { type: "merge", body }),
    );
    const endMs = await apps.until("all requests answered", (all) =>
      all.every(({ status }) => status?.lastHandledReconcileAt === requestedAt),
    );
    return endMs - startMs;
  });
}

async function deletion(bench: Bench): Promise<Phase> {
  const { lab, apps, objects } = bench;
  return phase(bench, "delete all", async () => {
    const startMs = systemClock.monotonicMs();
    await inFlight(apps.list(), ({ metadata: { name } }) =>
      lab.client.delete({ ...KUSTOMIZATION, namespace: SYSTEM, name }),
    );
    await apps.until("all Kustomizations gone", (all) => all.length === 0);
    return (await objects.until("all objects gone", (all) => all.length === 0)) - startMs;
  });
}

function untilVersion(bench: Bench, index: number, version: string): Promise<number> {
  const { name } = (objectsOf(index, version, WORKLOADS)[0] as KubeObject).metadata;
  return bench.objects.until(
    `${name} at ${version}`,
    (all) => all.find(({ metadata }) => metadata.name === name)?.metadata.labels?.["version"] === version,
  );
}

async function pushToObject(bench: Bench, round: number): Promise<number> {
  const index = round % bench.size;
  const version = `push-${round}`;
  const { startMs, commit } = await push(bench, filesOf(index, version));
  const ms = (await untilVersion(bench, index, version)) - startMs;
  await allReady(bench, commit);
  return ms;
}

async function driftToHealed(bench: Bench, round: number): Promise<number> {
  const [deployment] = objectsOf(round % bench.size, "", WORKLOADS);
  const { name } = (deployment as KubeObject).metadata;
  const replicas = () =>
    (bench.objects.list().find(({ metadata }) => metadata.name === name)?.["spec"] as { replicas?: number })?.replicas;
  const ref = { ...DEPLOYMENT, namespace: WORKLOADS, name };
  const startMs = systemClock.monotonicMs();
  await bench.lab.client.patch(
    ref,
    { type: "merge", body: { spec: { replicas: 1 } } },
    { fieldManager: `drift-${round}` },
  );
  const generation = Number((await bench.lab.client.get(ref)).metadata.generation);
  const healed = () =>
    replicas() === 0 &&
    Number(bench.objects.list().find(({ metadata }) => metadata.name === name)?.metadata.generation) >= generation;
  return (await bench.objects.until(`${name} healed`, healed)) - startMs;
}

async function samplesOf(count: number, sample: (round: number) => Promise<number>): Promise<number[]> {
  const all: number[] = [];
  for (let round = 0; round < count; round++) all.push(await sample(round));
  return all.sort((a, b) => a - b);
}
