import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  type Condition,
  crdOf,
  findCondition,
  gitRepository,
  type Kustomization,
  kustomization,
  type KubeObject,
  type ObjectRef,
  requestedAtAnnotation,
} from "@sluice/api";
import { type ApiServer, type SimulatorOptions, startApiServer } from "@sluice/api-server";
import {
  type ArtifactServer,
  type ArtifactStore,
  openStore,
  serveArtifacts,
  type TreeFile,
  treeEntries,
} from "@sluice/artifact";
import {
  type Clock,
  type JsonObject,
  jsonLog,
  type Logger,
  scratchDir,
  sha256Hex,
  stringifyJson,
  systemClock,
} from "@sluice/base";
import { type Bus, inProcessBus } from "@sluice/bus";
import { connect, fixedCredentials, isKubeError, type KubeClient, reflect } from "@sluice/kube";
import { type ClientCall, type ClientFault, type FaultyClient, faultyClient } from "./faulty-client.ts";

/** What a controller is started with. */
export interface KustomizationLabDeps {
  clock: Clock;
  log: Logger;
  client: KubeClient;
  bus: Bus;
  random: () => number;
}

export interface KustomizationLabOptions {
  /** Runs kustomize-controller with these flags until the signal aborts. */
  run(flags: readonly string[], deps: KustomizationLabDeps, signal: AbortSignal): Promise<void>;
  /** Beside those of the lab. */
  flags?: readonly string[];
  /** Of the API server; default: workloads stay as they are put. */
  simulator?: boolean | SimulatorOptions;
  /** Leaves what the schema of Kustomizations checks unchecked, as if objects had been stored before there was one. */
  withoutSchema?: boolean;
  /** Default: the controller runs from the beginning. */
  stopped?: boolean;
}

/** A kustomize-controller against the embedded API server, whose sources the test writes; in the machine's time with short waits. */
export interface KustomizationLab extends AsyncDisposable {
  /** The test's own client. */
  readonly client: KubeClient;
  readonly bus: Bus;
  /** Lines of the controller's log. */
  readonly logs: readonly string[];
  /** Decides what goes wrong with the controller's requests; nothing by default. */
  fault: (call: ClientCall) => ClientFault | undefined;
  /** Starts the controller, after `stop`. */
  start(flags?: readonly string[]): void;
  /** Ends the controller as SIGTERM does. */
  stop(): Promise<void>;
  hasCrashed(): boolean;
  /** The controller's calls since the last time that write or try objects, such as `apply ConfigMap/a`, `try ConfigMap/a`, `patch Kustomization/app/status`. */
  sent(): string[];
  /** Stores an artifact of these files and advertises it as the GitRepository `default/<source>`. @returns its revision */
  push(files: Readonly<Record<string, string>>, source?: string): Promise<string>;
  /** Writes the status of a GitRepository. */
  advertise(source: string, artifact: JsonObject | null): Promise<void>;
  /** The artifact that was pushed last. */
  readonly artifact: JsonObject;
  /** Artifacts cannot be fetched from now on; `true` brings them back. */
  serve(isUp: boolean): Promise<void>;
  /** Creates a Kustomization in `default` of the source `repo`; interval 1h, retryInterval 1h, prune. */
  add(name: string, spec?: JsonObject, metadata?: Partial<KubeObject["metadata"]>): Promise<Kustomization>;
  /** Merges into a Kustomization, or into another object. */
  change(target: string | ObjectRef, patch: JsonObject, subresource?: "status"): Promise<void>;
  /** Asks for a reconcile, and gives the object as it is when that has ended. */
  reconcile(name: string): Promise<Kustomization>;
  /** The first state of the object that satisfies `holds`; undefined stands for one that is not there. */
  until(name: string, holds: (app: Kustomization | undefined) => boolean): Promise<Kustomization>;
  /** The object once it is Ready=True for the present generation, and has applied `revision` if that is given. */
  ready(name: string, revision?: string): Promise<Kustomization>;
  /** The object once its Ready condition has this reason and a message that matches. */
  untilReason(name: string, reason: string, message?: RegExp): Promise<Kustomization>;
  /** The object as it is; undefined if it is not there. */
  find(ref: ObjectRef): Promise<KubeObject | undefined>;
  /** The first event about the Kustomization that matches. */
  event(name: string, reason: string, message?: RegExp): Promise<KubeObject>;
  /** `<reason>: <message>` of all events about the Kustomization so far. */
  eventsOf(name: string): readonly string[];
}

