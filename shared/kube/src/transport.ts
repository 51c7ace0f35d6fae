import { type Dispatcher } from "undici";
import { KubeError } from "./errors.ts";
import { openPools } from "./pools.ts";
import { type ConnectOptions, type Credentials } from "./types.ts";

/** One HTTP request as it goes out. */
interface Message {
  method: Dispatcher.HttpMethod;
  /** Absolute path with the query; the path of the server's URL is put before it. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string | undefined;
  /** A watch: it gets a connection outside the pool's limit. */
  longLived: boolean;
  /** Read credentials anew. */
  renew: boolean;
}

/** Sends messages to one API server, as one user. */
export interface Transport extends AsyncDisposable {
  /** Resolves with the head of the answer. Throws what the connection, the credentials or the signal throw. */
  exchange(message: Message, signal: AbortSignal | undefined): Promise<Dispatcher.ResponseData>;
}

/** @throws {KubeError} CREDENTIALS if the server's URL is none. */
export function openTransport(options: ConnectOptions): Transport {
  const { credentials, connections = 16 } = options;
  const base = serverUrl(credentials);
  const prefix = base.pathname.replace(/\/+$/, "");
  const pools = openPools(base.origin, { credentials, connections });
  const fixed = fixedHeaders(options);
  return {
    async exchange({ method, path, headers, body, longLived, renew }, signal) {
      const authorization = await credentials.authorization(renew);
      const pool = await pools.pick(longLived);
      return await pool.request({
        origin: base.origin,
        path: prefix + path,
        method,
        headers: { ...fixed, ...headers, ...(authorization !== undefined && { authorization }) },
        body: body ?? null,
        reset: false, // A DELETE with preconditions has a body: Kubernetes reads it, so the connection can be used again.
        signal: signal ?? null,
        headersTimeout: 0, // Deadlines are the callers', on their clock.
        bodyTimeout: 0,
      });
    },
    [Symbol.asyncDispose]: () => pools[Symbol.asyncDispose](),
  };
}

function serverUrl({ server }: Credentials): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new KubeError("CREDENTIALS", `Cannot connect to "${server}": not an http or https URL`, { source: "server" });
}

function fixedHeaders({ userAgent = "sluice", impersonate }: ConnectOptions): Record<string, string | string[]> {
  if (!impersonate) return { "user-agent": userAgent };
  const groups = [...(impersonate.groups ?? [])];
  return {
    "user-agent": userAgent,
    "impersonate-user": impersonate.user,
    ...(groups.length > 0 && { "impersonate-group": groups }),
  };
}
