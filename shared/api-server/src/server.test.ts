import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isObject, parseYaml, systemClock } from "@sluice/base";
import { loopbackCertificate } from "@sluice/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ConformanceClient } from "./conformance/client.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "./server.ts";

const configMap = (name: string, data = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });
const path = "/api/v1/namespaces/default/configmaps";
const options: ApiServerOptions = { clock: systemClock };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "api-server-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** Starts a server for the time of `work`. */
async function withServer<T>(
  more: Partial<ApiServerOptions>,
  work: (server: ApiServer, client: ConformanceClient) => Promise<T>,
): Promise<T> {
  await using server = await startApiServer({ ...options, ...more });
  return await work(server, new ConformanceClient(server));
}

test("a request without the token, or with another, is 401", async () => {
  await withServer({}, async (server) => {
    for (const token of ["", "other", `${server.token}x`]) {
      const answer = await new ConformanceClient({ url: server.url, token }).ask("/api/v1/pods");
      expect(answer.status).toBe(401);
      expect(answer.body).toMatchObject({ kind: "Status", reason: "Unauthorized", code: 401 });
    }
  });
});

test("health and version are told without a token", async () => {
  await withServer({}, async (server) => {
    const stranger = new ConformanceClient({ url: server.url, token: "" });
    for (const open of ["/healthz", "/livez", "/readyz", "/version"])
      expect((await stranger.ask(open)).status).toBe(200);
    expect((await stranger.ask("/api")).status).toBe(401);
  });
});

test("the path of the kubeconfig's server carries the token, because client-go sends none over plain HTTP", async () => {
  await withServer({}, async (server) => {
    const config = parseYaml(server.kubeconfig());
    const clusters = isObject(config) && Array.isArray(config["clusters"]) ? config["clusters"] : [];
    const { server: url } = (clusters[0] as { cluster: { server: string } }).cluster;
    expect((await new ConformanceClient({ url, token: "" }).ask("/api/v1/namespaces/default")).status).toBe(200);
    const wrong = url.slice(0, -1);
    expect((await new ConformanceClient({ url: wrong, token: "" }).ask("/api/v1/namespaces/default")).status).toBe(401);
  });
});

test("over TLS the kubeconfig trusts the server's certificate and sends the token", async () => {
  const { cert, key } = loopbackCertificate;
  await withServer({ tls: { cert, key } }, async (server) => {
    expect(server.url).toMatch(/^https:/);
    const answer = await new ConformanceClient({ url: server.url, token: server.token, ca: cert }).ask("/version");
    expect(answer.status).toBe(200);
    expect(server.kubeconfig()).toContain(Buffer.from(cert).toString("base64"));
    expect(server.kubeconfig()).not.toContain("with-token");
  });
});

test("requests are counted by verb and resource", async () => {
  await withServer({}, async ({ requests }, client) => {
    await client.ask(path, { method: "POST", body: configMap("a") });
    await client.ask(path);
    await client.ask(`${path}/a`);
    await client.ask(`${path}/a`);
    await client.ask("/apis/apps/v1/namespaces/default/deployments/x/scale");
    expect(Object.fromEntries(requests)).toEqual({
      "create:configmaps": 1,
      "list:configmaps": 1,
      "get:configmaps": 2,
      "get:deployments/scale": 1,
    });
  });
});

test("a port that is taken is LISTEN_FAILED", async () => {
  await withServer({}, async (server) => {
    const port = Number(new URL(server.url).port);
    await expect(startApiServer({ ...options, port })).rejects.toMatchObject({ code: "LISTEN_FAILED", data: { port } });
  });
});

test("closing the server ends watches", async () => {
  const watch = await withServer({}, async (_, client) => client.watch(`${path}?watch=true`));
  expect(watch.status).toBe(200);
  let line = await watch.next().catch(() => undefined);
  while (line) line = await watch.next().catch(() => undefined);
});

test("objects, uids and resource versions survive a restart with a snapshot file", async () => {
  const snapshotFile = join(directory, "snapshot");
  const before = await withServer({ snapshotFile }, async (_, client) =>
    client.ask(path, { method: "POST", body: configMap("a", { k: "v" }) }),
  );
  await withServer({ snapshotFile }, async (_, client) => {
    expect((await client.ask(`${path}/a`)).body).toEqual(before.body);
    const list = await client.ask(path);
    expect(Number((list.body["metadata"] as { resourceVersion: string }).resourceVersion)).toBeGreaterThan(0);
    using watch = await client.watch(`${path}?watch=true&resourceVersion=2`);
    expect(await watch.next()).toMatchObject({ type: "ERROR", object: { code: 410, reason: "Expired" } });
  });
});

test("custom resources survive a restart with a snapshot file, and are served at once", async () => {
  const snapshotFile = join(directory, "snapshot");
  const definition = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: {
      group: "example.com",
      scope: "Cluster",
      names: { plural: "widgets", kind: "Widget" },
      versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
    },
  };
  const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "a" } };
  await withServer({ snapshotFile }, async (_, client) => {
    await client.ask("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", { method: "POST", body: definition });
    expect((await client.ask("/apis/example.com/v1/widgets", { method: "POST", body: widget })).status).toBe(201);
  });
  await withServer({ snapshotFile }, async (_, client) => {
    expect((await client.ask("/apis/example.com/v1/widgets/a")).status).toBe(200);
  });
});

test.each([
  "GET /api/v1/namespaces/default/configmaps/%2e%2e HTTP/1.1",
  "GET /api/v1/namespaces/default/configmaps/a%00b HTTP/1.1",
  "GET //api//v1 HTTP/1.1",
  "GET /%ff HTTP/1.1",
  "GET /api/v1/namespaces/__proto__/configmaps/constructor HTTP/1.1",
  "GET http://elsewhere/api/v1 HTTP/1.1",
  "PATCH /api/v1/namespaces/default/configmaps/a?fieldManager=%00 HTTP/1.1",
])("the odd request %s gets an answer below 500 and hurts nobody", async (line) => {
  await withServer({}, async (server, client) => {
    const text = await rawRequest(server, line);
    expect(text).toMatch(/^HTTP\/1.1 4\d\d /);
    expect((await client.ask("/healthz")).text).toBe("ok");
  });
});

function rawRequest(server: ApiServer, line: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      text += chunk;
    });
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write(`${line}\r\nHost: x\r\nAuthorization: Bearer ${server.token}\r\nConnection: close\r\n\r\n`);
  });
}

test("keys such as __proto__ are stored as they are", async () => {
  await withServer({}, async (_, client) => {
    const data =
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"__proto__":"y","constructor":"z"}}';
    const created = await client.ask(path, { method: "POST", body: data });
    expect(created.status).toBe(201);
    const { text } = await client.ask(`${path}/a`);
    expect(text).toContain('"__proto__":"y"');
    expect(text).toContain('"constructor":"z"');
  });
});
