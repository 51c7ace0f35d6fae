import { crdOf, type GitRepository, gitRepository, type KubeObject } from "@sluice/api";
import { type ApiServer, startApiServer } from "@sluice/api-server";
import { type JsonObject, systemClock } from "@sluice/base";
import { connect, fixedCredentials, type KubeClient } from "@sluice/kube";
import { type FakeClock, fakeClock } from "./fake-clock.ts";
import { type ClientCall, type ClientFault, type FaultyClient, faultyClient } from "./faulty-client.ts";

/** An embedded API server that serves GitRepositories, for tests of how controllers run. */
export interface RuntimeLab extends AsyncDisposable {
  readonly server: ApiServer;
  /** What the code under test uses: it records calls and obeys `fault`. */
  readonly client: FaultyClient;
  /** What everybody else uses. */
  readonly others: KubeClient;
  /** Stands still unless a test moves it. */
  readonly clock: FakeClock;
  /** Decides what goes wrong; nothing by default. */
  fault: (call: ClientCall) => ClientFault | undefined;
  /** Creates a GitRepository in `default`. */
  create(
    name: string,
    more?: { spec?: JsonObject; metadata?: Partial<KubeObject["metadata"]> },
  ): Promise<GitRepository>;
  read(name: string): Promise<GitRepository>;
  /** Merges `body` into the object, as another client. */
  patch(name: string, body: JsonObject, subresource?: "status"): Promise<GitRepository>;
  delete(name: string): Promise<void>;
  /** Writes since the last time, such as `patch GitRepository/app` or `patch GitRepository/app/status`. */
  written(): string[];
}

/** The reference to a GitRepository in `default`. */
export function repositoryRef(name: string) {
  const { group, version, kind } = gitRepository;
  return { apiVersion: `${group}/${version}`, kind, namespace: "default", name };
}

/** Starts one. */
export async function runtimeLab(): Promise<RuntimeLab> {
  const server = await startApiServer({ clock: systemClock, simulator: false });
  const credentials = fixedCredentials({ server: server.url, token: server.token });
  const own = connect({ credentials, clock: systemClock });
  const others = connect({ credentials, clock: systemClock });
  const client = faultyClient(own, (call) => lab.fault(call));
  await others.create(crdOf(gitRepository) as KubeObject);
  let seen = 0;
  const lab: RuntimeLab = {
    server,
    client,
    others,
    clock: fakeClock(),
    fault: () => undefined,
    async create(name, { spec = {}, metadata = {} } = {}) {
      const { apiVersion, kind, namespace } = repositoryRef(name);
      const object = { apiVersion, kind, metadata: { ...metadata, name, namespace }, spec: { ...aSpec, ...spec } };
      return (await others.create(object)) as GitRepository;
    },
    read: async (name) => (await others.get(repositoryRef(name))) as GitRepository,
    async patch(name, body, subresource) {
      const options = subresource ? { subresource } : {};
      return (await others.patch(repositoryRef(name), { type: "merge", body }, options)) as GitRepository;
    },
    delete: (name) => others.delete(repositoryRef(name)),
    written() {
      const calls = client.writes().slice(seen);
      seen += calls.length;
      return calls.map(
        ({ verb, target, subresource }) =>
          `${verb} ${target.kind}/${target.name}${subresource === undefined ? "" : `/${subresource}`}`,
      );
    },
    async [Symbol.asyncDispose]() {
      await own[Symbol.asyncDispose]();
      await others[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
  return lab;
}

const aSpec = { interval: "1m", url: "https://git.example/app.git" };
