import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { crdOf, gitRepository, type GitRepository, type KubeObject, requestedAtAnnotation } from "@sluice/api";
import { startApiServer } from "@sluice/api-server";
import { readTar } from "@sluice/artifact";
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
import { type ArtifactNotice, type Bus, inProcessBus } from "@sluice/bus";
import { connect, fixedCredentials, type KubeClient, reflect } from "@sluice/kube";
import { type GitServer, startGitServer } from "./git-server.ts";

/** What a controller is started with. */
export interface SourceLabDeps {
  clock: Clock;
  log: Logger;
  client: KubeClient;
  bus: Bus;
  random: () => number;
}

export interface SourceLabOptions {
  /** Runs source-controller with these flags until the signal aborts. */
  run(flags: readonly string[], deps: SourceLabDeps, signal: AbortSignal): Promise<void>;
  /** Of the Git server. */
  git?: Parameters<typeof startGitServer>[0];
  /** Beside those of the lab. */
  flags?: readonly string[];
  /** Leaves what the schema checks unchecked, as if objects had been stored before there was one. */
  withoutSchema?: boolean;
  /** Default: the controller runs from the beginning. */
  stopped?: boolean;
}

/** A source-controller against the embedded API server and a real Git server, in the machine's time with short waits. */
export interface SourceLab extends AsyncDisposable {
  /** The test's own client. */
  readonly client: KubeClient;
  readonly git: GitServer;
  /** Root of the artifact store. */
  readonly storage: string;
  /** Notices about artifacts that were on the bus, oldest first. */
  readonly notices: readonly ArtifactNotice[];
  /** Lines of the controller's log. */
  readonly logs: readonly string[];
  readonly bus: Bus;
  /** Requests that the API server has answered, such as `patch:gitrepositories/status`. */
  requests(operation: string): number;
  /** Starts the controller, after `stop`. */
  start(flags?: readonly string[]): void;
  /** Ends the controller as SIGTERM does. */
  stop(): Promise<void>;
  /** Creates a GitRepository in `default`; interval 1h unless the spec says otherwise. */
  add(name: string, spec: JsonObject): Promise<GitRepository>;
  createSecret(name: string, values: Readonly<Record<string, string>>): Promise<void>;
  /** Merges into a GitRepository, and resolves when the lab has seen that; or into an object of another kind in `default`. */
  change(name: string, patch: JsonObject, kind?: { apiVersion: string; kind: string }): Promise<void>;
  /** Asks for a reconcile, and gives the object as it is when that has ended. */
  reconcile(name: string): Promise<GitRepository>;
  /** The first state of the object that satisfies `holds`; undefined stands for one that is not there. */
  until(name: string, holds: (repo: GitRepository | undefined) => boolean): Promise<GitRepository | undefined>;
  /** The object once it is Ready=True for the present generation. */
  ready(name: string): Promise<GitRepository>;
  /** The object once its Ready condition has this reason. */
  untilReason(name: string, reason: string): Promise<GitRepository>;
  /** The first event with this reason about the object. */
  event(name: string, reason: string): Promise<KubeObject>;
  /** Downloads the artifact as a consumer does: text by path. @throws if it is not there, or not what its digest says */
  files(repo: GitRepository | undefined): Promise<Readonly<Record<string, string>>>;
  /** Reasons of all events about the object so far. */
  eventsOf(name: string): readonly string[];
}

const kind = { apiVersion: `${gitRepository.group}/${gitRepository.version}`, kind: gitRepository.kind };
const eventKind = { apiVersion: "v1", kind: "Event" };
const PATIENCE_MS = 20_000;

/** Message of a condition, `""` if there is no such condition. */
export function conditionOf(
  repo: GitRepository | undefined,
  type: string,
): { status: string; reason: string; message: string } | undefined {
  const found = repo?.status?.conditions?.find((condition) => condition.type === type);
  return found && { status: found.status, reason: found.reason, message: found.message };
}