const kind = { apiVersion: `${kustomization.group}/${kustomization.version}`, kind: kustomization.kind };
const sourceKind = { apiVersion: `${gitRepository.group}/${gitRepository.version}`, kind: gitRepository.kind };
const PATIENCE_MS = 20_000;

/** The Kustomization `name` of the lab. */
export function kustomizationRef(name: string): ObjectRef & { namespace: string } {
  return { ...kind, namespace: "default", name };
}

/** A ConfigMap as a file of a source. */
export function configMapFile(name: string, data: JsonObject = {}, more: JsonObject = {}): string {
  return stringifyJson({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace: "default", ...more },
    data,
  });
}

/** Status, reason and message of a condition of a Kustomization. */
export function statedBy(
  app: Kustomization | undefined,
  type: string,
): Pick<Condition, "status" | "reason" | "message"> | undefined {
  const found = findCondition(app?.status?.conditions, type);
  return found && { status: found.status, reason: found.reason, message: found.message };
}

/** Starts one. */
export async function kustomizationLab(options: KustomizationLabOptions): Promise<KustomizationLab> {
  const scratch = await scratchDir("sluice-kustomization-lab");
  const server = await startApiServer({ clock: systemClock, simulator: options.simulator ?? false });
  const credentials = fixedCredentials({ server: server.url, token: server.token });
  const open = () => connect({ credentials, clock: systemClock });
  const client = open();
  for (const each of [gitRepository, kustomization]) {
    await client.create(
      definition(crdOf(each), options.withoutSchema === true && each === kustomization) as KubeObject,
    );
  }
  client.invalidateDiscovery();
  const lab = new Lab({ options, scratch, server, client, open });
  await lab.prepare();
  if (options.stopped !== true) lab.start();
  return lab;
}

/** The CRD; without schema, it takes any object. */
function definition(crd: JsonObject, withoutSchema: boolean): JsonObject {
  if (!withoutSchema) return crd;
  const spec = crd["spec"] as JsonObject;
  const [version] = spec["versions"] as JsonObject[];
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return { ...crd, spec: { ...spec, versions: [{ ...version, schema: { openAPIV3Schema: anything } }] } };
}

interface LabParts {
  options: KustomizationLabOptions;
  scratch: { path: string } & AsyncDisposable;
  server: ApiServer;
  client: KubeClient;
  open(): KubeClient;
}

class Lab implements KustomizationLab {
  readonly client: KubeClient;
  readonly logs: string[] = [];
  readonly bus: Bus;
  artifact: JsonObject = {};
  fault: (call: ClientCall) => ClientFault | undefined = () => undefined;
  readonly #parts: LabParts;
  readonly #log: Logger;
  readonly #end = new AbortController();
  readonly #looks = new Set<() => void>();
  readonly #apps = new Map<string, Kustomization>();
  readonly #events = new Map<string, KubeObject>();
  #store: ArtifactStore | undefined;
  #files: ArtifactServer | undefined;
  #controller: { stop: AbortController; ended: Promise<void>; client: FaultyClient } | undefined;
  #port = 0;
  #seen = 0;
  #asked = 0;

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.client = parts.client;
    this.#log = jsonLog({ write: (line) => void this.logs.push(line), clock: systemClock, level: "debug" });
    this.bus = inProcessBus({ log: this.#log, clock: systemClock });
  }

  async prepare(): Promise<void> {
    await this.serve(true);
    const root = join(this.#parts.scratch.path, "data");
    this.#store = await openStore({ root, advertisedAddress: `127.0.0.1:${this.#port}`, clock: systemClock });
    const shared = { clock: systemClock, log: this.#log, signal: this.#end.signal };
    const copies = [
      reflect<Kustomization>(this.client, kind, { ...shared, onChange: (change) => this.#keep(change) }),
      reflect(
        this.client,
        { apiVersion: "v1", kind: "Event" },
        { ...shared, onChange: ({ object }) => this.#hear(object) },
      ),
    ];
    await Promise.all(copies.map(({ synced }) => synced));
  }

  #keep({ type, object }: { type: string; object: Kustomization }): void {
    if (type === "deleted") this.#apps.delete(object.metadata.name);
    else this.#apps.set(object.metadata.name, object);
    this.#look();
  }

  #hear(event: KubeObject): void {
    this.#events.set(event.metadata.name, event);
    this.#look();
  }

  #look(): void {
    for (const look of this.#looks) look();
  }

  /** Resolves with the first answer that is not undefined, asked for at each change. */
  #first<T>(what: () => string, ask: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const answer = ask();
        if (answer === undefined) return;
        timer[Symbol.dispose]();
        this.#looks.delete(look);
        resolve(answer);
      };
      const giveUp = () => {
        this.#looks.delete(look);
        reject(new Error(`waited in vain: ${what()}\n${this.logs.slice(-10).join("")}`));
      };
      const timer = systemClock.after(PATIENCE_MS, giveUp);
      this.#looks.add(look);
      look();
    });
  }

