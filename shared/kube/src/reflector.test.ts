import { configMap, kubeLab, type KubeLab, statusBody, until } from "@sluice/testkit";
import { type KubeObject } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { expect, test } from "vitest";
import { reflect } from "./reflector.ts";
import { type ReflectOptions } from "./types.ts";

const kind = { apiVersion: "v1", kind: "ConfigMap" };
const list = "GET /api/v1/configmaps";
const line = (type: string, object: object) => `${JSON.stringify({ type, object })}\n`;
const listOf = (resourceVersion: string, ...items: KubeObject[]) => ({
  json: { metadata: { resourceVersion }, items },
});
const bookmark = (resourceVersion: string) => line("BOOKMARK", { metadata: { resourceVersion } });

/** A reflector and what it told. List and watch share a path, so replies come in the order of requests. */
function reflecting(lab: KubeLab, options: Partial<ReflectOptions> = {}) {
  const abort = new AbortController();
  const told: string[] = [];
  const reflector = reflect(lab.client, kind, {
    clock: lab.clock,
    log: silentLog,
    signal: abort.signal,
    random: () => 0,
    onChange: ({ type, object }) => void told.push(`${type} ${object.metadata.name}`),
    onSynced: () => void told.push("synced"),
    ...options,
  });
  return { abort, told, reflector };
}

/** The queries of the lists and watches so far: `list`, or `watch VERSION`. */
function asked(lab: KubeLab): string[] {
  return lab.server.requests
    .filter(({ path }) => path === "/api/v1/configmaps")
    .map(({ query }) => (query["watch"] ? `watch ${query["resourceVersion"]}` : "list"));
}

test("a reflector lists, tells, and is synced; then follows the watch", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5", configMap("a"), configMap("b")));
  const watch = lab.server.stream(list);
  const { told, reflector, abort } = reflecting(lab);
  expect(reflector.isSynced()).toBe(false);
  await reflector.synced;
  expect(told).toEqual(["added a", "added b", "synced"]);
  watch.write(line("MODIFIED", configMap("a", { version: "6" })) + line("DELETED", configMap("b", { version: "7" })));
  await until(() => told.length === 5);
  expect(told.slice(3)).toEqual(["modified a", "deleted b"]);
  expect(reflector.list().map(({ metadata }) => metadata.name)).toEqual(["a"]);
  expect(reflector.get({ namespace: "default", name: "a" })?.metadata.resourceVersion).toBe("6");
  abort.abort();
  await until(() => !watch.isOpen());
});

test("a reflector whose watch is cut goes on from the last version, without a list", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"));
  const first = lab.server.stream(list);
  const { told } = reflecting(lab);
  first.write(line("ADDED", configMap("a", { version: "6" })) + bookmark("8"));
  await until(() => told.includes("added a"));
  const second = lab.server.stream(list);
  first.reset();
  await until(() => lab.clock.pending().includes(400));
  await lab.clock.advance(400);
  await until(() => second.isOpen());
  expect(asked(lab)).toEqual(["list", "watch 5", "watch 8"]);
});

test("a reflector whose watch ends in order goes on at once", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"));
  const first = lab.server.stream(list);
  first.write(bookmark("6"));
  reflecting(lab);
  await until(() => first.isOpen());
  const second = lab.server.stream(list);
  first.end();
  await until(() => second.isOpen());
  expect(asked(lab)).toEqual(["list", "watch 5", "watch 6"]);
});

test("a reflector whose watches end at once waits longer and longer", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"), { text: "" });
  const waits: number[] = [];
  reflecting(lab, { onFailure: ({ retryInMs }) => void waits.push(retryInMs) });
  for (const count of [1, 2, 3]) {
    await until(() => waits.length === count);
    await lab.clock.advance(waits.at(-1) ?? 0);
  }
  await until(() => waits.length === 4);
  expect(waits).toEqual([400, 800, 1600, 3200]);
});

