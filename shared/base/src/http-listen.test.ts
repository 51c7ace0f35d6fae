import { createServer } from "node:http";
import { expect, test } from "vitest";
import { listenOn } from "./http-listen.ts";

test("listenOn() answers on the port it names until it is disposed, open connections included", async () => {
  const server = await listenOn(
    createServer((_, response) => response.end("hello")),
    { host: "127.0.0.1", port: 0 },
  );
  expect(server.address).toBe(`127.0.0.1:${server.port}`);
  expect(await (await fetch(`http://${server.address}/`)).text()).toBe("hello");
  await server[Symbol.asyncDispose]();
  await expect(fetch(`http://${server.address}/`)).rejects.toThrow();
});

test("listenOn() fails if the port is taken", async () => {
  await using first = await listenOn(createServer(), { host: "127.0.0.1", port: 0 });
  await expect(listenOn(createServer(), { host: "127.0.0.1", port: first.port })).rejects.toThrow("EADDRINUSE");
});
