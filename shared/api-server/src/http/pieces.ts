import { once } from "node:events";
import { type ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { type ResourceExchange } from "./exchange.ts";

/** Text that is gathered before it is written. */
const PIECE_CHARACTERS = 128 * 1024;
/** Longest the event loop is held while pieces are made. */
const SLICE_MS = 10;

/**
 * Writes a long JSON body piece by piece: other requests are served in between, and a client that reads slowly
 * holds back only its own answer. Ends quietly if the client goes away.
 */
export async function writePieces(exchange: ResourceExchange, pieces: Iterable<string>): Promise<void> {
  const { response, server, accepted } = exchange;
  response.writeHead(200, { "content-type": accepted.contentType, "cache-control": "no-cache, private" });
  let gathered = "";
  let since = server.clock.monotonicMs();
  for (const piece of pieces) {
    gathered += piece;
    if (gathered.length < PIECE_CHARACTERS && server.clock.monotonicMs() - since < SLICE_MS) continue;
    if (!(await flush(exchange, gathered))) return;
    gathered = "";
    since = server.clock.monotonicMs();
  }
  response.end(gathered);
}

/** Writes and waits until there is room again. @returns false if the client is gone. */
async function flush({ response }: ResourceExchange, text: string): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(text)) await setImmediate();
  else await room(response);
  return !response.destroyed;
}

/** Resolves when the response takes more, or never will. Leaves no listener behind, however often it is asked. */
async function room(response: ServerResponse): Promise<void> {
  const decided = new AbortController();
  const { signal } = decided;
  try {
    await Promise.race([once(response, "drain", { signal }), once(response, "close", { signal })]);
  } finally {
    decided.abort();
  }
}
