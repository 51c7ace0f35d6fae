import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below the ranges from which Linux (32768) and macOS (49152) pick ports for outgoing connections. */
const FIRST = 15_000;
const LAST = 32_000;
const TRIES = 200;

/**
 * A TCP port on 127.0.0.1 that was free a moment ago. It lies outside the range of outgoing connections, so that a
 * server that is stopped for a while finds it free again: a connection keeps its port for a minute after its end.
 * @throws {Error} if every try met a port that is taken.
 */
export async function freePort(candidate: () => number = () => randomInt(FIRST, LAST)): Promise<number> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const port = candidate();
    if (await isFree(port)) return port;
  }
  throw new Error(`Cannot find a free port: ${TRIES} tries failed`);
}

/** `count` different free ports. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}

/** True if a server can listen on `port` of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
