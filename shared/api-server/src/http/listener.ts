import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { isAbort, type Logger, messageOf } from "@sluice/base";
import { badRequest, internalError, StatusError, unauthorized } from "../registry/status-error.ts";
import { ObjectError } from "../schema/errors.ts";
import { answerError } from "./answer.ts";
import { authenticate } from "./authenticate.ts";
import { type ServerParts, type User } from "./exchange.ts";
import { objectFailure } from "./object-failure.ts";
import { type Counter, route } from "./routes.ts";

/** What the listener needs besides the parts of the server. */
export interface ListenerOptions {
  parts: ServerParts;
  token: string;
  count: Counter;
  log: Logger;
  /** PEM texts; absent: plain HTTP. */
  tls: { cert: string; key: string } | undefined;
}

/** Longest path and query that is read. */
const URL_LIMIT = 64 * 1024;

/** The HTTP server, not yet listening. */
export function createListener(options: ListenerOptions): Server {
  const handle = (request: IncomingMessage, response: ServerResponse) => void serve(options, request, response);
  const limits = {
    keepAliveTimeout: 180_000,
    maxHeaderSize: URL_LIMIT,
    headersTimeout: 32_000,
    requestTimeout: 60_000,
  };
  return options.tls ? createHttpsServer({ ...options.tls, ...limits }, handle) : createHttpServer(limits, handle);
}

async function serve(options: ListenerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let path = "";
  try {
    const known = authenticate(request, options.token);
    const { pathname, query } = splitUrl(known?.url ?? request.url ?? "/");
    path = pathname;
    if (!known && !PUBLIC.test(pathname)) throw unauthorized();
    const user = known?.user ?? ANONYMOUS;
    await route({ server: options.parts, request, response, query, user }, pathname, options.count);
  } catch (thrown) {
    fail(options.log, { path, request, response }, thrown);
  }
}

/** What anybody may read. @source the ClusterRole `system:public-info-viewer` */
const PUBLIC = /^\/(healthz|livez|readyz|version)$/;
const ANONYMOUS: User = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** The path as it was sent: `URL` would fold `..` and `%2e%2e` away. */
function splitUrl(url: string): { pathname: string; query: URLSearchParams } {
  const at = url.indexOf("?");
  const pathname = at < 0 ? url : url.slice(0, at);
  if (!pathname.startsWith("/")) throw badRequest(`invalid path: ${JSON.stringify(pathname)}`);
  return { pathname, query: new URLSearchParams(at < 0 ? "" : url.slice(at + 1)) };
}

type Failed = { path: string; request: IncomingMessage; response: ServerResponse };

/** The path that is logged is the one behind the token. */
function fail(log: Logger, { path, request, response }: Failed, thrown: unknown): void {
  if (isAbort(thrown) || response.destroyed) return void response.destroy();
  const error = statusOf(thrown);
  if (error.data.httpCode >= 500 && !(thrown instanceof StatusError)) {
    log.error("request failed", thrown, { method: request.method ?? "", path });
  }
  if (response.headersSent) return void response.destroy();
  if (!request.complete) response.setHeader("connection", "close");
  answerError(response, error);
}

function statusOf(thrown: unknown): StatusError {
  if (thrown instanceof StatusError) return thrown;
  if (thrown instanceof ObjectError) return objectFailure(thrown);
  return internalError(`Internal error occurred: ${messageOf(thrown)}`);
}
