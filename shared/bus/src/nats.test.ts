import { silentLog, systemClock } from "@sluice/base";
import { artifactNotice, freePort } from "@sluice/testkit";
import { expect, test } from "vitest";
import { connectNats } from "./nats.ts";

// What needs a server is tested with the real one, in e2e.

test("without a server publishing is bounded, waiting can be given up, and disposing ends everything", async () => {
  const servers = `nats://127.0.0.1:${await freePort()}`;
  const bus = connectNats({ servers, name: "test", log: silentLog, clock: systemClock, capacity: 2 });
  const listening = bus.onArtifact(() => expect.unreachable(), new AbortController().signal);
  for (const name of ["one", "two", "three"]) bus.publishArtifact(artifactNotice(name, "1"));
  expect(bus.connected).toBe(false);
  expect(bus.stats).toMatchObject({ dropped: 1, published: 0 });
  const stop = new AbortController();
  const flushing = bus.flush(stop.signal);
  stop.abort(new Error("gave up"));
  await expect(flushing).rejects.toThrow("gave up");
  const closing = bus.flush(new AbortController().signal);
  await Promise.all([bus[Symbol.asyncDispose](), expect(closing).rejects.toMatchObject({ code: "CLOSED" })]);
  await listening;
});

test("an address that cannot be used means no connection, not a crash", async () => {
  await using bus = connectNats({ servers: "not an address,,", name: "test", log: silentLog, clock: systemClock });
  await expect(bus.flush(AbortSignal.timeout(50))).rejects.toThrow(/timeout/);
  expect(bus.connected).toBe(false);
});
