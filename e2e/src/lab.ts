/** One lab for all scenarios: an API server, a Git server, and both controllers as processes of their own. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type GitRepository, type Kustomization, type KubeObject, type ObjectRef } from "@sluice/api";
import { startApiServer } from "@sluice/api-server";
import { scratchDir, sleep, systemClock } from "@sluice/base";
import { allCrds } from "@sluice/crds";
import { connect, isKubeError, type KubeClient, loadCredentials } from "@sluice/kube";
import { freePorts, type GitServer, startGitServer, type TestRepository } from "@sluice/testkit";
import { type Cluster, startCluster } from "./cluster.ts";
import { type ControllerProcess, controllerProcess } from "./controllers.ts";
import { type RealAssets } from "./describe-real.ts";
import { type Nats, startNats } from "./nats.ts";

export type LabTool = "kube-apiserver" | "etcd" | "kubectl" | "kube-controller-manager" | "nats-server";

export interface LabOptions {
  /** `embedded` needs nothing; `real` needs its programs. */
  cluster: "embedded" | { real: RealAssets<LabTool> };
  /** Flags for both controllers. */
  flags?: readonly string[];
  /** Most JavaScript heap of each controller, in MiB; V8's own choice by default. */
  heapMiB?: number | undefined;
  /** Start the controllers; default true. */
  start?: boolean;
}

/** Disposing it kills everything and removes all data. */
export interface Lab extends AsyncDisposable {
  readonly client: KubeClient;
  readonly kubeconfigPath: string;
  readonly git: GitServer;
  /** A repository with branch main, created with the lab. */
  readonly repository: TestRepository;
  readonly repositoryUrl: string;
  readonly source: ControllerProcess;
  readonly kustomize: ControllerProcess;
  /** Undefined on the embedded server. */
  readonly nats: Nats | undefined;
  /** The real cluster; undefined on the embedded server. */
  readonly cluster: Cluster | undefined;
  /** Creates a namespace with a GitRepository of the lab's repository called `app`. */
  tenant(name: string, spec?: Partial<GitRepository["spec"]>): Promise<Tenant>;
}

/** One namespace with one source. */
export interface Tenant {
  readonly namespace: string;
  /** Creates or changes a Kustomization that has `interval: 10m`, `prune: true` and the tenant's source unless told otherwise. */
  kustomization(name: string, spec?: Partial<Kustomization["spec"]>): Promise<ObjectRef>;
  /** Tells the source controller of a push, as a webhook does. */
  pushed(): Promise<void>;
  /** Waits for an object that satisfies `condition`; it fails with the object's last state. */
  until<T extends KubeObject = KubeObject>(ref: ObjectRef, condition: (object: T) => boolean, what: string): Promise<T>;
  /** Waits until the object is gone. */
  gone(ref: ObjectRef): Promise<void>;
  /** The object, or undefined. */
  find<T extends KubeObject = KubeObject>(ref: ObjectRef): Promise<T | undefined>;
  /** Waits until the Kustomization is Ready at the repository's newest commit. */
  ready(name: string): Promise<Kustomization>;
}

/** What was opened, to be closed in reverse order. */
class Closing {
  readonly #opened: AsyncDisposable[] = [];

  use<T extends AsyncDisposable>(opened: T): T {
    this.#opened.push(opened);
    return opened;
  }

