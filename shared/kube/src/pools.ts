import { stringifyJson } from "@sluice/base";
import { createSecureContext } from "node:tls";
import { buildConnector, type Dispatcher, Pool, ProxyAgent } from "undici";
import { type Credentials, type TlsSettings } from "./types.ts";

/** Keep-alive connections: those for calls are limited in number, watches have their own. */
export interface Pools extends AsyncDisposable {
  pick(longLived: boolean): Promise<Dispatcher>;
}

/** Idle connections are closed before most servers and load balancers drop them. */
const KEEP_ALIVE_MS = 45_000;

/** Connects to `origin` at the first request; certificates are read anew for each new connection. */
export function openPools(origin: string, options: { credentials: Credentials; connections: number }): Pools {
  const { proxyUrl } = options.credentials;
  return proxyUrl === undefined ? directPools(origin, options) : proxiedPools(proxyUrl, options);
}

type PoolsOptions = { credentials: Credentials; connections: number };

const keepAlive = { keepAliveTimeout: KEEP_ALIVE_MS, keepAliveMaxTimeout: KEEP_ALIVE_MS };

function directPools(origin: string, { credentials, connections }: PoolsOptions): Pools {
  const connect = rotatingConnector(credentials);
  const calls = new Pool(origin, { ...keepAlive, connect, connections });
  const watches = new Pool(origin, { ...keepAlive, connect });
  return {
    pick: async (longLived) => (longLived ? watches : calls),
    async [Symbol.asyncDispose]() {
      await Promise.all([calls.destroy(), watches.destroy()]);
    },
  };
}

/** A proxy's tunnel takes its TLS settings when it is made, so new settings make new tunnels; the old ones end when idle. */
function proxiedPools(proxyUrl: string, { credentials, connections }: PoolsOptions): Pools {
  let last: { key: string; calls: ProxyAgent; watches: ProxyAgent } | undefined;
  const opened: ProxyAgent[] = [];
  const open = (tls: TlsSettings, limit: number | null) => {
    const agent = new ProxyAgent({ ...keepAlive, uri: proxyUrl, requestTls: tlsOptions(tls), connections: limit });
    opened.push(agent);
    return agent;
  };
  return {
    async pick(longLived) {
      const tls = await credentials.tls();
      const key = stringifyJson({ ...tls });
      if (last?.key !== key) last = { key, calls: open(tls, connections), watches: open(tls, null) };
      return longLived ? last.watches : last.calls;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((agent) => agent.destroy()));
    },
  };
}

function rotatingConnector(credentials: Credentials): buildConnector.connector {
  let last: { key: string; connect: buildConnector.connector } | undefined;
  return (options, callback) => {
    credentials.tls().then(
      (tls) => {
        const key = stringifyJson({ ...tls });
        if (last?.key !== key) last = { key, connect: buildConnector(connectOptions(tls)) };
        last.connect(options, callback);
      },
      (error: Error) => callback(error, null),
    );
  };
}

/** Certificates are parsed once for all connections. */
function connectOptions(tls: TlsSettings): buildConnector.BuildOptions {
  const { caPem: ca, certPem: cert, keyPem: key, ...others } = tls;
  return { ...tlsOptions(others), secureContext: createSecureContext({ ca, cert, key }) };
}

function tlsOptions({ caPem, certPem, keyPem, serverName, insecure }: TlsSettings): buildConnector.BuildOptions {
  return {
    allowH2: false,
    ...(caPem !== undefined && { ca: caPem }),
    ...(certPem !== undefined && { cert: certPem }),
    ...(keyPem !== undefined && { key: keyPem }),
    ...(serverName !== undefined && { servername: serverName }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}
