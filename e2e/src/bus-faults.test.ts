import { silentLog, systemClock } from "@sluice/base";
import {
  artifactStream,
  artifactSubject,
  type ArtifactNotice,
  type Bus,
  connectNats,
  type NatsOptions,
  requestSubject,
} from "@sluice/bus";
import { artifactNotice, untilPasses, noticeRecorder, requestNotice, flushAll, freePort } from "@sluice/testkit";
import { expect, test } from "vitest";
import { describeReal } from "./describe-real.ts";
import { type Nats, startNats } from "./nats.ts";
import { deleteStream, rawPublish } from "./raw-nats.ts";

const byRevision = (notice: ArtifactNotice) => `${notice.name}@${notice.revision}`;

function bus(port: number, more: Partial<NatsOptions> = {}): Bus {
  const backoff = { baseMs: 5, maxMs: 40 };
  return connectNats({
    servers: `nats://127.0.0.1:${port}`,
    name: "test",
    log: silentLog,
    clock: systemClock,
    backoff,
    ...more,
  });
}

/** A listening bus and what it has seen. */
function listen(listener: Bus) {
  const record = noticeRecorder(byRevision);
  void listener.onArtifact(record.handler, record.stop.signal);
  return record;
}

const gone = (which: Bus) => untilPasses(() => expect(which.connected).toBe(false));

await describeReal("the bus when NATS fails", ["nats-server"], (assets) => {
  const nats = (port?: number): Promise<Nats> => startNats({ assets: assets(), ...(port !== undefined && { port }) });

  test("NATS absent at start: what was published arrives once it is there", async () => {
    const port = await freePort();
    await using source = bus(port);
    await using listener = bus(port);
    const record = listen(listener);
    source.publishArtifact(artifactNotice("app", "1"));
    source.publishArtifact(artifactNotice("app", "2"));
    expect([source.connected, listener.connected]).toEqual([false, false]);
    await using _server = await nats(port);
    await untilPasses(() => expect(record.seen).toEqual(["app@2"]));
  });

  test.each([{ kill: false }, { kill: true }])(
    "NATS restarted (killed: $kill): the newest notice arrives, and none twice",
    async ({ kill }) => {
      await using server = await nats();
      await using source = bus(server.port);
      await using listener = bus(server.port);
      const record = listen(listener);
      source.publishArtifact(artifactNotice("app", "1"));
      source.publishArtifact(artifactNotice("other", "1"));
      await untilPasses(() => expect(record.seen.toSorted()).toEqual(["app@1", "other@1"]));
      await server.stop({ kill });
      await Promise.all([gone(source), gone(listener)]);
      for (const revision of ["2", "3"]) source.publishArtifact(artifactNotice("app", revision));
      await server.start();
      await untilPasses(() => expect(record.seen).toContain("app@3"));
      await flushAll(source, listener);
      expect(record.seen.toSorted()).toEqual(["app@1", "app@3", "other@1"]);
    },
  );

  test("NATS restarted without its data: whoever comes later still gets the last notice of each object", async () => {
    await using server = await nats();
    await using source = bus(server.port);
    for (const name of ["one", "two"]) source.publishArtifact(artifactNotice(name, "1"));
    await flushAll(source);
    await server.stop();
    await gone(source);
    source.publishArtifact(artifactNotice("two", "2"));
    await server.start({ wipe: true });
    await using late = bus(server.port);
    const record = listen(late);
    await untilPasses(() => expect(new Set(record.seen)).toEqual(new Set(["one@1", "two@2"])));
  });

  test("the stream deleted under everybody: notices pass again, and the last ones come back", async () => {
    await using server = await nats();
    await using source = bus(server.port);
    await using listener = bus(server.port);
    const record = listen(listener);
    source.publishArtifact(artifactNotice("app", "1"));
    source.publishArtifact(artifactNotice("other", "1"));
    await untilPasses(() => expect(record.seen.toSorted()).toEqual(["app@1", "other@1"]));
    await deleteStream(server.port, artifactStream);
    source.publishArtifact(artifactNotice("app", "2"));
    await untilPasses(() => expect(record.seen).toContain("app@2"));
    await using late = bus(server.port);
    const lateRecord = listen(late);
    await untilPasses(() => expect(new Set(lateRecord.seen)).toEqual(new Set(["app@2", "other@1"])));
    expect(record.seen.toSorted()).toEqual(["app@1", "app@2", "other@1"]);
  });

  test("the buffer of an outage is bounded and keeps the newest", async () => {
    const port = await freePort();
    await using source = bus(port, { capacity: 2 });
    for (const name of ["one", "two", "three", "four"]) source.publishArtifact(artifactNotice(name, "1"));
    expect(source.stats.dropped).toBe(2);
    await using _server = await nats(port);
    await flushAll(source);
    await using listener = bus(port);
    const record = listen(listener);
    await untilPasses(() => expect(record.seen).toEqual(["three@1", "four@1"]));
    expect(source.stats.published).toBe(2);
  });

  test("NATS killed in the middle of a burst: every notice arrives after the restart", async () => {
    await using server = await nats();
    await using source = bus(server.port);
    await using listener = bus(server.port);
    const record = listen(listener);
    await flushAll(source, listener);
    server.freeze(true);
    for (let index = 0; index < 2000; index++) source.publishArtifact(artifactNotice(`app-${index}`, "1"));
    await server.stop({ kill: true });
    expect(source.stats.published).toBe(0);
    await server.start();
    await flushAll(source);
    await untilPasses(() => expect(new Set(record.seen).size).toBe(2000));
  });

  test("a partition: a server that falls silent is given up, and everything passes when it answers again", async () => {
    await using server = await nats();
    await using source = bus(server.port, { pingEveryMs: 50 });
    await using listener = bus(server.port, { pingEveryMs: 50 });
    const record = listen(listener);
    await flushAll(source, listener);
    server.freeze(true);
    await Promise.all([gone(source), gone(listener)]);
    source.publishArtifact(artifactNotice("app", "1"));
    server.freeze(false);
    await untilPasses(() => expect(record.seen).toEqual(["app@1"]));
  });

  test("requests pass again after a restart", async () => {
    await using server = await nats();
    await using asker = bus(server.port);
    await using listener = bus(server.port);
    const record = noticeRecorder((notice: { requestedAt: string }) => notice.requestedAt);
    void listener.onRequest(record.handler, record.stop.signal);
    await flushAll(asker, listener);
    await server.stop();
    await Promise.all([gone(asker), gone(listener)]);
    await server.start();
    await flushAll(listener);
    asker.publishRequest(requestNotice("app", "after"));
    await untilPasses(() => expect(record.seen).toEqual(["after"]));
  });

  test("flush() survives a restart in between", async () => {
    await using server = await nats();
    await using source = bus(server.port);
    await flushAll(source);
    await server.stop();
    await gone(source);
    source.publishArtifact(artifactNotice("app", "1"));
    const flushing = flushAll(source);
    await server.start();
    await flushing;
    expect(source.stats.published).toBe(1);
  });

  test("a token is sent, and a wrong one means no connection rather than a failure", async () => {
    await using server = await startNats({ assets: assets(), flags: ["--auth", "right"] });
    await using source = bus(server.port, { auth: { token: "right" } });
    await using stranger = bus(server.port, { auth: { token: "wrong" } });
    stranger.publishArtifact(artifactNotice("app", "1"));
    await flushAll(source);
    expect([source.connected, stranger.connected]).toEqual([true, false]);
    await expect(stranger.flush(AbortSignal.timeout(200))).rejects.toThrow(/timeout/);
  });
});

