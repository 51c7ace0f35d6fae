import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { fakeClock, freePort, loopbackCertificate, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { type Credentials, type TlsSettings } from "./types.ts";

const trusted: TlsSettings = { caPem: loopbackCertificate.cert };

async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

/** An HTTPS API server that closes each connection after its answer. */
const apiServer = () =>
  listening(
    createTlsServer(loopbackCertificate, (_, response) => {
      response.setHeader("connection", "close");
      response.end("{}");
    }),
  );

function clientOf(port: number, { tls, proxyUrl }: { tls: () => TlsSettings; proxyUrl?: string }) {
  const credentials: Credentials = {
    server: `https://127.0.0.1:${port}`,
    namespace: "default",
    ...(proxyUrl !== undefined && { proxyUrl }),
    tls: async () => tls(),
    authorization: async () => undefined,
  };
  return connect({ credentials, clock: fakeClock() });
}

const version = { method: "GET", path: "/version" } as const;

test("a server is trusted by the CA of the credentials", async () => {
  await using api = await apiServer();
  await using client = clientOf(api.port, { tls: () => trusted });
  expect((await client.raw(version)).text).toBe("{}");
});

test("a server whose certificate no CA vouches for gets nothing, and the error says why", async () => {
  await using api = await apiServer();
  await using client = clientOf(api.port, { tls: () => ({}) });
  await expect(client.raw(version)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    message: expect.stringContaining("self-signed certificate"),
  });
});

test("a server whose certificate has another name is refused, unless that name is expected", async () => {
  await using api = await apiServer();
  await using client = clientOf(api.port, { tls: () => ({ ...trusted, serverName: "api.example.com" }) });
  await expect(client.raw(version)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await using insecure = clientOf(api.port, { tls: () => ({ insecure: true }) });
  expect((await insecure.raw(version)).status).toBe(200);
});

test("new TLS settings count from the next connection on", async () => {
  await using api = await apiServer();
  let tls: TlsSettings = {};
  await using client = clientOf(api.port, { tls: () => tls });
  await expect(client.raw(version)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  tls = trusted;
  expect((await client.raw(version)).status).toBe(200);
});

test("with a proxy, requests go through its tunnel, encrypted to the server", async () => {
  await using api = await apiServer();
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    tunnels.push(request.url ?? "");
    const upstream = connectTcp(api.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket).pipe(upstream);
    });
    for (const end of [socket, upstream]) end.on("error", () => upstream.destroy());
  });
  await using through = await listening(proxy);
  await using client = clientOf(api.port, { tls: () => trusted, proxyUrl: `http://127.0.0.1:${through.port}` });
  expect((await client.raw(version)).text).toBe("{}");
  expect(tunnels).toEqual([`127.0.0.1:${api.port}`]);
});

test("a server that nobody listens for is UNAVAILABLE after a few tries", async () => {
  const clock = fakeClock();
  const credentials = {
    server: `http://127.0.0.1:${await freePort()}`,
    namespace: "x",
    tls: async () => ({}),
    authorization: async () => undefined,
  };
  await using client = connect({ credentials, clock, random: () => 0 });
  const read = client.resources();
  read.catch(() => undefined);
  const waits: number[] = [];
  for (const waitMs of [50, 100, 200, 400]) {
    await until(() => clock.pending().filter((ms) => ms === waitMs).length === 2);
    waits.push(waitMs);
    await clock.advance(waitMs);
  }
  await expect(read).rejects.toMatchObject({ code: "UNAVAILABLE", data: { status: 0, reason: "ECONNREFUSED" } });
});
