import { configMap, faultyClient, kubeLab } from "@sluice/testkit";
import { refOf } from "@sluice/api";
import { expect, test } from "vitest";
import { guardWrites } from "./guard.ts";

const object = configMap("a");
const ref = refOf(object);

test("guardWrites() lets reads pass and refuses every write once the lease has run out", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /api/v1/namespaces/default/configmaps/a", { json: object });
  const calls = faultyClient(lab.client, () => undefined);
  const client = guardWrites(calls, () => false);
  expect((await client.get(ref)).metadata.name).toBe("a");
  await client.raw({ method: "GET", path: "/version" });
  const writes = [
    () => client.create(object),
    () => client.replace(object),
    () => client.apply(object, { fieldManager: "m" }),
    () => client.patch(ref, { type: "merge", body: {} }),
    () => client.delete(ref),
    () => client.raw({ method: "POST", path: "/x" }),
  ];
  for (const write of writes) await expect(write()).rejects.toMatchObject({ code: "LEADERSHIP_LOST" });
  expect(calls.calls.map(({ verb }) => verb)).toEqual(["get", "raw"]);
});

test("guardWrites() lets writes pass while the lease is held", async () => {
  await using lab = await kubeLab();
  lab.server.on("POST /api/v1/namespaces/default/configmaps", { status: 201, json: object });
  expect(await guardWrites(lab.client, () => true).create(object)).toMatchObject({ kind: "ConfigMap" });
});
