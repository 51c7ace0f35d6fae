import { configMap, kubeLab, statusBody, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { connect } from "./client.ts";
import { KubeError } from "./errors.ts";
import { fixedCredentials } from "./fixed-credentials.ts";

const a = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "a" };
const aPath = "/api/v1/namespaces/default/configmaps/a";
const listPath = "/api/v1/namespaces/default/configmaps";

test("get() returns the object as the server sent it, large integers and odd keys included", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, {
    text: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"},"data":{"__proto__":"x","n":9007199254740993}}',
  });
  const object = await lab.client.get(a);
  expect(object["data"]).toHaveProperty("n", 9007199254740993n);
  expect(Object.keys(object["data"] as object)).toContain("__proto__");
});

test("get() with metadataOnly asks for metadata, and cuts it out where the server cannot", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, { json: configMap("a", { data: { secret: "value" } }) });
  const object = await lab.client.get(a, { metadataOnly: true });
  expect(Object.keys(object)).toEqual(["apiVersion", "kind", "metadata"]);
  expect(lab.server.requests.at(-1)?.headers.accept).toContain("as=PartialObjectMetadata;");
});

test("get() keeps the kind that was asked for when the server answers with PartialObjectMetadata", async () => {
  await using lab = await kubeLab();
  const partial = {
    kind: "PartialObjectMetadata",
    apiVersion: "meta.k8s.io/v1",
    metadata: { name: "a", namespace: "default" },
  };
  lab.server.on(`GET ${aPath}`, { json: partial });
  expect(await lab.client.get(a, { metadataOnly: true })).toMatchObject({ apiVersion: "v1", kind: "ConfigMap" });
});

test("a namespaced object without a namespace is refused before anything is sent", async () => {
  await using lab = await kubeLab();
  await expect(lab.client.get({ apiVersion: "v1", kind: "ConfigMap", name: "a" })).rejects.toMatchObject({
    code: "BAD_REQUEST",
    message: 'Cannot get "ConfigMap/a": it needs a namespace',
  });
  expect(lab.server.requests.filter(({ path }) => path.includes("configmaps"))).toEqual([]);
});

test("every request carries the token, the user agent and the impersonated user", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, { json: configMap("a") });
  const credentials = fixedCredentials({ server: lab.server.url, token: "secret" });
  const impersonate = { user: "system:serviceaccount:apps:deployer", groups: ["one", "two"] };
  await using client = connect({ credentials, clock: lab.clock, userAgent: "tester", impersonate });
  await client.get(a);
  expect(lab.server.requests.at(-1)?.headers).toMatchObject({
    authorization: "Bearer secret",
    "user-agent": "tester",
    "impersonate-user": "system:serviceaccount:apps:deployer",
    "impersonate-group": "one, two",
  });
});

test("a path in the server's URL goes before every request", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /k8s/clusters/c-1/version", { json: { major: "1" } });
  const credentials = fixedCredentials({ server: `${lab.server.url}/k8s/clusters/c-1/` });
  await using client = connect({ credentials, clock: lab.clock });
  expect(await client.raw({ method: "GET", path: "/version" })).toMatchObject({ status: 200, text: '{"major":"1"}' });
});

test.each(["", "kubernetes", "ftp://host", "unix:///run/k.sock"])("connect() refuses the server %j", (server) => {
  const credentials = fixedCredentials({ server });
  expect(() =>
    connect({ credentials, clock: { now: () => 0, monotonicMs: () => 0, after: () => ({ [Symbol.dispose]() {} }) } }),
  ).toThrow(KubeError);
});

