import { silentLog, systemClock } from "@sluice/base";
import { artifactNotice, type BusLab, busContract, noticeRecorder, requestNotice, flushAll } from "@sluice/testkit";
import { describe, expect, test } from "vitest";
import { inProcessBus } from "./in-process.ts";
import { type ArtifactNotice } from "./topics.ts";

const options = { log: silentLog, clock: systemClock };

describe("the bus contract within one process", () => {
  busContract((): Promise<BusLab> => {
    const bus = inProcessBus(options);
    return Promise.resolve({ open: () => bus, [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose]() });
  });
});

test("a handler never runs inside the publisher's turn", async () => {
  await using bus = inProcessBus(options);
  const record = noticeRecorder((notice: ArtifactNotice) => notice.revision);
  void bus.onArtifact(record.handler, record.stop.signal);
  bus.publishArtifact(artifactNotice("app", "1"));
  expect(record.seen).toEqual([]);
  await flushAll(bus);
  expect(record.seen).toEqual(["1"]);
});

test("the last notices of more objects than the capacity are not kept", async () => {
  await using bus = inProcessBus({ ...options, capacity: 2 });
  for (const name of ["one", "two", "three"]) {
    bus.publishArtifact(artifactNotice(name, "1"));
    await flushAll(bus);
  }
  const record = noticeRecorder((notice: ArtifactNotice) => notice.name);
  void bus.onArtifact(record.handler, record.stop.signal);
  await flushAll(bus);
  expect(record.seen).toEqual(["two", "three"]);
});

test("a handler may publish and listen in its turn", async () => {
  await using bus = inProcessBus(options);
  const record = noticeRecorder((notice: { requestedAt: string }) => notice.requestedAt);
  void bus.onRequest(record.handler, record.stop.signal);
  const answer = (notice: ArtifactNotice) => bus.publishRequest(requestNotice(notice.name, notice.revision));
  void bus.onArtifact(answer, record.stop.signal);
  bus.publishArtifact(artifactNotice("app", "1"));
  await flushAll(bus);
  await flushAll(bus);
  expect(record.seen).toEqual(["1"]);
});
