import { randomBytes } from "node:crypto";
import { type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { type Clock, dumpYaml, type Logger, messageOf, silentLog } from "@sluice/base";
import { builtInResources } from "./discovery/built-in-resources.ts";
import { Catalog } from "./discovery/catalog.ts";
import { OpenApiDocuments } from "./discovery/open-api.ts";
import { ApiServerError } from "./errors.ts";
import { tokenPath } from "./http/authenticate.ts";
import { type ServerParts } from "./http/exchange.ts";
import { createListener } from "./http/listener.ts";
import { startLifecycle } from "./lifecycle/lifecycle.ts";
import { MessageTypes } from "./protobuf/message-types.ts";
import { type KindHooks, type RegistryContext } from "./registry/context.ts";
import { type SimulatorOptions, startSimulator } from "./simulator/simulator.ts";
import { Journal } from "./store/journal.ts";
import { Store } from "./store/store.ts";

export interface ApiServerOptions {
  /** Address to listen on; `127.0.0.1` by default. */
  host?: string;
  /** Port to listen on; 0, the default, takes a free one. */
  port?: number;
  clock: Clock;
  /** Default: nothing is logged. */
  log?: Logger;
  /** PEM certificate and key; absent: plain HTTP. */
  tls?: { cert: string; key: string };
  /** What clients must know; by default 32 random hexadecimal characters. */
  token?: string;
  /** Changes that each resource remembers for watches and old lists; 8192 by default. */
  watchWindow?: number;
  /** File in which the objects outlive the process; absent: they do not. */
  snapshotFile?: string;
  /** Makes workloads ready (on request, fail) as if their pods ran; on by default. */
  simulator?: boolean | SimulatorOptions;
}

/** A running server. Disposing it ends every watch and connection. */
export interface ApiServer extends AsyncDisposable {
  /** `http://127.0.0.1:12345`, without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Requests so far, by `verb:plural` or `verb:plural/subresource`. */
  readonly requests: ReadonlyMap<string, number>;
  /** A kubeconfig in YAML that kubectl and client-go accept. It holds the token. */
  kubeconfig(): string;
  [Symbol.asyncDispose](): Promise<void>;
}

const WATCH_WINDOW = 8192;

/**
 * Starts a Kubernetes API server in this process.
 * @throws {ApiServerError} LISTEN_FAILED, SNAPSHOT_INVALID.
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { clock, log = silentLog, host = "127.0.0.1", port = 0, token = randomBytes(16).toString("hex") } = options;
  const catalog = new Catalog(builtInResources());
  const store = new Store({ window: options.watchWindow ?? WATCH_WINDOW });
  const journal = options.snapshotFile === undefined ? undefined : await Journal.open(options.snapshotFile, store, log);
  const hooks = new Map<string, KindHooks>();
  const registry: RegistryContext = { catalog, store, clock, hooks };
  const lifecycle = startLifecycle({ registry, hooks, log });
  const simulator =
    options.simulator === false ? undefined : startSimulator({ registry, log, settings: settingsOf(options) });
  const closing = new AbortController();
  const requests = new Map<string, number>();
  const count = (operation: string) => requests.set(operation, (requests.get(operation) ?? 0) + 1);
  let address = "";
  const parts: ServerParts = {
    registry,
    catalog,
    openApi: new OpenApiDocuments(catalog),
    messages: new MessageTypes(),
    clock,
    address: () => address,
    closing: closing.signal,
  };
  const stop = async () => {
    closing.abort();
    simulator?.[Symbol.dispose]();
    lifecycle[Symbol.dispose]();
    await journal?.[Symbol.asyncDispose]();
  };
  const listener = createListener({ parts, token, count, log, tls: options.tls });
  try {
    address = await listen(listener, host, port);
  } catch (thrown) {
    await stop();
    throw thrown;
  }
  const url = `${options.tls ? "https" : "http"}://${address}`;
  return {
    url,
    token,
    requests,
    kubeconfig: () => kubeconfig({ url, token, certificate: options.tls?.cert }),
    async [Symbol.asyncDispose]() {
      closing.abort();
      await closeListener(listener);
      await stop();
    },
  };
}

function settingsOf({ simulator }: ApiServerOptions): SimulatorOptions {
  return typeof simulator === "object" ? simulator : {};
}

function listen(listener: Server, host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    listener.once("error", (cause) => {
      const message = `Cannot listen on "${host}:${port}": ${messageOf(cause)}`;
      reject(new ApiServerError("LISTEN_FAILED", message, { host, port }, { cause }));
    });
    listener.listen({ host, port }, () => {
      const { address, port: taken, family } = listener.address() as AddressInfo;
      resolve(`${family === "IPv6" ? `[${address}]` : address}:${taken}`);
    });
  });
}

function closeListener(listener: Server): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve());
    listener.closeAllConnections();
  });
}

/** Over plain HTTP client-go sends no credentials, so there the server's path carries the token. */
function kubeconfig(access: { url: string; token: string; certificate: string | undefined }): string {
  const { url, token, certificate } = access;
  const cluster = certificate
    ? { server: url, "certificate-authority-data": Buffer.from(certificate).toString("base64") }
    : { server: url + tokenPath(token) };
  return dumpYaml({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "sluice", cluster }],
    users: [{ name: "sluice", user: { token } }],
    contexts: [{ name: "sluice", context: { cluster: "sluice", user: "sluice" } }],
    "current-context": "sluice",
  });
}