test("apply() sends the object with its manager, and tells warnings and whether it created", async () => {
  await using lab = await kubeLab();
  const warning = ['299 - "unknown field \\"spec.x\\""', '299 - "v1beta1 is deprecated"'];
  lab.server.on(
    `PATCH ${aPath}`,
    { status: 201, json: configMap("a"), headers: { warning } },
    { json: configMap("a") },
  );
  const told: string[] = [];
  const apply = () =>
    lab.client.apply(configMap("a", { data: { k: "v" } }), {
      fieldManager: "kustomize-controller",
      force: true,
      dryRun: true,
      fieldValidation: "Warn",
      onWarning: (text) => told.push(text),
      onCreated: () => told.push("created"),
    });
  await apply();
  expect(told).toEqual(['unknown field "spec.x"', "v1beta1 is deprecated", "created"]);
  await apply();
  expect(told).toHaveLength(3);
  const request = lab.server.requests.at(-1);
  expect(request?.query).toEqual({
    fieldManager: "kustomize-controller",
    force: "true",
    dryRun: "All",
    fieldValidation: "Warn",
  });
  expect(request?.headers["content-type"]).toBe("application/apply-patch+yaml");
  expect(JSON.parse(request?.body ?? "")).toMatchObject({ kind: "ConfigMap", data: { k: "v" } });
});

test("an apply that conflicts names the managers and fields", async () => {
  await using lab = await kubeLab();
  const causes = [{ reason: "FieldManagerConflict", message: 'conflict with "kubectl"', field: ".data.k" }];
  lab.server.on(`PATCH ${aPath}`, {
    status: 409,
    json: statusBody(409, "Conflict", { details: { name: "a", causes } }),
  });
  await expect(lab.client.apply(configMap("a"), { fieldManager: "m" })).rejects.toMatchObject({
    code: "CONFLICT",
    data: { causes },
  });
});

test("writes go to the right path with the right method and type", async () => {
  await using lab = await kubeLab();
  const path = "/apis/apps/v1/namespaces/default/deployments";
  const web = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "default" } };
  const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "web" };
  for (const route of [`POST ${path}`, `PUT ${path}/web/status`, `PATCH ${path}/web`])
    lab.server.on(route, { json: web });
  lab.server.on(`DELETE ${path}/web`, { json: statusBody(200, "") });
  await lab.client.create(web, { fieldManager: "m" });
  await lab.client.replace(web, { subresource: "status" });
  await lab.client.patch(ref, { type: "merge", body: { spec: { replicas: 0 } } });
  await lab.client.patch(ref, { type: "json", body: [] });
  await lab.client.patch(ref, { type: "strategic", body: {} });
  await lab.client.delete(ref, { uid: "u", propagation: "Foreground" });
  expect(lab.server.requests.slice(2).map((request) => `${request.method} ${request.headers["content-type"]}`)).toEqual(
    [
      "POST application/json",
      "PUT application/json",
      "PATCH application/merge-patch+json",
      "PATCH application/json-patch+json",
      "PATCH application/strategic-merge-patch+json",
      "DELETE application/json",
    ],
  );
  expect(JSON.parse(lab.server.requests.at(-1)?.body ?? "")).toMatchObject({
    propagationPolicy: "Foreground",
    preconditions: { uid: "u" },
  });
});

test.each([
  [400, "BadRequest", "BAD_REQUEST"],
  [401, "Unauthorized", "UNAUTHORIZED"],
  [403, "Forbidden", "FORBIDDEN"],
  [404, "NotFound", "NOT_FOUND"],
  [405, "MethodNotAllowed", "BAD_REQUEST"],
  [409, "Conflict", "CONFLICT"],
  [409, "AlreadyExists", "ALREADY_EXISTS"],
  [410, "Expired", "EXPIRED"],
  [413, "RequestEntityTooLarge", "REQUEST_TOO_LARGE"],
  [422, "Invalid", "INVALID"],
  [500, "InternalError", "INTERNAL"],
  [503, "ServiceUnavailable", "UNAVAILABLE"],
])("status %i with reason %s is the error %s", async (status, reason, code) => {
  await using lab = await kubeLab();
  lab.server.on(`POST ${listPath}`, { status, json: statusBody(status, reason) });
  await expect(lab.client.create(configMap("a"))).rejects.toMatchObject({
    code,
    message: `Cannot create "ConfigMap/default/a": ${reason} happened`,
    data: { status, reason },
  });
});

