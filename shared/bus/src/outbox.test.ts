import { silentLog } from "@sluice/base";
import { artifactNotice, fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { newCounters } from "./counters.ts";
import { decodeEnvelope } from "./envelope.ts";
import { Outbox } from "./outbox.ts";
import { type ArtifactNotice, artifactTopic } from "./topics.ts";

function outbox(capacity = 10) {
  const counters = newCounters();
  let added = 0;
  const box = new Outbox<ArtifactNotice>({
    topic: artifactTopic,
    source: "/sluice/test",
    counters,
    clock: fakeClock(),
    log: silentLog,
    capacity,
    added: () => void added++,
  });
  const revisions = () =>
    box.take(100).map(([subject, { bytes }]) => decodeEnvelope(artifactTopic, subject, bytes).data.revision);
  return { box, counters, revisions, added: () => added };
}

test("publish() keeps the newest notice per object and tells that something was added", () => {
  const { box, revisions, added } = outbox();
  box.publish(artifactNotice("app", "1"));
  box.publish(artifactNotice("other", "1b"));
  box.publish(artifactNotice("app", "2"));
  expect([added(), box.size, revisions()]).toEqual([3, 2, ["1b", "2"]]);
});

test("publish() stamps each message with the clock's time, its source and an id of its own", () => {
  const { box } = outbox();
  for (const name of ["one", "two"]) box.publish(artifactNotice(name, "1"));
  const envelopes = box.take(2).map(([subject, { bytes }]) => decodeEnvelope(artifactTopic, subject, bytes));
  expect(envelopes[0]).toMatchObject({ source: "/sluice/test", time: "2026-01-01T00:00:00.000Z" });
  expect(envelopes[0]?.id).not.toBe(envelopes[1]?.id);
});

test("publish() beyond the capacity drops the notice that has waited longest, and counts it", () => {
  const { box, counters, revisions } = outbox(2);
  for (const name of ["one", "two", "three"]) box.publish(artifactNotice(name, name));
  expect([counters.dropped, revisions()]).toEqual([1, ["two", "three"]]);
});

test("publish() refuses an invalid notice without throwing, and adds nothing", () => {
  const { box, counters, added } = outbox();
  box.publish(artifactNotice("*", "1"));
  expect([counters.refused, box.size, added()]).toEqual([1, 0, 0]);
});

test("putBack() never replaces something newer", () => {
  const { box, revisions } = outbox();
  box.publish(artifactNotice("app", "old"));
  const [[subject, message] = expect.unreachable()] = box.take(1);
  box.publish(artifactNotice("app", "new"));
  box.putBack(subject, message);
  expect(revisions()).toEqual(["new"]);
  box.putBack(subject, message);
  expect(revisions()).toEqual(["old"]);
});
