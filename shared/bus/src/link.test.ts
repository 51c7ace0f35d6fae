import { silentLog } from "@sluice/base";
import { type FakeClock, fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type Connection, Link } from "./link.ts";

const never = new AbortController().signal;

/** A connection that a test can break. */
class FakeConnection implements Connection {
  readonly id: number;
  closes = 0;
  lose: (fault?: Error) => void = () => {};
  readonly #lost = new Promise<unknown>((resolve) => {
    this.lose = resolve;
  });

  constructor(id: number) {
    this.id = id;
  }

  closed(): Promise<unknown> {
    return this.#lost;
  }

  close(): Promise<void> {
    this.closes += 1;
    this.lose();
    return Promise.resolve();
  }
}

/** A link whose server is up or down as the test says. */
function lab() {
  const clock: FakeClock = fakeClock();
  const server = { up: true, dials: 0 };
  const connections: FakeConnection[] = [];
  const dial = () => {
    server.dials += 1;
    if (!server.up) return Promise.reject(new Error("connection refused"));
    const connection = new FakeConnection(connections.length + 1);
    connections.push(connection);
    return Promise.resolve(connection);
  };
  const backoff = { baseMs: 100, maxMs: 1000, random: () => 1 };
  const link = new Link({ dial, backoff, clock, log: silentLog });
  const current = () => connections.at(-1) ?? expect.unreachable();
  return { link, clock, server, connections, current, [Symbol.asyncDispose]: () => link[Symbol.asyncDispose]() };
}

/** Work that notes the connections it ran on and lasts until they are lost. */
function endlessWork() {
  const ranOn: number[] = [];
  const work = (connection: FakeConnection, lost: AbortSignal) => {
    ranOn.push(connection.id);
    return new Promise<void>((resolve) => lost.addEventListener("abort", () => resolve(), { once: true }));
  };
  return { ranOn, work };
}

test("a link dials again with growing waits while there is no server, and is connected as soon as there is", async () => {
  await using it = lab();
  it.server.up = false;
  await it.clock.advance(0);
  it.current().lose();
  const dialled: number[] = [];
  for (let ms = 0; ms < 4000; ms += 100) {
    const before = it.server.dials;
    await it.clock.advance(100);
    if (it.server.dials > before) dialled.push(ms + 100);
  }
  expect(dialled).toEqual([100, 300, 700, 1500, 2500, 3500]);
  expect(it.link.connected).toBe(false);
  it.server.up = true;
  await it.clock.advance(1000);
  expect(it.link.connected).toBe(true);
});

test("keep() runs its work anew on each connection", async () => {
  await using it = lab();
  const { ranOn, work } = endlessWork();
  void it.link.keep("work", work, never);
  await it.clock.advance(0);
  it.current().lose(new Error("reset"));
  await it.clock.advance(1000);
  expect(ranOn).toEqual([1, 2]);
});

test("keep() runs failing work again on the same connection, with growing waits", async () => {
  await using it = lab();
  const startedMs: number[] = [];
  const work = () => {
    startedMs.push(it.clock.monotonicMs());
    return Promise.reject(new Error("no stream"));
  };
  void it.link.keep("work", work, never);
  await it.clock.advance(1600);
  expect(startedMs).toEqual([0, 100, 300, 700, 1500]);
  expect(it.server.dials).toBe(1);
});

test("keep() resolves when its signal aborts, while it works and while it waits for a connection", async () => {
  await using it = lab();
  const stop = new AbortController();
  const working = it.link.keep("work", endlessWork().work, stop.signal);
  await it.clock.advance(0);
  it.server.up = false;
  const other = it.link.keep("work", endlessWork().work, stop.signal);
  it.current().lose();
  await it.clock.advance(0);
  stop.abort();
  await Promise.all([working, other]);
});

test("a connection that lasted makes the next wait short again", async () => {
  await using it = lab();
  await it.clock.advance(0);
  for (let times = 0; times < 5; times++) {
    it.current().lose();
    await it.clock.advance(1000);
  }
  await it.clock.advance(60_000);
  it.current().lose();
  await it.clock.advance(100);
  expect(it.link.connected).toBe(true);
});

test("a connection that is lost at once, over and over, is not dialled without a wait", async () => {
  await using it = lab();
  await it.clock.advance(0);
  for (let step = 0; step < 100; step++) {
    it.current().lose();
    await it.clock.advance(100);
  }
  expect(it.server.dials).toBeLessThan(16);
});

test("disposing a link closes its connection and ends its work", async () => {
  const it = lab();
  const working = it.link.keep("work", endlessWork().work, never);
  await it.clock.advance(0);
  await it.link[Symbol.asyncDispose]();
  await working;
  expect([it.link.connected, it.current().closes, it.clock.pending()]).toEqual([false, 1, []]);
});

test("disposing a link that waits for a server ends it at once", async () => {
  const it = lab();
  it.server.up = false;
  await it.clock.advance(0);
  it.current().lose();
  await it.clock.advance(100);
  await it.link[Symbol.asyncDispose]();
  expect(it.clock.pending()).toEqual([]);
});

test("a connection that comes up while the link is disposed is closed", async () => {
  const it = lab();
  await it.link[Symbol.asyncDispose]();
  expect(it.connections.map(({ closes }) => closes)).toEqual([1]);
});