test.each([
  { what: "410", break: (lab: KubeLab) => lab.server.on(list, { status: 410, json: statusBody(410, "Expired") }) },
  {
    what: "an ERROR event 410",
    break: (lab: KubeLab) => lab.server.on(list, { text: line("ERROR", statusBody(410, "Expired")) }),
  },
  { what: "garbage", break: (lab: KubeLab) => lab.server.on(list, { text: "}{\n" }) },
  { what: "an unknown event", break: (lab: KubeLab) => lab.server.on(list, { text: line("ODD", configMap("a")) }) },
])("after $what a reflector lists again and reports the deletion that it missed", async ({ break: breakIt }) => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5", configMap("a"), configMap("b")));
  const watch = lab.server.stream(list);
  watch.write(bookmark("6"));
  const { told, reflector } = reflecting(lab);
  await reflector.synced;
  await until(() => watch.isOpen());
  breakIt(lab);
  watch.end();
  await until(() => lab.clock.pending().includes(400));
  lab.server.on(list, listOf("9", configMap("b"), configMap("c")));
  lab.server.stream(list);
  await lab.clock.advance(400);
  await until(() => told.includes("added c"));
  expect(asked(lab).slice(0, 4)).toEqual(["list", "watch 5", "watch 6", "list"]);
  expect(told.slice(3)).toEqual(["deleted a", "added c"]);
});

test.each([
  { what: "500", reply: { status: 500 } },
  { what: "401", reply: { status: 401, json: statusBody(401, "Unauthorized") } },
  { what: "403", reply: { status: 403, json: statusBody(403, "Forbidden") } },
  { what: "garbage", reply: { text: "<html>" } },
])("a reflector whose first list fails by $what tries again until it works", async ({ reply }) => {
  await using lab = await kubeLab();
  lab.server.on(list, reply);
  const failures: number[] = [];
  const { reflector } = reflecting(lab, { onFailure: (failure) => void failures.push(failure.failures) });
  await until(() => failures.length === 1);
  expect(reflector.isSynced()).toBe(false);
  lab.server.on(list, listOf("5", configMap("a")));
  lab.server.stream(list);
  await lab.clock.advance(400);
  await reflector.synced;
  expect(reflector.list()).toHaveLength(1);
});

test("a reflector waits as long as a 429 asks, beyond its own backoff", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, { status: 429, headers: { "retry-after": "60" } });
  const waits: number[] = [];
  reflecting(lab, { onFailure: ({ retryInMs }) => void waits.push(retryInMs) });
  await until(() => waits.length === 1);
  expect(waits).toEqual([60_000]);
});

test("a reflector in a black hole notices the silence and resumes", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"));
  const silent = lab.server.stream(list);
  const { told } = reflecting(lab, { livenessMs: 30_000 });
  silent.write(line("ADDED", configMap("a", { version: "6" })));
  await until(() => told.includes("added a"));
  const next = lab.server.stream(list);
  await lab.clock.advance(30_000);
  await until(() => lab.clock.pending().includes(400));
  await lab.clock.advance(400);
  await until(() => next.isOpen());
  expect(asked(lab)).toEqual(["list", "watch 5", "watch 6"]);
});

test("a reflector whose watch is silent from its start lists again: the version may be one that the server never reaches", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("99999", configMap("a")));
  const silent = lab.server.stream(list);
  const { told } = reflecting(lab, { livenessMs: 30_000 });
  await until(() => silent.isOpen());
  lab.server.on(list, listOf("7"));
  const next = lab.server.stream(list);
  await lab.clock.advance(30_000);
  await until(() => lab.clock.pending().includes(400));
  await lab.clock.advance(400);
  await until(() => next.isOpen());
  expect(asked(lab)).toEqual(["list", "watch 99999", "list", "watch 7"]);
  expect(told.at(-1)).toBe("deleted a");
});

test("a reflector whose version the server never accepts lists again after several futile watches", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("99999"), { status: 500 });
  const failures: number[] = [];
  reflecting(lab, { onFailure: ({ failures: count }) => void failures.push(count) });
  for (const count of [1, 2, 3, 4]) {
    await until(() => failures.length === count);
    await lab.clock.advance(30_000);
  }
  await until(() => failures.length === 5);
  lab.server.on(list, listOf("7"));
  const watch = lab.server.stream(list);
  await lab.clock.advance(30_000);
  await until(() => watch.isOpen());
  expect(asked(lab).slice(-2)).toEqual(["list", "watch 7"]);
});

