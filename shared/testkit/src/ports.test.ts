import { once } from "node:events";
import { createServer } from "node:net";
import { expect, test } from "vitest";
import { freePort, freePorts, isFree } from "./ports.ts";

async function listener(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { port: address.port, [Symbol.asyncDispose]: close };
}

test("isFree() is false exactly while something listens", async () => {
  const taken = await listener();
  expect(await isFree(taken.port)).toBe(false);
  await taken[Symbol.asyncDispose]();
  expect(await isFree(taken.port)).toBe(true);
});

test("freePort() passes over a port that is taken", async () => {
  await using taken = await listener();
  const free = await freePort();
  const candidates = [taken.port, taken.port, free];
  expect(await freePort(() => candidates.shift() ?? 0)).toBe(free);
});

test("freePort() gives up when every candidate is taken", async () => {
  await using taken = await listener();
  await expect(freePort(() => taken.port)).rejects.toThrow("Cannot find a free port: 200 tries failed");
});

test("freePorts() returns different ports below the range of outgoing connections", async () => {
  const ports = await freePorts(20);
  expect(new Set(ports).size).toBe(20);
  expect(Math.max(...ports)).toBeLessThan(32_768);
});
