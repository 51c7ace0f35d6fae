import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { type JsonObject } from "@sluice/base";
import { appsPath, cases, configMap, corePath, deployment, metadataOf } from "./lab.ts";

/** Creating, reading, replacing and patching single objects. */
export const objectCases = cases("objects", {
  "create sets uid, creationTimestamp, resourceVersion and namespace, and get returns the same": async (lab) => {
    const created = await lab.client.ask(corePath(lab, "configmaps"), {
      method: "POST",
      body: configMap("a", { k: "v" }),
    });
    equal(created.status, 201);
    const metadata = metadataOf(created.body);
    match(String(metadata["uid"]), /^[0-9a-f-]{36}$/);
    match(String(metadata["creationTimestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    match(String(metadata["resourceVersion"]), /^[1-9][0-9]*$/);
    equal(metadata["namespace"], lab.namespace);
    const read = await lab.client.ask(corePath(lab, "configmaps", "a"));
    deepEqual(read.body, created.body);
  },
  "create of a name that exists is 409 AlreadyExists": async (lab) => {
    const body = configMap("a");
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body });
    const again = await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body });
    equal(again.status, 409);
    equal(again.body["reason"], "AlreadyExists");
    equal(again.body["message"], 'configmaps "a" already exists');
  },
  "generateName makes a name of the base and five characters": async (lab) => {
    const body = { apiVersion: "v1", kind: "ConfigMap", metadata: { generateName: "gen-" } };
    const created = await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body });
    match(String(metadataOf(created.body)["name"]), /^gen-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  },
  "create in a namespace that does not exist is 404 that names the namespace": async ({ client, unique }) => {
    const answer = await client.ask(`/api/v1/namespaces/no-${unique}/configmaps`, {
      method: "POST",
      body: configMap("a"),
    });
    equal(answer.status, 404);
    equal(answer.body["message"], `namespaces "no-${unique}" not found`);
  },
  "create without any name is 422 that requires one": async (lab) => {
    const answer = await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: { metadata: {} } });
    equal(answer.status, 422);
    equal(
      answer.body["message"],
      'ConfigMap "" is invalid: metadata.name: Required value: name or generateName is required',
    );
  },
  "get of an unknown object is 404 with details": async (lab) => {
    const answer = await lab.client.ask(appsPath(lab, "deployments", "none"));
    equal(answer.status, 404);
    equal(answer.body["message"], 'deployments.apps "none" not found');
    deepEqual(answer.body["details"], { name: "none", group: "apps", kind: "deployments" });
  },
  "an update with an old resourceVersion is 409 and changes nothing": async (lab) => {
    const path = corePath(lab, "configmaps", "a");
    const created = await lab.client.ask(corePath(lab, "configmaps"), {
      method: "POST",
      body: configMap("a", { k: "1" }),
    });
    const { resourceVersion } = metadataOf(created.body);
    await lab.client.ask(path, { method: "PUT", body: configMap("a", { k: "2" }) });
    const stale = configMap("a", { k: "3" }, { resourceVersion });
    const answer = await lab.client.ask(path, { method: "PUT", body: stale });
    equal(answer.status, 409);
    equal(
      answer.body["message"],
      'Operation cannot be fulfilled on configmaps "a": the object has been modified; please apply your changes to the latest version and try again',
    );
    deepEqual((await lab.client.ask(path)).body["data"], { k: "2" });
  },
  "an update that changes nothing keeps the resourceVersion": async (lab) => {
    const path = corePath(lab, "configmaps", "a");
    const created = await lab.client.ask(corePath(lab, "configmaps"), {
      method: "POST",
      body: configMap("a", { k: "1" }),
    });
    const same = await lab.client.ask(path, { method: "PUT", body: created.body });
    equal(same.status, 200);
    equal(metadataOf(same.body)["resourceVersion"], metadataOf(created.body)["resourceVersion"]);
  },
  "an update cannot change uid or creationTimestamp": async (lab) => {
    const path = corePath(lab, "configmaps", "a");
    const created = await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a") });
    const body = configMap("a", { k: "1" }, { creationTimestamp: "2001-01-01T00:00:00Z" });
    const updated = await lab.client.ask(path, { method: "PUT", body });
    equal(metadataOf(updated.body)["creationTimestamp"], metadataOf(created.body)["creationTimestamp"]);
    const wrong = await lab.client.ask(path, { method: "PUT", body: configMap("a", {}, { uid: "other" }) });
    equal(wrong.status, 409);
  },
  "a body that names another object than the path is 400": async (lab) => {
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a") });
    const answer = await lab.client.ask(corePath(lab, "configmaps", "a"), { method: "PUT", body: configMap("b") });
    equal(answer.status, 400);
    equal(answer.body["message"], "the name of the object (b) does not match the name on the URL (a)");
  },
  "a merge patch changes what it names and null removes": async (lab) => {
    const path = corePath(lab, "configmaps", "a");
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a", { k: "1", l: "1" }) });
    const body = { data: { k: "2", l: null } };
    const patched = await lab.client.ask(path, { method: "PATCH", type: "application/merge-patch+json", body });
    deepEqual(patched.body["data"], { k: "2" });
  },
  "a patch with an old resourceVersion is 409": async (lab) => {
    const path = corePath(lab, "configmaps", "a");
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a") });
    const body = { metadata: { resourceVersion: "1" } };
    const answer = await lab.client.ask(path, { method: "PATCH", type: "application/merge-patch+json", body });
    equal(answer.status, 409);
  },
  "a patch of an unknown media type is 415": async (lab) => {
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a") });
    const answer = await lab.client.ask(corePath(lab, "configmaps", "a"), { method: "PATCH", body: {} });
    equal(answer.status, 415);
    equal(answer.body["reason"], "UnsupportedMediaType");
  },
  "a change of the spec counts a generation, a change of labels does not": async (lab) => {
    const path = appsPath(lab, "deployments", "a");
    const created = await lab.client.ask(appsPath(lab, "deployments"), { method: "POST", body: deployment("a") });
    equal(metadataOf(created.body)["generation"], 1);
    const merge = { method: "PATCH", type: "application/merge-patch+json" } as const;
    const labelled = await lab.client.ask(path, { ...merge, body: { metadata: { labels: { x: "y" } } } });
    equal(metadataOf(labelled.body)["generation"], 1);
    const paused = await lab.client.ask(path, { ...merge, body: { spec: { paused: true } } });
    equal(metadataOf(paused.body)["generation"], 2);
  },
  "a write of the object leaves its status alone, a write of the status its spec": async (lab) => {
    const path = appsPath(lab, "deployments", "a");
    await lab.client.ask(appsPath(lab, "deployments"), { method: "POST", body: deployment("a", { paused: true }) });
    const merge = { method: "PATCH", type: "application/merge-patch+json" } as const;
    const condition = {
      type: "Mine",
      status: "True",
      lastTransitionTime: "2020-01-01T00:00:00Z",
      lastUpdateTime: "2020-01-01T00:00:00Z",
    };
    const main = await lab.client.ask(path, { ...merge, body: { status: { conditions: [condition] } } });
    ok(!JSON.stringify(main.body["status"]).includes("Mine"));
    const status = await lab.client.ask(`${path}/status`, {
      ...merge,
      body: { spec: { replicas: 7 }, status: { conditions: [condition] } },
    });
    equal((status.body["spec"] as JsonObject)["replicas"], 0);
    ok(JSON.stringify(status.body["status"]).includes("Mine"));
  },
  "scale reads and writes replicas": async (lab) => {
    const path = appsPath(lab, "deployments", "a");
    await lab.client.ask(appsPath(lab, "deployments"), { method: "POST", body: deployment("a", { paused: true }) });
    const scale = await lab.client.ask(`${path}/scale`);
    equal(scale.body["kind"], "Scale");
    deepEqual(scale.body["spec"], {});
    equal((scale.body["status"] as JsonObject)["selector"], "app=a");
    const { resourceVersion: _, ...metadata } = metadataOf(scale.body);
    const body = { ...scale.body, metadata, spec: { replicas: 3 } };
    const written = await lab.client.ask(`${path}/scale`, { method: "PUT", body });
    deepEqual(written.body["spec"], { replicas: 3 });
    equal(((await lab.client.ask(path)).body["spec"] as JsonObject)["replicas"], 3);
  },
  "a dry run answers as if it were done, and nothing is stored": async (lab) => {
    const path = corePath(lab, "configmaps");
    const created = await lab.client.ask(`${path}?dryRun=All`, { method: "POST", body: configMap("a", { k: "1" }) });
    equal(created.status, 201);
    deepEqual(created.body["data"], { k: "1" });
    equal((await lab.client.ask(`${path}/a`)).status, 404);
    await lab.client.ask(path, { method: "POST", body: configMap("b", { k: "1" }) });
    await lab.client.ask(`${path}/b?dryRun=All`, { method: "PUT", body: configMap("b", { k: "2" }) });
    await lab.client.ask(`${path}/b?dryRun=All`, { method: "DELETE" });
    deepEqual((await lab.client.ask(`${path}/b`)).body["data"], { k: "1" });
  },
  "fieldValidation decides whether unknown fields are dropped, warned of or refused": async (lab) => {
    const path = corePath(lab, "configmaps");
    const body = { ...configMap("a"), nonsense: 1 };
    const ignored = await lab.client.ask(`${path}?fieldValidation=Ignore&dryRun=All`, { method: "POST", body });
    equal(ignored.status, 201);
    equal(ignored.headers["warning"], undefined);
    const warned = await lab.client.ask(`${path}?fieldValidation=Warn&dryRun=All`, { method: "POST", body });
    equal(warned.headers["warning"], '299 - "unknown field \\"nonsense\\""');
    equal(warned.body["nonsense"], undefined);
    const refused = await lab.client.ask(`${path}?fieldValidation=Strict`, { method: "POST", body });
    equal(refused.status, 400);
    equal(
      refused.body["message"],
      'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "nonsense"',
    );
  },
  "a repeated key is warned of": async (lab) => {
    const body = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"k":"1","k":"2"}}';
    const answer = await lab.client.ask(`${corePath(lab, "configmaps")}?fieldValidation=Warn`, {
      method: "POST",
      body,
    });
    equal(answer.headers["warning"], '299 - "duplicate field \\"data.k\\""');
    deepEqual(answer.body["data"], { k: "2" });
  },
  "a YAML body creates an object": async (lab) => {
    const body = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  k: v\n";
    const answer = await lab.client.ask(corePath(lab, "configmaps"), {
      method: "POST",
      type: "application/yaml",
      body,
    });
    equal(answer.status, 201);
    deepEqual(answer.body["data"], { k: "v" });
  },
  "a body that is not JSON is 400, one of an unknown type 415, one over 3 MiB 413": async (lab) => {
    const path = corePath(lab, "configmaps");
    equal((await lab.client.ask(path, { method: "POST", body: "{" })).status, 400);
    equal((await lab.client.ask(path, { method: "POST", type: "text/plain", body: "{}" })).status, 415);
    const huge = configMap("a", { k: "x".repeat(3 * 1024 * 1024) });
    equal((await lab.client.ask(path, { method: "POST", body: huge })).status, 413);
  },
  "a service gets a cluster address of its own and keeps it when it is replaced": async (lab) => {
    const path = corePath(lab, "services");
    const service = (name: string) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { ports: [{ port: 80 }] },
    });
    const first = await lab.client.ask(path, { method: "POST", body: service("a") });
    const second = await lab.client.ask(path, { method: "POST", body: service("b") });
    const address = (first.body["spec"] as JsonObject)["clusterIP"];
    match(String(address), /^10\.\d+\.\d+\.\d+$/);
    notEqual(address, (second.body["spec"] as JsonObject)["clusterIP"]);
    const replaced = await lab.client.ask(`${path}/a`, { method: "PUT", body: service("a") });
    equal((replaced.body["spec"] as JsonObject)["clusterIP"], address);
  },
  "a service that changes its type gets and gives back node ports and addresses": async (lab) => {
    const path = corePath(lab, "services");
    const body = { apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } };
    await lab.client.ask(path, { method: "POST", body });
    const patch = async (spec: JsonObject) => {
      const answer = await lab.client.ask(`${path}/a`, {
        method: "PATCH",
        type: "application/merge-patch+json",
        body: { spec },
      });
      equal(answer.status, 200, answer.text);
      return answer.body["spec"] as JsonObject & { ports: JsonObject[] };
    };
    const open = await patch({ type: "NodePort" });
    ok(Number(open.ports[0]?.["nodePort"]) >= 30000);
    const closed = await patch({ type: "ClusterIP" });
    equal(closed.ports[0]?.["nodePort"], undefined);
    const away = await patch({ type: "ExternalName", externalName: "example.com" });
    equal(away["clusterIP"], undefined);
    match(String((await patch({ type: "ClusterIP", externalName: null }))["clusterIP"]), /^10\./);
  },
  "an address that another service has is refused": async (lab) => {
    const path = corePath(lab, "services");
    const service = (name: string, spec: JsonObject) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const first = await lab.client.ask(path, { method: "POST", body: service("a", {}) });
    const { clusterIP } = first.body["spec"] as JsonObject;
    const answer = await lab.client.ask(path, { method: "POST", body: service("b", { clusterIP }) });
    equal(answer.status, 422);
    ok(String(answer.body["message"]).includes("provided IP is already allocated"), answer.text);
  },
});
