import { configMap, kubeLab, type KubeLab, statusBody, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type WatchEvent, type WatchOptions } from "./types.ts";

const kind = { apiVersion: "v1", kind: "ConfigMap" };
const route = "GET /api/v1/configmaps";

const eventLine = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;

/** Collects the events of one watch; `ended` settles as the watch does. */
function watching(lab: KubeLab, options: Partial<WatchOptions> = {}) {
  const abort = new AbortController();
  const events: WatchEvent[] = [];
  const run = async () => {
    for await (const event of lab.client.watch(kind, { resourceVersion: "5", signal: abort.signal, ...options }))
      events.push(event);
  };
  const ended = run();
  ended.catch(() => undefined);
  return { abort, events, ended };
}

test("watch() asks for bookmarks from the version on, and yields events in order", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events, ended } = watching(lab, { labelSelector: "a=b" });
  stream.write(eventLine("ADDED", configMap("a")) + eventLine("MODIFIED", configMap("a", { version: "6" })));
  stream.write(
    eventLine("BOOKMARK", { kind: "ConfigMap", metadata: { resourceVersion: "9", creationTimestamp: null } }),
  );
  stream.write(eventLine("DELETED", configMap("a", { version: "10" })));
  await until(() => events.length === 4);
  stream.end();
  await ended;
  expect(events.map(({ type, object }) => `${type} ${object.metadata.resourceVersion}`)).toEqual([
    "ADDED 1",
    "MODIFIED 6",
    "BOOKMARK 9",
    "DELETED 10",
  ]);
  expect(lab.server.requests.at(-1)?.query).toEqual({
    watch: "1",
    allowWatchBookmarks: "true",
    timeoutSeconds: "300",
    labelSelector: "a=b",
    resourceVersion: "5",
  });
});

test("watch() with metadataOnly yields metadata under the kind that was asked for", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events } = watching(lab, { metadataOnly: true });
  stream.write(
    eventLine("ADDED", { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: { name: "a" } }),
  );
  stream.write(eventLine("ADDED", configMap("b", { data: { large: "value" } })));
  await until(() => events.length === 2);
  expect(events.map(({ object }) => Object.keys(object).join())).toEqual([
    "apiVersion,kind,metadata",
    "apiVersion,kind,metadata",
  ]);
  expect(events[0]?.object).toMatchObject(kind);
});

test("watch() reads an event that arrives byte by byte", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events } = watching(lab);
  await until(() => lab.server.count(route) === 1);
  for (const byte of Buffer.from(eventLine("ADDED", configMap("a", { data: { k: "🚀é" } }))))
    stream.write(Uint8Array.of(byte));
  await until(() => events.length === 1);
  expect(events[0]?.object["data"]).toEqual({ k: "🚀é" });
});

test.each([
  { what: "invalid JSON", line: "{not json\n", how: "garbled" },
  { what: "an array", line: "[]\n", how: "garbled" },
  { what: "an unknown type", line: eventLine("EXPLODED", configMap("a")), how: "garbled" },
  { what: "no type", line: '{"object":{}}\n', how: "garbled" },
  { what: "an object without a name", line: eventLine("ADDED", { metadata: {} }), how: "garbled" },
  { what: "a bookmark without a version", line: eventLine("BOOKMARK", { metadata: {} }), how: "garbled" },
  { what: "no object", line: '{"type":"ADDED"}\n', how: "garbled" },
])("watch() throws BROKEN ($how) on $what, after the events before it", async ({ line, how }) => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events, ended } = watching(lab);
  stream.write(eventLine("ADDED", configMap("a")) + line);
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how } });
  expect(events).toHaveLength(1);
});

test.each([
  { status: statusBody(410, "Expired"), code: "EXPIRED" },
  { status: statusBody(500, "InternalError"), code: "INTERNAL" },
  { status: statusBody(504, "Timeout"), code: "TIMEOUT" },
  { status: {}, code: "UNAVAILABLE" },
])("watch() throws $code on an ERROR event", async ({ status, code }) => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { ended } = watching(lab);
  stream.write(eventLine("ERROR", status));
  await expect(ended).rejects.toMatchObject({ code });
});

test("watch() throws EXPIRED when the server refuses the version", async () => {
  await using lab = await kubeLab();
  lab.server.on(route, { status: 410, json: statusBody(410, "Expired") });
  await expect(watching(lab).ended).rejects.toMatchObject({ code: "EXPIRED" });
});

test("watch() throws BROKEN (cut) when the connection is reset between two events", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events, ended } = watching(lab);
  stream.write(eventLine("ADDED", configMap("a")));
  await until(() => events.length === 1);
  stream.reset();
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how: "cut" } });
});

test("watch() throws BROKEN (cut) when the stream ends within an event", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { ended } = watching(lab);
  stream.write('{"type":"ADDED","obj');
  await until(() => stream.isOpen());
  stream.end();
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how: "cut" } });
});

test("watch() throws BROKEN (too-large) on an event over the client's limit", async () => {
  await using lab = await kubeLab({ limitBytes: 10_000 });
  const stream = lab.server.stream(route);
  const { ended } = watching(lab);
  stream.write("x".repeat(20_000));
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how: "too-large" } });
});

test("watch() throws BROKEN (silent) when nothing comes for livenessMs, and every event counts as life", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { events, ended } = watching(lab, { livenessMs: 10_000 });
  await until(() => stream.isOpen());
  await lab.clock.advance(9000);
  stream.write(eventLine("BOOKMARK", { metadata: { resourceVersion: "7" } }));
  await until(() => events.length === 1);
  await lab.clock.advance(9999);
  stream.write(eventLine("BOOKMARK", { metadata: { resourceVersion: "8" } }));
  await until(() => events.length === 2);
  await lab.clock.advance(10_000);
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how: "silent" } });
  await until(() => !stream.isOpen());
});

test("watch() throws BROKEN (silent) when not even the head of an answer comes", async () => {
  await using lab = await kubeLab();
  lab.server.on(route, "silence");
  const { ended } = watching(lab, { livenessMs: 10_000 });
  await until(() => lab.server.count(route) === 1);
  await lab.clock.advance(10_000);
  await expect(ended).rejects.toMatchObject({ code: "BROKEN", data: { how: "silent" } });
});

test("watch() ends with the signal's reason and closes its connection", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  const { abort, ended } = watching(lab);
  await until(() => stream.isOpen());
  abort.abort(new Error("stopping"));
  await expect(ended).rejects.toThrow("stopping");
  await until(() => !stream.isOpen());
  expect(lab.clock.pending()).toEqual([]);
});

test("leaving a watch closes its connection", async () => {
  await using lab = await kubeLab();
  const stream = lab.server.stream(route);
  stream.write(eventLine("ADDED", configMap("a")));
  const { signal } = new AbortController();
  for await (const _ of lab.client.watch(kind, { resourceVersion: "5", signal })) break;
  await until(() => !stream.isOpen());
  expect(lab.clock.pending()).toEqual([]);
});

test("watches do not use up the connections of calls", async () => {
  await using lab = await kubeLab({ connections: 1 });
  const streams = [1, 2, 3].map(() => lab.server.stream(route));
  for (const _ of streams) watching(lab);
  await until(() => streams.every((stream) => stream.isOpen()));
  lab.server.on("GET /api/v1/namespaces/default/configmaps/a", { json: configMap("a") });
  expect((await lab.client.get({ ...kind, namespace: "default", name: "a" })).metadata.name).toBe("a");
});