await describeReal("the bus among strangers", ["nats-server"], (assets) => {
  const about = { kind: "GitRepository", namespace: "default", name: "app" };
  const cloudEvent = (more: object, data: object = artifactNotice("app", "forged")) =>
    JSON.stringify({
      specversion: "1.0",
      id: "1",
      source: "/stranger",
      type: "dev.sluice.artifact.v1",
      time: "2026-11-23T07:00:00Z",
      datacontenttype: "application/json",
      data,
      ...more,
    });
  const bad: readonly [why: string, subject: string, body: string | Uint8Array][] = [
    ["nothing", artifactSubject(about), ""],
    ["not JSON", artifactSubject(about), "{"],
    ["not UTF-8", artifactSubject(about), Uint8Array.of(0xff, 0xfe)],
    ["not an object", artifactSubject(about), "[]"],
    ["an unknown version", artifactSubject(about), cloudEvent({ type: "dev.sluice.artifact.v2" })],
    ["an attribute too many", artifactSubject(about), cloudEvent({ extra: 1 })],
    [
      "a member of the data too many",
      artifactSubject(about),
      cloudEvent({}, { ...artifactNotice("app", "x"), "x-y": 1 }),
    ],
    ["a subject of another object", artifactSubject({ ...about, name: "victim" }), cloudEvent({})],
    ["a subject that is no object", "sluice.artifact.x", cloudEvent({})],
  ];

  test.each(bad)("a message with %s is counted and dropped, and the next one passes", async (_, subject, body) => {
    await using server = await startNats({ assets: assets() });
    await using source = bus(server.port);
    await using listener = bus(server.port);
    const record = listen(listener);
    await flushAll(source, listener);
    await rawPublish(server.port, subject, body);
    await untilPasses(() => expect(listener.stats.invalid).toBe(1));
    source.publishArtifact(artifactNotice("app", "real"));
    await untilPasses(() => expect(record.seen).toEqual(["app@real"]));
  });

  test("a bad last message of one object does not hide the others from who comes later", async () => {
    await using server = await startNats({ assets: assets() });
    await using source = bus(server.port);
    source.publishArtifact(artifactNotice("good", "1"));
    await flushAll(source);
    await rawPublish(server.port, artifactSubject(about), "garbage");
    await using late = bus(server.port);
    const record = listen(late);
    await untilPasses(() => expect([record.seen, late.stats.invalid]).toEqual([["good@1"], 1]));
  });

  test("a request over the size limit is dropped", async () => {
    await using server = await startNats({ assets: assets() });
    await using listener = bus(server.port);
    void listener.onRequest(() => expect.unreachable(), new AbortController().signal);
    await flushAll(listener);
    await rawPublish(server.port, requestSubject(about), `${cloudEvent({})}${" ".repeat(100_000)}`);
    await untilPasses(() => expect(listener.stats.invalid).toBe(1));
  });

  test("a stranger's valid message is a hint like any other", async () => {
    await using server = await startNats({ assets: assets() });
    await using listener = bus(server.port);
    const record = listen(listener);
    await flushAll(listener);
    await rawPublish(server.port, artifactSubject(about), cloudEvent({}));
    await untilPasses(() => expect(record.seen).toEqual(["app@forged"]));
  });
});
