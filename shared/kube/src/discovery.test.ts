import { kubeLab, labResources, until } from "@sluice/testkit";
import { expect, test } from "vitest";

const widget = { apiVersion: "example.com/v1", kind: "Widget" };
const served = (...kinds: string[]) => ({
  json: {
    kind: "APIGroupDiscoveryList",
    items: [
      {
        metadata: { name: "example.com" },
        versions: [
          {
            version: "v1",
            resources: kinds.map((kind) => ({
              resource: `${kind.toLowerCase()}s`,
              responseKind: { group: "example.com", version: "v1", kind },
              scope: "Namespaced",
              verbs: ["get"],
            })),
          },
        ],
      },
    ],
  },
});

test("resourceOf() reads aggregated discovery once, however many ask at the same time", async () => {
  await using lab = await kubeLab();
  const kinds = labResources.map(({ group, version, kind }) => ({
    apiVersion: group ? `${group}/${version}` : version,
    kind,
  }));
  const found = await Promise.all(kinds.map((kind) => lab.client.resourceOf(kind)));
  expect(found).toEqual(labResources);
  expect(lab.server.requests.map(({ path }) => path).sort()).toEqual(["/api", "/apis"]);
});

test("resourceOf() reads again for an unknown kind, but not again within two seconds", async () => {
  await using lab = await kubeLab();
  await expect(lab.client.resourceOf(widget)).rejects.toMatchObject({ code: "KIND_NOT_SERVED", data: widget });
  await expect(lab.client.resourceOf(widget)).rejects.toMatchObject({ code: "KIND_NOT_SERVED" });
  expect(lab.server.count("GET /apis")).toBe(1);
  lab.server.on("GET /apis", served("Widget"));
  await lab.clock.advance(2000);
  expect(await lab.client.resourceOf(widget)).toMatchObject({ plural: "widgets", namespaced: true });
  expect(lab.server.count("GET /apis")).toBe(2);
});

test("invalidateDiscovery() makes the next look-up read again, and only that one", async () => {
  await using lab = await kubeLab();
  await expect(lab.client.resourceOf(widget)).rejects.toMatchObject({ code: "KIND_NOT_SERVED" });
  lab.server.on("GET /apis", served("Widget"));
  lab.client.invalidateDiscovery();
  await lab.client.resourceOf(widget);
  await lab.client.resourceOf(widget);
  expect(lab.server.count("GET /apis")).toBe(2);
});

test("a reading that was under way when discovery was invalidated does not fill the cache", async () => {
  await using lab = await kubeLab();
  let answerOld = () => {};
  lab.server.on("GET /apis", (_, response) => {
    answerOld = () => response.end('{"kind":"APIGroupDiscoveryList","items":[]}');
  });
  const early = lab.client.resourceOf(widget);
  early.catch(() => undefined);
  await until(() => lab.server.count("GET /apis") === 1);
  lab.client.invalidateDiscovery();
  lab.server.on("GET /apis", served("Widget"));
  expect((await lab.client.resourceOf(widget)).plural).toBe("widgets");
  answerOld();
  await expect(early).rejects.toMatchObject({ code: "KIND_NOT_SERVED" });
  expect((await lab.client.resourceOf(widget)).plural).toBe("widgets");
});

test("an unchanged half is not sent again: the ETag is passed back", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /apis", { ...served("Widget"), headers: { etag: '"E1"' } }, { status: 304 });
  await lab.client.resourceOf(widget);
  lab.client.invalidateDiscovery();
  expect((await lab.client.resourceOf(widget)).plural).toBe("widgets");
  expect(lab.server.requests.findLast(({ path }) => path === "/apis")?.headers["if-none-match"]).toBe('"E1"');
});

test("a failed reading is not kept, and one caller's abort does not end it for the others", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /apis", { status: 500 });
  await expect(lab.client.resourceOf(widget)).rejects.toMatchObject({ code: "INTERNAL" });
  lab.server.on("GET /apis", "silence");
  const abort = new AbortController();
  const impatient = lab.client.resourceOf(widget, { signal: abort.signal });
  const patient = lab.client.resourceOf(widget);
  patient.catch(() => undefined);
  abort.abort(new Error("no longer"));
  await expect(impatient).rejects.toThrow("no longer");
  await until(() => lab.server.count("GET /apis") === 2);
  await lab.clock.advance(60_000);
  await expect(patient).rejects.toMatchObject({ code: "TIMEOUT" });
});

test("a server without aggregated discovery is read group by group, and one whose server is down hides only itself", async () => {
  await using lab = await kubeLab();
  lab.server.on("GET /api", { json: { kind: "APIVersions", versions: ["v1"] } });
  lab.server.on("GET /api/v1", {
    json: {
      kind: "APIResourceList",
      resources: [
        { name: "pods", kind: "Pod", namespaced: true, verbs: ["get"] },
        { name: "pods/status", kind: "Pod" },
      ],
    },
  });
  const group = (name: string) => ({
    name,
    versions: [{ groupVersion: `${name}/v1beta1` }, { groupVersion: `${name}/v1` }],
    preferredVersion: { groupVersion: `${name}/v1` },
  });
  lab.server.on("GET /apis", {
    json: { kind: "APIGroupList", groups: [group("example.com"), group("down.example.com")] },
  });
  for (const version of ["v1", "v1beta1"]) {
    const resources = [{ name: "widgets", kind: "Widget", namespaced: false, verbs: ["list"] }];
    lab.server.on(`GET /apis/example.com/${version}`, { json: { kind: "APIResourceList", resources } });
  }
  const found = await lab.client.resources();
  expect(
    found.map(({ group: name, version, plural, subresources }) => [name, version, plural, ...subresources].join("/")),
  ).toEqual(["/v1/pods/status", "example.com/v1/widgets", "example.com/v1beta1/widgets"]);
});

test.each([
  "null",
  "[]",
  '{"kind":"APIGroupDiscoveryList"}',
  '{"kind":"APIGroupDiscoveryList","items":[null,{},{"versions":[{"resources":[{}]}]}]}',
])("an odd discovery answer %s hides kinds but breaks nothing", async (text) => {
  await using lab = await kubeLab();
  lab.server.on("GET /apis", { text });
  expect((await lab.client.resourceOf({ apiVersion: "v1", kind: "ConfigMap" })).plural).toBe("configmaps");
  await expect(lab.client.resourceOf(widget)).rejects.toMatchObject({ code: "KIND_NOT_SERVED" });
});