export async function sourceLab(options: SourceLabOptions): Promise<SourceLab> {
  const scratch = await scratchDir("sluice-source-lab");
  const git = await startGitServer(options.git);
  const server = await startApiServer({ clock: systemClock, simulator: false });
  const credentials = fixedCredentials({ server: server.url, token: server.token });
  const client = connect({ credentials, clock: systemClock });
  await client.create(definition(options.withoutSchema === true) as KubeObject);
  client.invalidateDiscovery();
  const lab = new Lab({
    options,
    scratch,
    git,
    client,
    open: () => connect({ credentials, clock: systemClock }),
    server,
  });
  await lab.watching;
  if (options.stopped !== true) lab.start();
  return lab;
}

/** Versions of the embedded server are numbers that grow. */
function versionOf(object: KubeObject | undefined): number {
  return Number(object?.metadata.resourceVersion ?? 0);
}

/** The CRD; without schema, it takes any object. */
function definition(withoutSchema: boolean): JsonObject {
  const crd = crdOf(gitRepository);
  if (!withoutSchema) return crd;
  const spec = crd["spec"] as JsonObject;
  const [version] = spec["versions"] as JsonObject[];
  const anything = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  return {
    ...crd,
    spec: { ...spec, versions: [{ ...version, schema: { openAPIV3Schema: anything } }] },
  };
}

interface LabParts {
  options: SourceLabOptions;
  scratch: { path: string } & AsyncDisposable;
  git: GitServer;
  client: KubeClient;
  open(): KubeClient;
  server: AsyncDisposable & { requests: ReadonlyMap<string, number> };
}

class Lab implements SourceLab {
  readonly client: KubeClient;
  readonly git: GitServer;
  readonly storage: string;
  readonly notices: ArtifactNotice[] = [];
  readonly logs: string[] = [];
  readonly bus: Bus;
  readonly watching: Promise<unknown>;
  readonly #parts: LabParts;
  readonly #log: Logger;
  readonly #end = new AbortController();
  readonly #looks = new Set<() => void>();
  readonly #repositories = new Map<string, GitRepository>();
  readonly #events: KubeObject[] = [];
  #controller: { stop: AbortController; ended: Promise<void> } | undefined;
  #asked = 0;

