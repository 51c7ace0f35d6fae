import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { type Json, stringifyJson } from "@sluice/base";
import { type Resource } from "@sluice/kube";

/** One request that arrived. */
export interface SeenRequest {
  method: string;
  path: string;
  query: Readonly<Record<string, string>>;
  headers: IncomingMessage["headers"];
  body: string;
}

/** How one request is answered: by data, by a lost connection, never, or by hand. */
export type Reply =
  | { status?: number; headers?: Record<string, string | string[]>; json?: Json; text?: string }
  | "reset"
  | "silence"
  | ((request: SeenRequest, response: ServerResponse) => void);

/** An HTTP server that answers as told: for faults that no real API server shows on request. */
export interface ScriptedKubeServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** Answers `METHOD /path` by these replies in turn; the last one is kept. Whatever has no script gets a 404 that names no object. */
  on(route: string, ...replies: Reply[]): void;
  /**
   * After the replies that are scripted already, answers one `METHOD /path` by a stream that the test writes. Later requests get no
   * answer, unless they have scripts or streams of their own.
   */
  stream(route: string): ReplyStream;
  /** Requests of `METHOD /path` so far. */
  count(route: string): number;
  /** Connections accepted so far. */
  connections(): number;
}

/** A streamed answer; what is written before the request arrives is sent when it does. */
export interface ReplyStream {
  write(chunk: string | Uint8Array): void;
  end(): void;
  reset(): void;
  isOpen(): boolean;
}

/** Starts one on a free port of 127.0.0.1. `resources` are what aggregated discovery tells. */
export async function scriptedKubeServer(resources: readonly Resource[] = []): Promise<ScriptedKubeServer> {
  const requests: SeenRequest[] = [];
  const scripts = new Map<string, Reply[]>();
  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    const request = await readRequest(message);
    requests.push(request);
    const replies = scripts.get(`${request.method} ${request.path}`) ?? [notFound];
    const reply = replies.length > 1 ? replies.shift() : replies[0];
    answer(reply ?? notFound, request, response);
  };
  const server = createServer((message, response) => void handle(message, response).catch(() => response.destroy()));
  let connections = 0;
  server.on("connection", () => {
    connections += 1;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const routes: ScriptedKubeServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    on: (route, ...replies) => void scripts.set(route, replies),
    stream(route) {
      const { reply, stream } = replyStream();
      const streams = scripts.get(route)?.filter((other) => other !== "silence") ?? [];
      scripts.set(route, [...streams, reply, "silence"]);
      return stream;
    },
    count: (route) => requests.filter(({ method, path }) => `${method} ${path}` === route).length,
    connections: () => connections,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  routes.on("GET /api", { json: aggregated(resources.filter(({ group }) => group === "")) });
  routes.on("GET /apis", { json: aggregated(resources.filter(({ group }) => group !== "")) });
  return routes;
}

const notFound: Reply = { status: 404, text: "404 page not found\n", headers: { "content-type": "text/plain" } };

async function readRequest(message: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = new URL(message.url ?? "/", "http://server");
  return {
    method: message.method ?? "GET",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: message.headers,
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function answer(reply: Reply, request: SeenRequest, response: ServerResponse): void {
  if (reply === "silence") return;
  if (reply === "reset") {
    response.socket?.resetAndDestroy();
    return;
  }
  if (typeof reply === "function") {
    reply(request, response);
    return;
  }
  const { status = 200, headers = {}, json, text } = reply;
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(json === undefined ? (text ?? "") : stringifyJson(json));
}

function replyStream(): { reply: Reply; stream: ReplyStream } {
  const early: (string | Uint8Array)[] = [];
  let open: ServerResponse | undefined;
  return {
    reply(_, response) {
      open = response;
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      for (const chunk of early) response.write(chunk);
    },
    stream: {
      write: (chunk) => void (open ? open.write(chunk) : early.push(chunk)),
      end: () => void open?.end(),
      reset: () => void open?.socket?.resetAndDestroy(),
      isOpen: () => open !== undefined && !open.destroyed && !open.writableEnded,
    },
  };
}

function aggregated(resources: readonly Resource[]): Json {
  const groups = [...new Set(resources.map(({ group }) => group))];
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map((group) => ({
      metadata: group === "" ? {} : { name: group },
      versions: [...new Set(resources.filter((one) => one.group === group).map(({ version }) => version))].map(
        (version) => ({
          version,
          resources: resources.filter((one) => one.group === group && one.version === version).map(discoveredResource),
        }),
      ),
    })),
  };
}

function discoveredResource({ group, version, kind, plural, namespaced, verbs, subresources }: Resource): Json {
  return {
    resource: plural,
    responseKind: { group, version, kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    verbs: [...verbs],
    subresources: subresources.map((subresource) => ({ subresource, verbs: ["get", "update", "patch"] })),
  };
}