  start(flags: readonly string[] = []): void {
    const { run, flags: always = [] } = this.#parts.options;
    const stop = new AbortController();
    const inner = this.#parts.open();
    const client = faultyClient(inner, (call) => this.fault(call));
    const deps = { clock: systemClock, log: this.#log, client, bus: this.bus, random: () => 0 };
    const lab = ["--metrics-addr=0", "--health-addr=0", "--interval-jitter-percentage=0"];
    const waits = ["--min-retry-delay=20ms", "--max-retry-delay=100ms", "--http-retry=0"];
    const ended = run([...lab, ...waits, ...always, ...flags], deps, stop.signal);
    ended.catch((thrown: unknown) => this.#log.error("the controller failed", thrown));
    const close = async () => inner[Symbol.asyncDispose]();
    this.#controller = { stop, client, ended: ended.then(close, close) };
    this.#seen = 0;
  }

  async stop(): Promise<void> {
    this.#controller?.stop.abort(new DOMException("the lab stops the controller", "AbortError"));
    await this.#controller?.ended.catch(() => {});
    this.#controller = undefined;
  }

  hasCrashed(): boolean {
    return this.#controller?.client.hasCrashed() === true;
  }

  sent(): string[] {
    const calls = this.#controller?.client.calls ?? [];
    const news = calls.slice(this.#seen).filter(({ verb, target }) => SHOWN.has(verb) && target.kind !== "Event");
    this.#seen = calls.length;
    return news.map(describe);
  }

  async push(files: Readonly<Record<string, string>>, source = "repo"): Promise<string> {
    const entries = treeEntries(Object.entries(files).map(treeFile), () => false);
    const commit = sha256Hex(stringifyJson({ ...files })).slice(0, 40);
    const revision = `main@sha1:${commit}`;
    const ref = { kind: "GitRepository", namespace: "default", name: source, revision, fileName: `${commit}.tar.gz` };
    const stored = await this.#store?.put(ref, entries, { signal: this.#end.signal });
    this.artifact = { ...stored };
    await this.advertise(source, this.artifact);
    return revision;
  }

  async advertise(source: string, artifact: JsonObject | null): Promise<void> {
    const ref = { ...sourceKind, namespace: "default", name: source };
    const spec = { interval: "1h", url: "https://git.example/repo.git" };
    const metadata = { name: source, namespace: "default" };
    await this.client.create({ ...sourceKind, metadata, spec }).catch((thrown: unknown) => {
      if (!isKubeError(thrown, "ALREADY_EXISTS")) throw thrown;
    });
    await this.client.patch(ref, { type: "merge", body: { status: { artifact } } }, { subresource: "status" });
  }

  async serve(isUp: boolean): Promise<void> {
    await this.#files?.[Symbol.asyncDispose]();
    this.#files = undefined;
    if (!isUp) return;
    const root = join(this.#parts.scratch.path, "data");
    await mkdir(root, { recursive: true });
    this.#files = await serveArtifacts({ root, host: "127.0.0.1", port: this.#port, log: this.#log });
    this.#port = this.#files.port;
  }

  async add(
    name: string,
    spec: JsonObject = {},
    metadata: Partial<KubeObject["metadata"]> = {},
  ): Promise<Kustomization> {
    const sourceRef = { kind: "GitRepository", name: "repo" };
    const object = {
      ...kind,
      metadata: { ...metadata, name, namespace: "default" },
      spec: { interval: "1h", retryInterval: "1h", prune: true, sourceRef, ...spec },
    };
    return (await this.client.create(object)) as Kustomization;
  }

  async change(target: string | ObjectRef, patch: JsonObject, subresource?: "status"): Promise<void> {
    const ref = typeof target === "string" ? { ...kind, namespace: "default", name: target } : target;
    await this.client.patch(ref, { type: "merge", body: patch }, subresource ? { subresource } : {});
  }

  async reconcile(name: string): Promise<Kustomization> {
    const wanted = `request-${++this.#asked}`;
    await this.change(name, { metadata: { annotations: { [requestedAtAnnotation]: wanted } } });
    return this.until(name, (app) => app?.status?.lastHandledReconcileAt === wanted);
  }

  async until(name: string, holds: (app: Kustomization | undefined) => boolean): Promise<Kustomization> {
    const show = () => stringifyJson(this.#apps.get(name)?.status ?? {});
    const found = await this.#first(show, () => {
      const app = this.#apps.get(name);
      return holds(app) ? { app } : undefined;
    });
    return found.app as Kustomization;
  }

  ready(name: string, revision?: string): Promise<Kustomization> {
    return this.until(name, (app) => {
      const isReady = statedBy(app, "Ready")?.status === "True";
      const isObserved = app?.status?.observedGeneration === app?.metadata.generation;
      return isReady && isObserved && (revision === undefined || app?.status?.lastAppliedRevision === revision);
    });
  }

  untilReason(name: string, reason: string, message = /^/): Promise<Kustomization> {
    return this.until(name, (app) => {
      const ready = statedBy(app, "Ready");
      return ready?.reason === reason && message.test(ready.message);
    });
  }

  async find(ref: ObjectRef): Promise<KubeObject | undefined> {
    try {
      return await this.client.get(ref);
    } catch (thrown) {
      if (isKubeError(thrown, "NOT_FOUND")) return undefined;
      throw thrown;
    }
  }

  event(name: string, reason: string, message = /^/): Promise<KubeObject> {
    const matches = (event: KubeObject) => event["reason"] === reason && message.test(String(event["message"]));
    return this.#first(
      () => `event ${reason} about ${name}, found ${this.eventsOf(name).join("\n")}`,
      () => this.#eventsOf(name).find(matches),
    );
  }

  eventsOf(name: string): readonly string[] {
    return this.#eventsOf(name).map((event) => `${String(event["reason"])}: ${String(event["message"])}`);
  }

  #eventsOf(name: string): readonly KubeObject[] {
    return [...this.#events.values()].filter((event) => (event["involvedObject"] as JsonObject)["name"] === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#end.abort(new DOMException("the lab ends", "AbortError"));
    await this.bus[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
    await this.#files?.[Symbol.asyncDispose]();
    await this.#store?.[Symbol.asyncDispose]();
    await this.#parts.server[Symbol.asyncDispose]();
    await this.#parts.scratch[Symbol.asyncDispose]();
  }
}

function treeFile([path, text]: [string, string]): TreeFile {
  const bytes = new TextEncoder().encode(text);
  return { path, mode: "file", size: bytes.length, read: () => Promise.resolve(bytes) };
}

const SHOWN: ReadonlySet<string> = new Set(["apply", "patch", "delete", "create", "replace"]);

function describe({ verb, dryRun, target, subresource }: ClientCall): string {
  const what = `${target.kind ?? ""}/${target.name ?? ""}${subresource === undefined ? "" : `/${subresource}`}`;
  return `${verb === "apply" && dryRun ? "try" : verb} ${what}`;
}