  constructor(parts: LabParts) {
    this.#parts = parts;
    this.client = parts.client;
    this.git = parts.git;
    this.storage = join(parts.scratch.path, "data");
    this.#log = jsonLog({ write: (line) => void this.logs.push(line), clock: systemClock, level: "debug" });
    this.bus = inProcessBus({ log: this.#log, clock: systemClock });
    void this.bus.onArtifact((notice) => void this.notices.push(notice), this.#end.signal);
    this.watching = this.#watch();
  }

  #watch(): Promise<unknown> {
    const shared = { clock: systemClock, log: this.#log, signal: this.#end.signal };
    const copies = [
      reflect<GitRepository>(this.client, kind, {
        ...shared,
        onChange: ({ type, object }) => {
          if (type === "deleted") this.#repositories.delete(object.metadata.name);
          else this.#repositories.set(object.metadata.name, object);
          this.#look();
        },
      }),
      reflect(this.client, eventKind, {
        ...shared,
        onChange: ({ object }) => {
          this.#events.push(object);
          this.#look();
        },
      }),
    ];
    return Promise.all(copies.map(({ synced }) => synced));
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

  requests(operation: string): number {
    return this.#parts.server.requests.get(operation) ?? 0;
  }

  start(flags: readonly string[] = []): void {
    const { run, flags: always = [] } = this.#parts.options;
    const stop = new AbortController();
    const client = this.#parts.open();
    const deps = { clock: systemClock, log: this.#log, client, bus: this.bus, random: () => 0 };
    const work = async () => {
      await using _ = client;
      await run([...this.#flags(), ...always, ...flags], deps, stop.signal);
    };
    const ended = work().catch((thrown: unknown) => this.#log.error("the controller failed", thrown));
    this.#controller = { stop, ended };
  }

  #flags(): string[] {
    return [
      ...["--metrics-addr=0", "--health-addr=0", "--storage-addr=127.0.0.1:0", `--storage-path=${this.storage}`],
      ...["--interval-jitter-percentage=0", "--min-retry-delay=20ms", "--max-retry-delay=100ms"],
    ];
  }

  async stop(): Promise<void> {
    this.#controller?.stop.abort(new DOMException("the lab stops the controller", "AbortError"));
    await this.#controller?.ended;
    this.#controller = undefined;
  }

  async add(name: string, spec: JsonObject): Promise<GitRepository> {
    const object = { ...kind, metadata: { name, namespace: "default" }, spec: { interval: "1h", ...spec } };
    return (await this.client.create(object)) as GitRepository;
  }

  async createSecret(name: string, values: Readonly<Record<string, string>>): Promise<void> {
    await this.client.create({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "default" },
      stringData: { ...values },
    });
  }

  async change(name: string, patch: JsonObject, of: { apiVersion: string; kind: string } = kind): Promise<void> {
    const changed = await this.client.patch({ ...of, namespace: "default", name }, { type: "merge", body: patch });
    if (of === kind) await this.until(name, (repo) => versionOf(repo) >= versionOf(changed));
  }

  async reconcile(name: string): Promise<GitRepository> {
    const wanted = `request-${++this.#asked}`;
    await this.change(name, { metadata: { annotations: { [requestedAtAnnotation]: wanted } } });
    const answered = await this.until(name, (repo) => repo?.status?.lastHandledReconcileAt === wanted);
    return answered as GitRepository;
  }

  until(name: string, holds: (repo: GitRepository | undefined) => boolean): Promise<GitRepository | undefined> {
    const show = () => stringifyJson(this.#repositories.get(name));
    const found = this.#first(show, () => {
      const repo = this.#repositories.get(name);
      return holds(repo) ? { repo } : undefined;
    });
    return found.then(({ repo }) => repo);
  }

  async ready(name: string): Promise<GitRepository> {
    const isReady = (repo: GitRepository | undefined) =>
      conditionOf(repo, "Ready")?.status === "True" && repo?.status?.observedGeneration === repo?.metadata.generation;
    return (await this.until(name, isReady)) as GitRepository;
  }

  async untilReason(name: string, reason: string): Promise<GitRepository> {
    const found = await this.until(name, (repo) => conditionOf(repo, "Ready")?.reason === reason);
    return found as GitRepository;
  }

  event(name: string, reason: string): Promise<KubeObject> {
    return this.#first(
      () => `event ${reason} about ${name}`,
      () => this.#eventsOf(name).find((event) => event["reason"] === reason),
    );
  }

  async files(repo: GitRepository | undefined): Promise<Readonly<Record<string, string>>> {
    const { url = "", digest } = repo?.status?.artifact ?? {};
    const response = await fetch(url);
    const bytes = Buffer.from(await response.arrayBuffer());
    const found = `sha256:${sha256Hex(bytes)}`;
    if (!response.ok || found !== digest) throw new Error(`${url}: ${response.status}, ${found}`);
    const { files } = readTar(gunzipSync(bytes), { entries: 10_000 });
    return Object.fromEntries(files.map(({ path, content }) => [path, Buffer.from(content).toString("utf8")]));
  }

  eventsOf(name: string): readonly string[] {
    return this.#eventsOf(name).map((event) => String(event["reason"]));
  }

  #eventsOf(name: string): readonly KubeObject[] {
    return this.#events.filter((event) => (event["involvedObject"] as JsonObject)["name"] === name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.#end.abort(new DOMException("the lab ends", "AbortError"));
    await this.bus[Symbol.asyncDispose]();
    await this.client[Symbol.asyncDispose]();
    await this.#parts.server[Symbol.asyncDispose]();
    await this.git[Symbol.asyncDispose]();
    await this.#parts.scratch[Symbol.asyncDispose]();
  }
}
