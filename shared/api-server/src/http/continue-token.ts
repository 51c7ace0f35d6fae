import { isObject, type Json } from "@sluice/base";
import { badRequest } from "../registry/status-error.ts";

/** Where a chunked list goes on. */
export interface Continue {
  /** The list is shown as it was at this revision; 0: as it is now. */
  revision: number;
  /** The last key of the chunk before. */
  after: string;
}

/** The opaque token of a list's `metadata.continue`. */
export function encodeContinue({ revision, after }: Continue): string {
  return Buffer.from(JSON.stringify({ v: "meta.k8s.io/v1", rv: revision, start: `${after}\0` })).toString("base64url");
}

/** @throws {StatusError} 400 if the token is none of ours. */
export function decodeContinue(token: string): Continue {
  const value = parsed(token);
  const { rv, start } = isObject(value) ? value : {};
  if (typeof rv !== "number" || !Number.isSafeInteger(rv) || rv < -1 || typeof start !== "string") {
    throw badRequest(
      "invalid continue token: continue key is not valid: incorrect encoded start resourceVersion (version meta.k8s.io/v1)",
    );
  }
  return { revision: Math.max(0, rv), after: start.replace(/\0$/, "") };
}

function parsed(token: string): Json {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as Json;
  } catch {
    throw badRequest("invalid continue token: continue key is not valid: illegal base64 data at input byte 0");
  }
}
