import { expect, test } from "vitest";
import { ClientCrashed, crashAtWrite, faultyClient, isAbout } from "./faulty-client.ts";
import { configMap, kubeLab, type KubeLab } from "./kube-lab.ts";

const path = "/api/v1/namespaces/default/configmaps";
const a = { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name: "a" };

async function labWithConfigMap(): Promise<KubeLab> {
  const lab = await kubeLab();
  for (const route of [`GET ${path}/a`, `PATCH ${path}/a`, `POST ${path}`])
    lab.server.on(route, { json: configMap("a") });
  return lab;
}

test("faultyClient() passes calls that the plan does not name, and records them", async () => {
  await using lab = await labWithConfigMap();
  const client = faultyClient(lab.client, () => undefined);
  expect((await client.get(a)).metadata.name).toBe("a");
  await client.apply(configMap("a"), { fieldManager: "m", dryRun: true });
  await client.apply(configMap("a"), { fieldManager: "m" });
  expect(client.calls.map(({ index, verb, target, dryRun }) => [index, verb, target.name, dryRun])).toEqual([
    [0, "get", "a", false],
    [1, "apply", "a", true],
    [2, "apply", "a", false],
  ]);
  expect(client.writes().map(({ index }) => index)).toEqual([2]);
});

test("a call that fails never reaches the server; one that is lost does", async () => {
  await using lab = await labWithConfigMap();
  const error = new Error("planned");
  const failing = faultyClient(lab.client, (call) => (isAbout(call, "ConfigMap", "a") ? { fail: error } : undefined));
  await expect(failing.create(configMap("a"))).rejects.toBe(error);
  expect(lab.server.count(`POST ${path}`)).toBe(0);
  const losing = faultyClient(lab.client, () => ({ lose: error }));
  await expect(losing.create(configMap("a"))).rejects.toBe(error);
  expect(lab.server.count(`POST ${path}`)).toBe(1);
});

test.each([
  { when: "before", sent: 1 },
  { when: "after", sent: 2 },
] as const)("crashAtWrite() ends the client $when the server acted, and for good", async ({ when, sent }) => {
  await using lab = await labWithConfigMap();
  const client = faultyClient(lab.client, crashAtWrite(1, when));
  await client.get(a);
  await client.create(configMap("a"));
  await expect(client.create(configMap("a"))).rejects.toThrow(ClientCrashed);
  await expect(client.get(a)).rejects.toThrow(ClientCrashed);
  expect(client.hasCrashed()).toBe(true);
  expect(lab.server.count(`POST ${path}`)).toBe(sent);
});

test("a held call starts when it is let go, or never if the client crashed meanwhile", async () => {
  await using lab = await labWithConfigMap();
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const client = faultyClient(lab.client, ({ verb }) => (verb === "get" ? { hold: gate } : { crash: "before" }));
  const held = client.get(a);
  held.catch(() => undefined);
  await expect(client.create(configMap("a"))).rejects.toThrow(ClientCrashed);
  release();
  await expect(held).rejects.toThrow(ClientCrashed);
  expect(lab.server.count(`GET ${path}/a`)).toBe(0);
});

test("a crash ends open watches with their next event", async () => {
  await using lab = await labWithConfigMap();
  const stream = lab.server.stream("GET /api/v1/configmaps");
  const client = faultyClient(lab.client, ({ verb }) => (verb === "create" ? { crash: "before" } : undefined));
  const { signal } = new AbortController();
  const events = client.watch(a, { resourceVersion: "1", signal })[Symbol.asyncIterator]();
  stream.write(`${JSON.stringify({ type: "ADDED", object: configMap("a") })}\n`);
  expect((await events.next()).value).toMatchObject({ type: "ADDED" });
  await expect(client.create(configMap("a"))).rejects.toThrow(ClientCrashed);
  stream.write(`${JSON.stringify({ type: "ADDED", object: configMap("b") })}\n`);
  await expect(events.next()).rejects.toThrow(ClientCrashed);
});
