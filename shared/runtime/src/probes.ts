import { createServer, type RequestListener } from "node:http";
import { type ListeningServer, listenOn, messageOf } from "@sluice/base";
import { RuntimeError } from "./errors.ts";

/** What the probes of a process answer from. */
export interface Probes {
  /** Text of `/metrics`. */
  metrics(): Promise<string>;
  /** False makes `/readyz` answer 503. `/healthz` answers 200 as long as the process can answer at all. */
  isReady(): boolean;
}

/**
 * Listens on `address` in Go's form (`:8080`, `127.0.0.1:8080`, `[::1]:8080`); "0" and "" mean not at all.
 * @throws {RuntimeError} LISTEN if the address is not free or makes no sense
 */
export async function listen(address: string, handler: RequestListener): Promise<ListeningServer | undefined> {
  if (address === "0" || address === "") return undefined;
  const fail = (cause: unknown) =>
    new RuntimeError("LISTEN", `Cannot listen on "${address}": ${messageOf(cause)}`, { address }, { cause });
  const where = parseAddress(address);
  if (!where) throw fail("not an address such as :8080");
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, handler);
  try {
    return await listenOn(server, where);
  } catch (thrown) {
    throw fail(thrown);
  }
}

function parseAddress(address: string): { host?: string; port: number } | undefined {
  const [, host = "", digits] = /^(\[[^\]]+\]|[^:]*):([0-9]{1,5})$/.exec(address) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) return undefined;
  return host === "" ? { port } : { host: host.replace(/^\[|\]$/g, ""), port };
}

/** `/metrics` for Prometheus. */
export function metricsHandler(probes: Pick<Probes, "metrics">): RequestListener {
  return (request, response) => {
    if (pathOf(request.url) !== "/metrics") return void response.writeHead(404).end();
    probes.metrics().then(
      (text) => response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" }).end(text),
      () => response.writeHead(500).end(),
    );
  };
}

/** `/healthz` and `/readyz` for the kubelet. */
export function healthHandler(probes: Pick<Probes, "isReady">): RequestListener {
  return (request, response) => {
    const path = pathOf(request.url);
    if (path === "/healthz") return void response.writeHead(200).end("ok");
    if (path !== "/readyz") return void response.writeHead(404).end();
    const ready = probes.isReady();
    response.writeHead(ready ? 200 : 503).end(ready ? "ok" : "not ready");
  };
}

function pathOf(url = "/"): string {
  return url.split("?", 1)[0] ?? "/";
}
