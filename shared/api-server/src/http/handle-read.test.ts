import process from "node:process";
import { type Clock, systemClock } from "@sluice/base";
import { expect, test } from "vitest";
import { ConformanceClient } from "../conformance/client.ts";
import { startApiServer } from "../server.ts";

const path = "/api/v1/namespaces/default/configmaps";

/** A clock on which every look at the time costs a millisecond: what works in slices then pauses often. */
function slowClock(): Clock {
  let elapsed = 0;
  return { ...systemClock, monotonicMs: () => elapsed++ };
}

test.each(["application/json", "application/json;as=Table;v=v1;g=meta.k8s.io"])(
  "a long list as %s is written in pieces",
  async (accept) => {
    await using server = await startApiServer({ clock: slowClock() });
    const client = new ConformanceClient(server);
    for (let index = 0; index < 60; index++) {
      await client.ask(path, {
        method: "POST",
        body: { metadata: { name: `a-${index}` }, data: { x: "x".repeat(40_000) } },
      });
    }
    const { body, headers } = await client.ask(path, { accept });
    expect(headers["transfer-encoding"]).toBe("chunked");
    expect((body["items"] ?? body["rows"]) as unknown[]).toHaveLength(61);
  },
);

test("an answer that is read slowly piles up no listeners", async () => {
  await using server = await startApiServer({ clock: slowClock() });
  const client = new ConformanceClient(server);
  for (let index = 0; index < 60; index++) {
    const body = { metadata: { name: `a-${index}` }, data: { x: "x".repeat(150_000) } };
    await client.ask(path, { method: "POST", body });
  }
  const warnings: string[] = [];
  const note = ({ name }: Error) => void warnings.push(name);
  process.on("warning", note);
  await client.ask(path);
  process.off("warning", note);
  expect(warnings).toEqual([]);
});

test("a continue token older than what is remembered is 410, and so is an exact list", async () => {
  await using server = await startApiServer({ clock: systemClock, watchWindow: 2 });
  const client = new ConformanceClient(server);
  for (const name of ["a", "b", "c"]) await client.ask(path, { method: "POST", body: { metadata: { name } } });
  const first = await client.ask(`${path}?limit=1`);
  const { continue: token, resourceVersion } = first.body["metadata"] as { continue: string; resourceVersion: string };
  for (let count = 0; count < 6; count++)
    await client.ask(`${path}/a`, { method: "PUT", body: { metadata: { name: "a" }, data: { count: String(count) } } });
  const next = await client.ask(`${path}?limit=1&continue=${encodeURIComponent(token)}`);
  expect(next).toMatchObject({ status: 410, body: { reason: "Expired" } });
  const exact = await client.ask(`${path}?resourceVersion=${resourceVersion}&resourceVersionMatch=Exact`);
  expect(exact).toMatchObject({ status: 410, body: { reason: "Expired" } });
});

test("a resource version that has not happened yet is 504 with the cause that clients look for", async () => {
  await using server = await startApiServer({ clock: systemClock });
  const answer = await new ConformanceClient(server).ask(`${path}?resourceVersion=999999`);
  expect(answer).toMatchObject({
    status: 504,
    body: { reason: "Timeout", details: { causes: [{ reason: "ResourceVersionTooLarge" }], retryAfterSeconds: 1 } },
  });
});

test("events are one resource in two groups, each with its own names of the fields", async () => {
  await using server = await startApiServer({ clock: systemClock });
  const client = new ConformanceClient(server);
  const event = {
    metadata: { name: "e" },
    involvedObject: { kind: "ConfigMap", namespace: "default", name: "a" },
    reason: "Because",
    message: "hello",
    type: "Normal",
  };
  expect((await client.ask("/api/v1/namespaces/default/events", { method: "POST", body: event })).status).toBe(201);
  const read = await client.ask("/apis/events.k8s.io/v1/namespaces/default/events/e");
  expect(read.body).toMatchObject({
    apiVersion: "events.k8s.io/v1",
    regarding: { name: "a" },
    note: "hello",
    reason: "Because",
  });
  const selected = await client.ask("/api/v1/events?fieldSelector=involvedObject.name%3Da,reason%3DBecause");
  expect(selected.body["items"]).toHaveLength(1);
});

test("an autoscaler written in v1 is read in v2, and back", async () => {
  await using server = await startApiServer({ clock: systemClock });
  const client = new ConformanceClient(server);
  const scaleTargetRef = { apiVersion: "apps/v1", kind: "Deployment", name: "a" };
  const body = {
    metadata: { name: "h" },
    spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 50, scaleTargetRef },
  };
  const where = "namespaces/default/horizontalpodautoscalers";
  expect((await client.ask(`/apis/autoscaling/v1/${where}`, { method: "POST", body })).status).toBe(201);
  const newer = await client.ask(`/apis/autoscaling/v2/${where}/h`);
  const target = { type: "Utilization", averageUtilization: 50 };
  expect(newer.body["spec"]).toMatchObject({ metrics: [{ type: "Resource", resource: { name: "cpu", target } }] });
  const older = await client.ask(`/apis/autoscaling/v1/${where}/h`);
  expect(older.body["spec"]).toEqual({ ...body.spec, minReplicas: 1 });
});
