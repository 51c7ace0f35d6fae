import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { systemClock } from "@sluice/base";
import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { ConformanceClient } from "../conformance/client.ts";
import { type ApiServer, startApiServer } from "../server.ts";

const path = "/api/v1/namespaces/default/configmaps";

const configMap = (name: string, data = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

test("an idle watch gets a bookmark of the newest resource version each minute", async () => {
  const clock = fakeClock();
  await using server = await startApiServer({ clock });
  const client = new ConformanceClient(server);
  const list = await client.ask("/api/v1/secrets");
  const { resourceVersion } = list.body["metadata"] as { resourceVersion: string };
  using watch = await client.watch(
    `/api/v1/secrets?watch=true&allowWatchBookmarks=true&resourceVersion=${resourceVersion}`,
  );
  const written = await client.ask(path, { method: "POST", body: configMap("a") });
  await clock.advance(60_000);
  const metadata = { resourceVersion: (written.body["metadata"] as { resourceVersion: string }).resourceVersion };
  expect(await watch.next()).toEqual({ type: "BOOKMARK", object: { kind: "Secret", apiVersion: "v1", metadata } });
});

test("a watch ends after timeoutSeconds", async () => {
  const clock = fakeClock();
  await using server = await startApiServer({ clock });
  using watch = await new ConformanceClient(server).watch("/api/v1/secrets?watch=true&timeoutSeconds=5");
  await clock.advance(5000);
  expect(await watch.next()).toBeUndefined();
});

test("a watch that starts before what is remembered ends with Expired", async () => {
  await using server = await startApiServer({ clock: systemClock, watchWindow: 2 });
  const client = new ConformanceClient(server);
  const first = await client.ask(path, { method: "POST", body: configMap("a") });
  for (let count = 0; count < 5; count++)
    await client.ask(`${path}/a`, { method: "PUT", body: configMap("a", { count: String(count) }) });
  const { resourceVersion } = first.body["metadata"] as { resourceVersion: string };
  using watch = await client.watch(`${path}?watch=true&resourceVersion=${resourceVersion}`);
  expect(await watch.next()).toMatchObject({ type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } });
  expect(await watch.next()).toBeUndefined();
});

test("a client that does not read is cut off once what it needs next is forgotten, and holds up nobody", async () => {
  await using server = await startApiServer({ clock: systemClock, watchWindow: 4 });
  const client = new ConformanceClient(server);
  const idle = await openWithoutReading(server, `${path}?watch=true`);
  using reader = await client.watch(`${path}?watch=true&fieldSelector=metadata.name%3Dbig`);
  const big = "x".repeat(900_000);
  for (let count = 0; count < 20; count++) {
    const method = count === 0 ? "POST" : "PUT";
    const answer = await client.ask(count === 0 ? path : `${path}/big`, {
      method,
      body: configMap("big", { big, count: String(count) }),
    });
    expect(answer.status).toBeLessThan(300);
    expect(await reader.next()).toMatchObject({ object: { data: { count: String(count) } } });
  }
  const text = await textOf(idle);
  expect(text.trimEnd().split("\n").at(-1)).toMatch(/^\{"type":"ERROR".*"reason":"Expired"/);
});

async function openWithoutReading(server: ApiServer, url: string): Promise<IncomingMessage> {
  const sent = request(server.url + url, { agent: false, headers: { authorization: `Bearer ${server.token}` } });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.pause();
  return response;
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) text += chunk;
  return text;
}