  async close(): Promise<void> {
    for (let last = this.#opened.pop(); last; last = this.#opened.pop()) await last[Symbol.asyncDispose]();
  }
}

/** Limit for one wait, in milliseconds: far above what is expected, below the limit of a test. */
const PATIENCE_MS = 60_000;

export async function startLab(options: LabOptions): Promise<Lab> {
  const stack = new Closing();
  try {
    const dir = stack.use(await scratchDir("sluice-lab")).path;
    const server = await startServer(options, dir, stack);
    const credentials = await loadCredentials({ env: {}, clock: systemClock, kubeconfig: server.kubeconfigPath });
    const client = stack.use(connect({ credentials, clock: systemClock, userAgent: "sluice-lab" }));
    for (const crd of allCrds().values()) await client.apply(crd as KubeObject, { fieldManager: "lab", force: true });
    await untilServed(client);
    const git = stack.use(await startGitServer());
    const repository = await git.create("app.git");
    const flags = [...(server.nats ? [`--nats-url=${server.nats.url}`] : []), ...(options.flags ?? [])];
    const shared = { kubeconfigPath: server.kubeconfigPath, dir, flags, heapMiB: options.heapMiB };
    const ports = await freePorts(6);
    const source = stack.use(controllerProcess({ ...shared, name: "source-controller", ports: ports.slice(0, 3) }));
    const kustomize = stack.use(controllerProcess({ ...shared, name: "kustomize-controller", ports: ports.slice(3) }));
    if (options.start !== false) await Promise.all([source.start(), kustomize.start()]);
    const repositoryUrl = git.url("app.git");
    return {
      client,
      kubeconfigPath: server.kubeconfigPath,
      git,
      repository,
      repositoryUrl,
      source,
      kustomize,
      nats: server.nats,
      cluster: server.cluster,
      tenant: (name, spec = {}) => createTenant({ client, repository, url: repositoryUrl, namespace: name, spec }),
      [Symbol.asyncDispose]: () => stack.close(),
    };
  } catch (thrown) {
    await stack.close();
    throw thrown;
  }
}

interface Server {
  kubeconfigPath: string;
  nats: Nats | undefined;
  cluster: Cluster | undefined;
}

async function startServer({ cluster: kind }: LabOptions, dir: string, stack: Closing): Promise<Server> {
  if (kind === "embedded") {
    const server = stack.use(await startApiServer({ clock: systemClock }));
    const kubeconfigPath = join(dir, "kubeconfig");
    await writeFile(kubeconfigPath, server.kubeconfig());
    return { kubeconfigPath, nats: undefined, cluster: undefined };
  }
  const assets = kind.real;
  const [cluster, nats] = await Promise.all([
    startCluster({ assets, controllerManager: assets.path["kube-controller-manager"] }),
    startNats({ assets }),
  ]);
  stack.use(cluster);
  stack.use(nats);
  return { kubeconfigPath: cluster.kubeconfigPath, nats, cluster };
}

/** A new CustomResourceDefinition takes a moment until the API server answers for it. */
async function untilServed(client: KubeClient): Promise<void> {
  const kinds = [
    { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" },
    { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization" },
  ];
  for (const kind of kinds) {
    await eventually(`${kind.kind} is served`, async () => {
      client.invalidateDiscovery();
      return client.list(kind).then(
        () => true,
        () => false,
      );
    });
  }
}

/** Asks again and again until `condition` holds. @throws {Error} that says what did not come true */
export async function eventually(
  what: string,
  condition: () => Promise<boolean>,
  detail: () => string = () => "",
): Promise<void> {
  const endMs = systemClock.monotonicMs() + PATIENCE_MS;
  while (!(await condition())) {
    if (systemClock.monotonicMs() > endMs) throw new Error(`never came true: ${what}${detail()}`);
    await sleep(systemClock, 20);
  }
}

interface TenantOptions {
  client: KubeClient;
  repository: TestRepository;
  url: string;
  namespace: string;
  spec: Partial<GitRepository["spec"]>;
}

async function createTenant({ client, repository, url, namespace, spec }: TenantOptions): Promise<Tenant> {
  const fieldManager = "lab";
  const sourceRef = { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", namespace, name: "app" };
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, { fieldManager });
  await client.apply(
    { ...metadataOf(sourceRef), spec: { interval: "10m", url, ref: { branch: "main" }, ...spec } } as KubeObject,
    { fieldManager, force: true },
  );

  async function find<T extends KubeObject>(ref: ObjectRef): Promise<T | undefined> {
    try {
      return (await client.get(ref)) as T;
    } catch (thrown) {
      if (isKubeError(thrown, "NOT_FOUND")) return undefined;
      throw thrown;
    }
  }
  async function until<T extends KubeObject>(
    ref: ObjectRef,
    condition: (object: T) => boolean,
    what: string,
  ): Promise<T> {
    let last: T | undefined;
    const holds = async () => {
      last = await find<T>(ref);
      return last !== undefined && condition(last);
    };
    await eventually(
      `${ref.kind} ${ref.name}: ${what}`,
      holds,
      () => `\n${JSON.stringify(last?.["status"] ?? last, undefined, 1)}`,
    );
    return last as T;
  }
  return {
    namespace,
    find,
    until,
    async kustomization(name, more = {}) {
      const ref = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization", namespace, name };
      const base = { interval: "10m", prune: true, sourceRef: { kind: "GitRepository", name: "app" } };
      await client.apply({ ...metadataOf(ref), spec: { ...base, ...more } } as KubeObject, {
        fieldManager,
        force: true,
      });
      return ref;
    },
    async pushed() {
      const annotations = {
        "reconcile.fluxcd.io/requestedAt":
          new Date(systemClock.now()).toISOString() + Math.floor(systemClock.monotonicMs() * 1000),
      };
      await client.patch(sourceRef, { type: "merge", body: { metadata: { annotations } } }, { fieldManager });
    },
    async gone(ref) {
      await eventually(`${ref.kind} ${ref.name} is gone`, async () => (await find(ref)) === undefined);
    },
    async ready(name) {
      const head = await repository.head("main");
      const ref = { apiVersion: "kustomize.toolkit.fluxcd.io/v1", kind: "Kustomization", namespace, name };
      return until<Kustomization>(ref, (app) => isReadyAt(app, head), `Ready at ${head}`);
    },
  };
}

function isReadyAt({ status, metadata }: Kustomization, commit: string): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return (
    ready?.status === "True" &&
    status?.observedGeneration === metadata.generation &&
    status?.lastAppliedRevision?.endsWith(commit) === true
  );
}

function metadataOf({ apiVersion, kind, namespace, name }: ObjectRef): KubeObject {
  return { apiVersion, kind, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
}