test("retryNow() ends the wait after a failure, and does nothing else", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, { status: 500 });
  const failures: number[] = [];
  const { reflector } = reflecting(lab, { onFailure: (failure) => void failures.push(failure.failures) });
  reflector.retryNow();
  await until(() => failures.length === 1);
  lab.server.on(list, listOf("5"));
  const watch = lab.server.stream(list);
  reflector.retryNow();
  await reflector.synced;
  await until(() => watch.isOpen());
  reflector.retryNow();
  expect([lab.clock.monotonicMs(), asked(lab)]).toEqual([0, ["list", "list", "watch 5"]]);
});

test("an event resets the waits: the next failure waits as long as the first", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"), { status: 500 }, { status: 500 }, (_, response) => {
    response.write(bookmark("6"), () => response.socket?.resetAndDestroy());
  });
  const waits: number[] = [];
  reflecting(lab, { onFailure: ({ retryInMs }) => void waits.push(retryInMs) });
  for (const count of [1, 2, 3]) {
    await until(() => waits.length === count);
    await lab.clock.advance(waits.at(-1) ?? 0);
  }
  expect(waits.slice(0, 3)).toEqual([400, 800, 400]);
});

test("a reflector that is disposed by its own listener tells nothing of the events that came with it", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"));
  const watch = lab.server.stream(list);
  const seen: string[] = [];
  const { reflector } = reflecting(lab, {
    onChange: ({ object }) => {
      seen.push(object.metadata.name);
      reflector[Symbol.dispose]();
    },
  });
  watch.write(line("ADDED", configMap("a")) + line("ADDED", configMap("b")));
  await until(() => seen.length > 0 && !watch.isOpen());
  expect(seen).toEqual(["a"]);
});

test("a listener that throws stops nothing", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5", configMap("a"), configMap("b")));
  lab.server.stream(list);
  const seen: string[] = [];
  const onChange: ReflectOptions["onChange"] = ({ object }) => {
    seen.push(object.metadata.name);
    throw new Error("listener");
  };
  const { reflector } = reflecting(lab, { onChange });
  await reflector.synced;
  expect(seen).toEqual(["a", "b"]);
});

test("managed fields are dropped from the copy unless asked for, and a transform sees them", async () => {
  await using lab = await kubeLab();
  const managed = {
    ...configMap("a"),
    metadata: { ...configMap("a").metadata, managedFields: [{ manager: "kubectl" }] },
  };
  lab.server.on(list, listOf("5", managed));
  const plain = reflecting(lab);
  await plain.reflector.synced;
  expect(plain.reflector.list()[0]?.metadata).not.toHaveProperty("managedFields");
  plain.abort.abort();
  const keeping = reflecting(lab, { keepManagedFields: true });
  await keeping.reflector.synced;
  expect(keeping.reflector.list()[0]?.metadata.managedFields).toHaveLength(1);
  keeping.abort.abort();
  const transform = (object: KubeObject) => ({ ...object, manager: object.metadata.managedFields?.[0]?.manager });
  const transformed = reflecting(lab, { transform });
  await transformed.reflector.synced;
  expect(transformed.reflector.list()[0]).toMatchObject({ manager: "kubectl" });
  transformed.abort.abort();
});

test("a reflector whose signal aborts before it is synced rejects `synced` and leaves nothing behind", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, "silence");
  const { reflector, abort } = reflecting(lab);
  await until(() => lab.server.count(list) === 1);
  abort.abort(new Error("stopping"));
  await expect(reflector.synced).rejects.toThrow("stopping");
  expect(lab.clock.pending()).toEqual([]);
});

test("a disposed reflector closes its watch and tells nothing more", async () => {
  await using lab = await kubeLab();
  lab.server.on(list, listOf("5"));
  const watch = lab.server.stream(list);
  const { reflector, told } = reflecting(lab);
  await reflector.synced;
  await until(() => watch.isOpen());
  reflector[Symbol.dispose]();
  watch.write(line("ADDED", configMap("a")));
  await until(() => !watch.isOpen());
  expect(told).toEqual(["synced"]);
});
