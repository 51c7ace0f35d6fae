import { createHash, timingSafeEqual } from "node:crypto";
import { type IncomingMessage } from "node:http";
import { type User } from "./exchange.ts";

/** Who may do everything here: whoever knows the token. */
const ADMIN: User = { username: "admin", uid: "admin", groups: ["system:masters", "system:authenticated"] };

/** A request that knows the token, and the path it asks for. */
export interface Authenticated {
  user: User;
  /** Path and query without the prefix that carried the token. */
  url: string;
}

/** First segment of paths that carry the token. */
const PREFIX = "/with-token/";

/**
 * Finds the token in the `Authorization` header, or in the path: client-go sends no credentials over plain HTTP, so
 * a kubeconfig for such a server names `http://host:port/with-token/TOKEN` as its server.
 * @returns undefined if there is no token, or a wrong one.
 */
export function authenticate(request: IncomingMessage, token: string): Authenticated | undefined {
  const url = request.url ?? "/";
  const header = request.headers.authorization;
  const inPath = url.startsWith(PREFIX) ? /^([^/?#]*)(.*)$/s.exec(url.slice(PREFIX.length)) : null;
  if (inPath) return same(inPath[1] ?? "", token) ? { user: ADMIN, url: inPath[2] || "/" } : undefined;
  const bearer = /^Bearer\s+(.+)$/i.exec(header ?? "")?.[1];
  return bearer !== undefined && same(bearer, token) ? { user: ADMIN, url } : undefined;
}

/** Path under which a client that sends no headers is known. */
export function tokenPath(token: string): string {
  return `${PREFIX}${token}`;
}

function same(given: string, token: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
