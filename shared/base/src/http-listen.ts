import { once } from "node:events";
import { type Server } from "node:http";
import { type AddressInfo } from "node:net";

/** A server that listens. Disposing it ends its connections, those in use too. */
export interface ListeningServer extends AsyncDisposable {
  readonly port: number;
  /** `host:port`, with an IPv6 host in brackets. */
  readonly address: string;
}

/**
 * Makes `server` listen; port 0 takes a free one, no host means every address.
 * @throws what `listen` fails with, such as EADDRINUSE
 */
export async function listenOn(server: Server, where: { host?: string; port: number }): Promise<ListeningServer> {
  server.listen(where);
  await once(server, "listening");
  const { address, family, port } = server.address() as AddressInfo;
  return {
    port,
    address: `${family === "IPv6" ? `[${address}]` : address}:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
