import { type JsonObject, parseJson } from "@sluice/base";
import { artifactNotice } from "@sluice/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeEnvelope, encodeEnvelope, maxMessageBytes } from "./envelope.ts";
import { BusError } from "./errors.ts";
import { artifactTopic, requestTopic } from "./topics.ts";

const notice = artifactNotice("app", "main@sha1:abc");
const envelope = { id: "id-1", source: "/sluice/source-controller", time: "2026-11-23T07:00:00.000Z", data: notice };
const subject = artifactTopic.subjectOf(notice);
const encode = (json: unknown) => Buffer.from(JSON.stringify(json));
const valid = parseJson(Buffer.from(encodeEnvelope(artifactTopic, envelope)).toString()) as JsonObject;

test("encodeEnvelope() writes a CloudEvent in JSON", () => {
  expect(valid).toEqual({
    specversion: "1.0",
    id: "id-1",
    source: "/sluice/source-controller",
    type: "dev.sluice.artifact.v1",
    time: "2026-11-23T07:00:00.000Z",
    datacontenttype: "application/json",
    data: { ...notice },
  });
});

test("decodeEnvelope() reads what encodeEnvelope() wrote", () => {
  expect(decodeEnvelope(artifactTopic, subject, encodeEnvelope(artifactTopic, envelope))).toEqual(envelope);
});

test.each(Object.keys(valid))("decodeEnvelope() refuses a message without %s", (name) => {
  const { [name]: _, ...rest } = valid;
  expect(() => decodeEnvelope(artifactTopic, subject, encode(rest))).toThrow(BusError);
});

test.each(Object.keys(notice))("decodeEnvelope() refuses data without %s, and names it", (name) => {
  const { [name]: _, ...rest } = notice as unknown as JsonObject;
  const decode = () => decodeEnvelope(artifactTopic, subject, encode({ ...valid, data: rest }));
  expect(decode).toThrow(expect.objectContaining({ code: "INVALID_MESSAGE", data: { field: `message.data.${name}` } }));
});

test.each([
  ["kind", ""],
  ["kind", "Git.Repository"],
  ["kind", 1],
  ["namespace", "Default"],
  ["namespace", "a".repeat(64)],
  ["name", "-app"],
  ["name", "app\n"],
  ["name", "a".repeat(254)],
  ["revision", ""],
  ["revision", "line\nbreak"],
  ["revision", "r".repeat(2049)],
  ["digest", "sha256"],
  ["digest", `sha256:${"G".repeat(64)}`],
  ["url", "latest.tar.gz"],
  ["url", "file:///etc/passwd"],
  ["url", "http://"],
  ["size", -1],
  ["size", 1.5],
  ["size", "1"],
  ["size", 2 ** 53],
])("decodeEnvelope() refuses %s %j", (name, value) => {
  const data = { ...notice, [name]: value };
  expect(() => decodeEnvelope(artifactTopic, subject, encode({ ...valid, data }))).toThrow(
    /Cannot accept "message\.data\./,
  );
});

test.each([
  ["specversion", "0.3"],
  ["type", "dev.sluice.artifact.v2"],
  ["type", "dev.sluice.request.v1"],
  ["datacontenttype", "text/xml"],
  ["id", ""],
  ["time", "yesterday"],
  ["data", null],
])("decodeEnvelope() refuses the attribute %s %j", (name, value) => {
  expect(() => decodeEnvelope(artifactTopic, subject, encode({ ...valid, [name]: value }))).toThrow(BusError);
});

test.each(["extra", "__proto__", "constructor"])(
  "decodeEnvelope() refuses the unknown member %s, outside and inside",
  (name) => {
    const add = (json: object) => JSON.stringify(json).replace(/\}$/, `,"${name}":{"x":1}}`);
    const outside = Buffer.from(add(valid));
    const inside = Buffer.from(JSON.stringify({ ...valid, data: 0 }).replace('"data":0', `"data":${add(notice)}`));
    for (const bytes of [outside, inside])
      expect(() => decodeEnvelope(artifactTopic, subject, bytes)).toThrow(/unknown/);
  },
);

test("decodeEnvelope() refuses a message on the subject of another object", () => {
  const other = artifactTopic.subjectOf({ ...notice, name: "other" });
  expect(() => decodeEnvelope(artifactTopic, other, encode(valid))).toThrow(/not about the object of its subject/);
});

test("decodeEnvelope() refuses a message over the limit before it reads it", () => {
  expect(() => decodeEnvelope(artifactTopic, subject, Buffer.alloc(maxMessageBytes + 1, "["))).toThrow(
    /over 65536 bytes/,
  );
});

test("decodeEnvelope() fails with BusError only, whatever the bytes", () => {
  const bytes = fc.oneof(
    fc.uint8Array(),
    fc.jsonValue().map(encode),
    fc.jsonValue().map((data) => encode({ ...valid, data })),
  );
  fc.assert(
    fc.property(bytes, (message) => {
      expect(() => decodeEnvelope(artifactTopic, subject, message)).toThrow(BusError);
    }),
  );
});

test("encodeEnvelope() refuses what decodeEnvelope() would refuse", () => {
  const data = { kind: "GitRepository", namespace: "default", name: "app", requestedAt: "" };
  expect(() => encodeEnvelope(requestTopic, { ...envelope, data })).toThrow(/requestedAt/);
});

test("the largest valid notice fits the limit", () => {
  const largest = artifactNotice("a".repeat(253), "\u{10FFFF}".repeat(1024), {
    kind: "K".repeat(63),
    namespace: "n".repeat(63),
    digest: `sha512:${"f".repeat(128)}`,
    url: `http://${"é".repeat(4000)}`,
  });
  expect(encodeEnvelope(artifactTopic, { ...envelope, data: largest }).length).toBeLessThan(maxMessageBytes);
});
