import { readFile } from "node:fs/promises";
import { type Clock, messageOf } from "@sluice/base";
import { KubeError } from "./errors.ts";

/** How long a token that was read is used; projected tokens are written anew long before they expire. @source client-go `transport.cachingTokenSource` (a minute) */
const FRESH_MS = 60_000;

/**
 * A bearer token that is read from a file again once a minute, and at once when the server refused it. A file that cannot be read
 * for a while does no harm as long as the last token works.
 * @returns the `Authorization` header. @throws {KubeError} CREDENTIALS if no token was ever read.
 */
export function tokenFile(path: string, clock: Clock): (renew: boolean) => Promise<string> {
  let last: { header: string; atMs: number } | undefined;
  return async (renew) => {
    if (last && !renew && clock.monotonicMs() - last.atMs < FRESH_MS) return last.header;
    try {
      const token = (await readFile(path, "utf8")).trim();
      if (token === "") throw new Error("the file is empty");
      last = { header: `Bearer ${token}`, atMs: clock.monotonicMs() };
    } catch (error) {
      if (!last) throw unreadable(path, error);
      last = { header: last.header, atMs: clock.monotonicMs() };
    }
    return last.header;
  };
}

/** @throws {KubeError} CREDENTIALS */
export async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): KubeError<"CREDENTIALS"> {
  return new KubeError("CREDENTIALS", `Cannot read "${path}": ${messageOf(cause)}`, { source: path }, { cause });
}
