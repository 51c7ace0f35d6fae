import { expect, test } from "vitest";
import { healthHandler, listen, metricsHandler } from "./probes.ts";

test("listen() serves probes on a free port until it is disposed", async () => {
  let ready = false;
  const server = await listen("127.0.0.1:0", healthHandler({ isReady: () => ready }));
  const url = `http://127.0.0.1:${server?.port}`;
  const statusOf = async (path: string) => (await fetch(url + path)).status;
  expect([await statusOf("/healthz"), await statusOf("/readyz"), await statusOf("/other")]).toEqual([200, 503, 404]);
  ready = true;
  expect(await statusOf("/readyz?verbose")).toBe(200);
  await server?.[Symbol.asyncDispose]();
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});

test("metricsHandler() answers with Prometheus' text, and 500 if it cannot be gathered", async () => {
  let metrics = async () => "up 1\n";
  await using server = await listen("127.0.0.1:0", metricsHandler({ metrics: () => metrics() }));
  const url = `http://127.0.0.1:${server?.port}/metrics`;
  const answer = await fetch(url);
  expect([answer.headers.get("content-type"), await answer.text()]).toEqual([
    "text/plain; version=0.0.4; charset=utf-8",
    "up 1\n",
  ]);
  metrics = async () => Promise.reject(new Error("broken"));
  expect((await fetch(url)).status).toBe(500);
});

test.each(["0", ""])('listen("%s") listens not at all', async (address) => {
  expect(await listen(address, () => {})).toBeUndefined();
});

test.each(["8080", ":http", ":70000", "[::1]"])('listen("%s") says that this is no address', async (address) => {
  await expect(listen(address, () => {})).rejects.toMatchObject({ code: "LISTEN", data: { address } });
});

test("listen() says which address is taken", async () => {
  await using server = await listen("127.0.0.1:0", () => {});
  const address = `127.0.0.1:${server?.port}`;
  await expect(listen(address, () => {})).rejects.toMatchObject({ code: "LISTEN", data: { address } });
});