test.each(["<html>502 Bad Gateway</html>", "", "{not json", '{"kind":"Status"}', "[]", '{"details":null,"code":"x"}'])(
  "an error whose body is %j still has its status",
  async (text) => {
    await using lab = await kubeLab();
    lab.server.on(`POST ${listPath}`, { status: 500, text });
    await expect(lab.client.create(configMap("a"))).rejects.toMatchObject({
      code: "INTERNAL",
      data: { status: 500, causes: [] },
    });
  },
);

test.each(["", "[]", "null", "{}", '{"metadata":{}}', '{"metadata":{"name":5}}', "<html>", '{"metadata":'])(
  "an answer %j to a get is BROKEN",
  async (text) => {
    await using lab = await kubeLab();
    lab.server.on(`GET ${aPath}`, { text });
    await expect(lab.client.get(a)).rejects.toMatchObject({ code: "BROKEN", data: { how: "garbled" } });
  },
);

test("a read is tried again after a reset and after 503, with growing waits", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, "reset", { status: 503 }, { json: configMap("a") });
  const got = lab.client.get(a);
  await until(() => lab.clock.pending().includes(50));
  await lab.clock.advance(50);
  await until(() => lab.clock.pending().includes(100));
  await lab.clock.advance(100);
  expect((await got).metadata.name).toBe("a");
});

test("a create is not sent twice after a reset", async () => {
  await using lab = await kubeLab();
  lab.server.on(`POST ${listPath}`, "reset");
  await expect(lab.client.create(configMap("a"))).rejects.toMatchObject({ code: "UNAVAILABLE", data: { status: 0 } });
  expect(lab.server.count(`POST ${listPath}`)).toBe(1);
});

test.each([
  { what: "may append to a list", body: [{ op: "add", path: "/data/-", value: "v" }], sent: 1 },
  { what: "tests another field", body: [{ op: "test", path: "/data/k", value: "v" }], sent: 1 },
  { what: "tests the version", body: [{ op: "test", path: "/metadata/resourceVersion", value: "1" }], sent: 2 },
])("a JSON patch that $what is sent $sent time(s) when the connection is reset", async ({ body, sent }) => {
  await using lab = await kubeLab();
  lab.server.on(`PATCH ${aPath}`, "reset", { json: configMap("a") });
  const patched = lab.client.patch(a, { type: "json", body });
  patched.catch(() => undefined);
  await until(() => lab.server.count(`PATCH ${aPath}`) === 1);
  if (sent === 2) await until(() => lab.clock.pending().includes(50));
  else await expect(patched).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await lab.clock.advance(50);
  if (sent === 2) await patched;
  expect(lab.server.count(`PATCH ${aPath}`)).toBe(sent);
});

test.each([
  ["2", 2000],
  ["abc", 1000],
  ["-1", 1000],
])("a 429 with Retry-After %s is waited for %i ms, also by a create", async (header, waitMs) => {
  await using lab = await kubeLab();
  const busy = { status: 429, headers: { "retry-after": header } };
  lab.server.on(`POST ${listPath}`, busy, { status: 201, json: configMap("a") });
  const created = lab.client.create(configMap("a"));
  await until(() => lab.clock.pending().includes(waitMs));
  await lab.clock.advance(waitMs);
  expect((await created).metadata.name).toBe("a");
});

test("a 429 that asks for a wait too long for a worker fails at once and says how long", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, { status: 429, headers: { "retry-after": "1000000000" } });
  await expect(lab.client.get(a)).rejects.toMatchObject({ code: "TOO_MANY_REQUESTS", data: { retryAfterMs: 300_000 } });
});

test("a wait for a retry ends when the signal aborts", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, { status: 429, headers: { "retry-after": "5" } });
  const abort = new AbortController();
  const got = lab.client.get(a, { signal: abort.signal });
  await until(() => lab.clock.pending().includes(5000));
  abort.abort(new Error("newer revision"));
  await expect(got).rejects.toThrow("newer revision");
});

test("a call that is aborted while the server thinks rejects with the signal's reason", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, "silence");
  const abort = new AbortController();
  const got = lab.client.get(a, { signal: abort.signal });
  await until(() => lab.server.count(`GET ${aPath}`) === 1);
  abort.abort(new Error("newer revision"));
  await expect(got).rejects.toThrow("newer revision");
});

