import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type FileHandle, realpath } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { isAbort, type Logger, listenOn } from "@sluice/base";
import { type ServedFile, ServedFiles } from "./served-files.ts";

/** A running artifact server. Disposing it ends open connections. */
export interface ArtifactServer extends AsyncDisposable {
  readonly port: number;
  /** `http://<host>:<port>`. */
  readonly url: string;
}

/**
 * Serves the files of an artifact store over HTTP: GET and HEAD, byte ranges, `ETag`, `Digest` and `If-None-Match`.
 *
 * `/` answers 200 for probes. Directories, dot files, links and everything outside `root` are 404; nothing is ever listed.
 * While `ready` says false, everything is 503.
 * @param options.port 0 for a free one.
 * @param options.ready default: always.
 */
export async function serveArtifacts(options: {
  root: string;
  host: string;
  port: number;
  log: Logger;
  ready?: () => boolean;
}): Promise<ArtifactServer> {
  const { host, port, log, ready = () => true } = options;
  const files = new ServedFiles(await realpath(options.root));
  const server = createServer((request, response) => {
    answer({ request, response, files, ready }).catch((thrown: unknown) => {
      if (!isAbort(thrown) && !isHangUp(thrown))
        log.error("artifact request failed", thrown, { url: request.url ?? "" });
      if (response.headersSent) response.destroy();
      else refuse(response, 500);
    });
  });
  server.requestTimeout = 30_000;
  const listening = await listenOn(server, { host, port });
  return {
    port: listening.port,
    url: `http://${listening.address}`,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

async function answer(cx: {
  request: IncomingMessage;
  response: ServerResponse;
  files: ServedFiles;
  ready: () => boolean;
}): Promise<void> {
  const { request, response, files, ready } = cx;
  request.resume();
  if (!ready()) return refuse(response, 503, { "Retry-After": "1" });
  if (request.method !== "GET" && request.method !== "HEAD") return refuse(response, 405, { Allow: "GET, HEAD" });
  const path = pathOf(request.url ?? "");
  if (path === "") return void response.writeHead(200, { "Content-Type": "text/plain" }).end();
  const file = path === undefined ? undefined : await files.open(path);
  if (file === undefined) return refuse(response, 404);
  try {
    await send(file, request, response);
  } finally {
    await file.handle.close();
  }
}

/** The decoded path of a request without its leading slash, or undefined if it is not well-formed. */
function pathOf(url: string): string | undefined {
  const raw = url.split(/[?#]/, 1)[0] ?? "";
  try {
    return decodeURIComponent(raw).replace(/^\//, "");
  } catch {
    return undefined;
  }
}

async function send(file: ServedFile, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const etag = `"${file.sha256Hex}"`;
  const headers = {
    ETag: etag,
    Digest: `sha-256=${Buffer.from(file.sha256Hex, "hex").toString("base64")}`,
    "Last-Modified": new Date(file.mtimeMs).toUTCString(),
    "Accept-Ranges": "bytes",
    "Cache-Control": "no-cache",
    "X-Content-Type-Options": "nosniff",
  };
  if (matches(request.headers["if-none-match"], etag)) return void response.writeHead(304, headers).end();
  const whole = { start: 0, end: file.sizeBytes - 1 };
  const isCurrent = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const range = isCurrent ? parseRange(request.headers.range, file.sizeBytes) : undefined;
  if (range === "unsatisfiable") return refuse(response, 416, { "Content-Range": `bytes */${file.sizeBytes}` });
  const { start, end } = range ?? whole;
  response.writeHead(range ? 206 : 200, {
    ...headers,
    "Content-Type": contentType(file.name),
    "Content-Length": end - start + 1,
    ...(range && { "Content-Range": `bytes ${start}-${end}/${file.sizeBytes}` }),
  });
  if (request.method === "HEAD" || end < start) return void response.end();
  await pipeline(bytesOf(file.handle, start, end), response);
}

function bytesOf(handle: FileHandle, start: number, end: number) {
  return handle.createReadStream({ start, end, autoClose: false });
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const tags = header.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes("*") || tags.includes(etag);
}

/**
 * One byte range of a file.
 * @returns undefined to send the whole file: no range, several, or another unit.
 * @source RFC 9110 section 14
 */
function parseRange(
  header: string | undefined,
  sizeBytes: number,
): { start: number; end: number } | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? "") ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? "unsatisfiable" : { start: sizeBytes - length, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= sizeBytes ? "unsatisfiable" : { start, end };
}

function contentType(name: string): string {
  return /\.(tar\.gz|tgz)$/.test(name) ? "application/gzip" : "application/octet-stream";
}

function refuse(response: ServerResponse, status: number, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "Content-Length": 0, ...headers }).end();
}

/** True if the reader went away: its business, not a failure of the server. */
function isHangUp(thrown: unknown): boolean {
  if (!(thrown instanceof Error) || !("code" in thrown)) return false;
  return ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes(String(thrown.code));
}
