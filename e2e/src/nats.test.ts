import { isFree } from "@sluice/testkit";
import { expect, test } from "vitest";
import { describeReal } from "./describe-real.ts";
import { startNats } from "./nats.ts";

await describeReal("nats-server", ["nats-server"], (assets) => {
  test("stop() frees the port and start() takes the same one again", async () => {
    await using nats = await startNats({ assets: assets() });
    expect(await isFree(nats.port)).toBe(false);
    await nats.stop();
    expect({ running: nats.running, free: await isFree(nats.port) }).toEqual({ running: false, free: true });
    await nats.start();
    expect({ running: nats.running, free: await isFree(nats.port) }).toEqual({ running: true, free: false });
  });

  test("disposing it leaves nothing that listens", async () => {
    const nats = await startNats({ assets: assets() });
    await nats[Symbol.asyncDispose]();
    expect(await isFree(nats.port)).toBe(true);
  });

  test("a port that is taken fails the start and says so", async () => {
    await using first = await startNats({ assets: assets() });
    await expect(startNats({ assets: assets(), port: first.port })).rejects.toThrow(
      /ended with exit code 1: .*address already in use/s,
    );
  });

  test("stopping a stopped server is refused", async () => {
    await using nats = await startNats({ assets: assets() });
    await nats.stop({ kill: true });
    await expect(nats.stop()).rejects.toMatchObject({ code: "WRONG_STATE" });
  });
});