test("a call that nobody answers is given up after timeoutMs", async () => {
  await using lab = await kubeLab({ timeoutMs: 7000 });
  lab.server.on(`GET ${aPath}`, "silence");
  const got = lab.client.get(a);
  got.catch(() => undefined);
  await until(() => lab.server.count(`GET ${aPath}`) === 1);
  await lab.clock.advance(7000);
  await expect(got).rejects.toMatchObject({ code: "TIMEOUT", data: { status: 0, reason: "Timeout" } });
});

test("an answer that stops in the middle of its body is given up after timeoutMs", async () => {
  await using lab = await kubeLab({ timeoutMs: 7000 });
  lab.server.stream(`GET ${aPath}`).write('{"apiVersion":');
  const got = lab.client.get(a);
  got.catch(() => undefined);
  await until(() => lab.server.count(`GET ${aPath}`) === 1);
  await lab.clock.advance(7000);
  await expect(got).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("an answer over limitBytes is not read to its end", async () => {
  await using lab = await kubeLab({ limitBytes: 5000 });
  let finished = false;
  lab.server.on(`GET ${aPath}`, (_, response) => {
    response.on("finish", () => {
      finished = true;
    });
    response.write("x".repeat(6000));
  });
  await expect(lab.client.get(a)).rejects.toMatchObject({ code: "BROKEN", data: { how: "too-large" } });
  lab.server.on(`GET ${aPath}`, { text: "y".repeat(5001) });
  await expect(lab.client.get(a)).rejects.toMatchObject({ code: "BROKEN", data: { how: "too-large" } });
  expect(finished).toBe(false);
});

test("UTF-8 that is split between two chunks comes out right", async () => {
  await using lab = await kubeLab();
  const bytes = Buffer.from(JSON.stringify(configMap("a", { data: { k: "déjà 🚀" } })));
  const middle = bytes.indexOf(0xf0) + 2;
  lab.server.on(`GET ${aPath}`, (_, response) => {
    response.write(bytes.subarray(0, middle), () => response.end(bytes.subarray(middle)));
  });
  expect((await lab.client.get(a))["data"]).toEqual({ k: "déjà 🚀" });
});

test("a 401 makes it read the credentials anew, once", async () => {
  const asked: boolean[] = [];
  await using lab = await kubeLab();
  const credentials = {
    ...fixedCredentials({ server: lab.server.url }),
    authorization: async (renew: boolean) => {
      asked.push(renew);
      return renew ? "Bearer new" : "Bearer old";
    },
  };
  await using client = connect({ credentials, clock: lab.clock });
  lab.server.on("GET /version", { status: 401 }, { json: {} });
  expect((await client.raw({ method: "GET", path: "/version" })).status).toBe(200);
  expect(asked).toEqual([false, true]);
  lab.server.on(`GET ${aPath}`, { status: 401, json: statusBody(401, "Unauthorized") });
  await expect(client.get(a)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
  expect(lab.server.count(`GET ${aPath}`)).toBe(2);
});

test("list() follows the pages and gives each item its kind", async () => {
  await using lab = await kubeLab();
  const item = (name: string) => ({ metadata: { name, namespace: "default" } });
  lab.server.on(
    `GET ${listPath}`,
    { json: { metadata: { resourceVersion: "9", continue: "t1" }, items: [item("a"), item("b")] } },
    { json: { metadata: { resourceVersion: "9" }, items: [item("c")] } },
  );
  const query = { namespace: "default", labelSelector: "x=y", resourceVersion: "0", pageSize: 2 };
  const { items, resourceVersion } = await lab.client.list({ apiVersion: "v1", kind: "ConfigMap" }, query);
  expect(items.map(({ kind, metadata }) => `${kind}/${metadata.name}`)).toEqual([
    "ConfigMap/a",
    "ConfigMap/b",
    "ConfigMap/c",
  ]);
  expect(resourceVersion).toBe("9");
  expect(lab.server.requests.slice(-2).map((request) => request.query)).toEqual([
    { labelSelector: "x=y", resourceVersion: "0", limit: "2" },
    { labelSelector: "x=y", limit: "2", continue: "t1" },
  ]);
});

test("list() starts again, in one request, when its page token expires", async () => {
  await using lab = await kubeLab();
  const item = (name: string) => ({ metadata: { name, namespace: "default" } });
  lab.server.on(
    `GET ${listPath}`,
    { json: { metadata: { resourceVersion: "9", continue: "t1" }, items: [item("stale")] } },
    { status: 410, json: statusBody(410, "Expired") },
    { json: { metadata: { resourceVersion: "12" }, items: [item("a"), item("b")] } },
  );
  const { items, resourceVersion } = await lab.client.list(
    { apiVersion: "v1", kind: "ConfigMap" },
    { namespace: "default" },
  );
  expect(items.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
  expect(resourceVersion).toBe("12");
  expect(lab.server.requests.at(-1)?.query).toEqual({});
});

test("a 404 for a kind that discovery no longer lists is KIND_NOT_SERVED", async () => {
  await using lab = await kubeLab();
  await lab.client.resourceOf(a);
  lab.server.on("GET /api", { json: { kind: "APIGroupDiscoveryList", items: [] } });
  await expect(lab.client.get(a)).rejects.toMatchObject({
    code: "KIND_NOT_SERVED",
    data: { apiVersion: "v1", kind: "ConfigMap" },
  });
});

test("a 404 that names no object never reads as a missing object while the kind is served", async () => {
  await using lab = await kubeLab();
  await expect(lab.client.get(a)).rejects.toMatchObject({
    code: "UNAVAILABLE",
    data: { status: 404, reason: "PathNotFound" },
  });
});

test("a server that is no API server never reads as a missing object or kind", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /apis", { status: 404, text: "404 page not found" });
  await expect(lab.client.get(a)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("requests counts each request by verb and resource and tells listeners", async () => {
  await using lab = await kubeLab();
  lab.server.on(`GET ${aPath}`, { json: configMap("a") });
  lab.server.on(`PATCH ${aPath}`, { json: configMap("a") });
  const seen: string[] = [];
  const listening = lab.client.requests.onRequest(({ method, resource, status }) =>
    seen.push(`${method} ${resource} ${status}`),
  );
  await lab.client.get(a);
  listening[Symbol.dispose]();
  await lab.client.apply(configMap("a"), { fieldManager: "m", dryRun: true });
  expect(lab.client.requests.counts()).toEqual({ "get:": 2, "get:configmaps": 1, "patch:configmaps?dryRun": 1 });
  expect(seen.sort()).toEqual(["GET  200", "GET  200", "GET configmaps 200"]);
});

test("sequential calls reuse the connections that there are, and concurrent ones open no more than `connections`", async () => {
  await using lab = await kubeLab({ connections: 3 });
  lab.server.on(`GET ${aPath}`, { json: configMap("a") });
  await lab.client.get(a);
  const before = lab.server.connections();
  for (let count = 0; count < 5; count++) await lab.client.get(a);
  expect(lab.server.connections()).toBe(before);
  await Promise.all(Array.from({ length: 12 }, () => lab.client.get(a)));
  expect(lab.server.connections()).toBe(3);
});

test("a deletion with preconditions leaves its connection open for the next call", async () => {
  await using lab = await kubeLab({ connections: 1 });
  lab.server.on(`DELETE ${aPath}`, { json: { kind: "Status", status: "Success" } });
  await lab.client.delete(a, { uid: "u" });
  const before = lab.server.connections();
  for (let count = 0; count < 3; count++) await lab.client.delete(a, { uid: "u" });
  expect(lab.server.connections()).toBe(before);
});

test("limit spreads calls over time", async () => {
  await using lab = await kubeLab({ limit: { qps: 10, burst: 3 } });
  lab.server.on(`GET ${aPath}`, { json: configMap("a") });
  await lab.client.get(a);
  const second = lab.client.get(a);
  await until(() => lab.clock.pending().includes(100));
  await lab.clock.advance(100);
  await second;
});

test("a closed client answers nothing more", async () => {
  const lab = await kubeLab();
  await lab.client[Symbol.asyncDispose]();
  await expect(lab.client.get(a)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await lab.server[Symbol.asyncDispose]();
});
