import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type JsonObject } from "@sluice/base";
import { type CaseContext } from "./case.ts";
import { cases, eventually, metadataOf } from "./lab.ts";

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const merge = { method: "PATCH", type: "application/merge-patch+json" } as const;

const widgetSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", minimum: 1 },
        color: { type: "string", default: "red" },
        replicas: { type: "integer" },
      },
    },
    status: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
  },
};

const group = (lab: CaseContext) => `${lab.unique}.example.com`;

function definition(lab: CaseContext, versions: JsonObject[] = [version("v1", { storage: true })]): JsonObject {
  const names = { plural: "widgets", singular: "widget", kind: "Widget", listKind: "WidgetList", shortNames: ["wd"] };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group(lab)}` },
    spec: { group: group(lab), scope: "Namespaced", names, versions },
  };
}

function version(name: string, { storage }: { storage: boolean }): JsonObject {
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: widgetSchema },
    subresources: { status: {}, scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } },
    additionalPrinterColumns: [
      { name: "Size", type: "integer", jsonPath: ".spec.size" },
      { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    ],
  };
}

const widgets = (lab: CaseContext, name = "", served = "v1") =>
  `/apis/${group(lab)}/${served}/namespaces/${lab.namespace}/widgets${name === "" ? "" : `/${name}`}`;

const widget = (lab: CaseContext, name: string, spec: JsonObject, served = "v1"): JsonObject => ({
  apiVersion: `${group(lab)}/${served}`,
  kind: "Widget",
  metadata: { name },
  spec,
});

/** Installs a definition, waits until it is served, and takes it away after `work`. */
async function withDefinition(lab: CaseContext, body: JsonObject, work: () => Promise<void>): Promise<void> {
  const path = `${DEFINITIONS}/${String(metadataOf(body)["name"])}`;
  const created = await lab.client.ask(DEFINITIONS, { method: "POST", body });
  equal(created.status, 201, created.text);
  try {
    await eventually(
      () => lab.client.ask(path),
      (answer) => established(answer.body) === "True",
    );
    await eventually(
      () => lab.client.ask(widgets(lab)),
      ({ status }) => status === 200,
    );
    await work();
  } finally {
    await lab.client.ask(path, { method: "DELETE" });
  }
}

function established(crd: JsonObject): unknown {
  const conditions = ((crd["status"] ?? {}) as { conditions?: JsonObject[] }).conditions ?? [];
  return conditions.find((condition) => condition["type"] === "Established")?.["status"];
}

/** CustomResourceDefinitions and the objects that they define. */
export const customResourceCases = cases("custom resources", {
  "a definition is accepted, established and discovered": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      const { body } = await lab.client.ask(`${DEFINITIONS}/widgets.${group(lab)}`);
      const status = body["status"] as JsonObject;
      deepEqual(status["storedVersions"], ["v1"]);
      deepEqual(status["acceptedNames"], {
        plural: "widgets",
        singular: "widget",
        kind: "Widget",
        listKind: "WidgetList",
        shortNames: ["wd"],
      });
      const list = await eventually(
        () => lab.client.ask(`/apis/${group(lab)}/v1`),
        (answer) => answer.status === 200,
      );
      const names = (list.body["resources"] as JsonObject[]).map((resource) => resource["name"]);
      deepEqual(names, ["widgets", "widgets/status", "widgets/scale"]);
    });
  },
  "a schema without rules says nothing of rules that were not checked": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      const answer = await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: "x" }) });
      equal(answer.status, 422);
      equal(
        answer.body["message"],
        `Widget.${group(lab)} "a" is invalid: spec.size: Invalid value: "string": spec.size in body must be of type integer: "string"`,
      );
    });
  },
  "a merge patch whose result is no object of the kind is refused": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 1 }) });
      const patched = async (body: JsonObject) =>
        (await lab.client.ask(widgets(lab, "a"), { ...merge, body })).body["message"];
      match(
        String(await patched({ metadata: { labels: { a: 1 } } })),
        / "" is invalid: patch: .*: json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string$/s,
      );
      match(
        String(await patched({ metadata: 5 })),
        / "" is invalid: patch: .*: json: cannot unmarshal number into Go value of type v1.ObjectMeta$/s,
      );
      match(String(await patched({ kind: null })), / "" is invalid: patch: .*: Object 'Kind' is missing in '/s);
      equal(
        await patched({ apiVersion: "v9" }),
        `Widget "a" is invalid: apiVersion: Invalid value: "v9": must be ${group(lab)}/v1`,
      );
    });
  },
  "a version in which objects are stored cannot be left out": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      const answer = await lab.client.ask(`${DEFINITIONS}/widgets.${group(lab)}`, {
        method: "PATCH",
        type: "application/json-patch+json",
        body: [{ op: "replace", path: "/spec/versions/0/name", value: "v2" }],
      });
      equal(answer.status, 422);
      ok(answer.text.includes("v1 was previously a storage version, and must remain in spec.versions"), answer.text);
    });
  },
  "an object is defaulted, pruned and counted": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      const body = { ...widget(lab, "a", { size: 1, nonsense: true }), status: { x: 1 } };
      const created = await lab.client.ask(widgets(lab), { method: "POST", body });
      equal(created.status, 201);
      deepEqual(created.body["spec"], { size: 1, color: "red" });
      equal(created.body["status"], undefined);
      equal(metadataOf(created.body)["generation"], 1);
      equal(created.headers["warning"], '299 - "unknown field \\"spec.nonsense\\""');
      const status = await lab.client.ask(`${widgets(lab, "a")}/status`, {
        ...merge,
        body: { status: { x: 1 }, spec: { size: 5 } },
      });
      deepEqual(status.body["status"], { x: 1 });
      deepEqual(status.body["spec"], { size: 1, color: "red" });
      equal(metadataOf(status.body)["generation"], 1);
    });
  },
  "an object that does not fit the schema is 422 with every fault": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      const answer = await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 0 }) });
      equal(answer.status, 422);
      equal(
        answer.body["message"],
        `Widget.${group(lab)} "a" is invalid: spec.size: Invalid value: 0: spec.size in body should be greater than or equal to 1`,
      );
    });
  },
  "a replacement must name the version it replaces": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 1 }) });
      const answer = await lab.client.ask(widgets(lab, "a"), { method: "PUT", body: widget(lab, "a", { size: 2 }) });
      equal(answer.status, 422);
      ok(
        String(answer.body["message"]).includes(
          "metadata.resourceVersion: Invalid value: 0: must be specified for an update",
        ),
        answer.text,
      );
    });
  },
  "a Table shows the printer columns": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 3 }) });
      const conditions = [
        { type: "Other", status: "False" },
        { type: "Ready", status: "True" },
      ];
      await lab.client.ask(`${widgets(lab, "a")}/status`, { ...merge, body: { status: { conditions } } });
      const { body } = await lab.client.ask(widgets(lab), { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" });
      deepEqual(
        (body["columnDefinitions"] as JsonObject[]).map((column) => column["name"]),
        ["Name", "Size", "Ready"],
      );
      deepEqual((body["rows"] as JsonObject[])[0]?.["cells"], ["a", 3, "True"]);
    });
  },
  "scale reads and writes the paths that the definition names": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 1, replicas: 2 }) });
      const scaled = await lab.client.ask(`${widgets(lab, "a")}/scale`, { ...merge, body: { spec: { replicas: 4 } } });
      equal(scaled.status, 200, scaled.text);
      deepEqual(scaled.body["spec"], { replicas: 4 });
      const read = await lab.client.ask(widgets(lab, "a"));
      equal((read.body["spec"] as JsonObject)["replicas"], 4);
    });
  },
  "strategic merge patches are 415 for custom resources": async (lab) => {
    await withDefinition(lab, definition(lab), async () => {
      await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "a", { size: 1 }) });
      const type = "application/strategic-merge-patch+json";
      equal((await lab.client.ask(widgets(lab, "a"), { method: "PATCH", type, body: {} })).status, 415);
    });
  },
  "an object is served in every version": async (lab) => {
    const versions = [version("v1", { storage: true }), version("v1beta1", { storage: false })];
    await withDefinition(lab, definition(lab, versions), async () => {
      await lab.client.ask(widgets(lab, "", "v1beta1"), {
        method: "POST",
        body: widget(lab, "a", { size: 1 }, "v1beta1"),
      });
      const read = await lab.client.ask(widgets(lab, "a"));
      equal(read.body["apiVersion"], `${group(lab)}/v1`);
      const old = await lab.client.ask(widgets(lab, "a", "v1beta1"));
      equal(old.body["apiVersion"], `${group(lab)}/v1beta1`);
      equal(metadataOf(old.body)["uid"], metadataOf(read.body)["uid"]);
    });
  },
  "a deleted definition takes its objects along": async (lab) => {
    const path = `${DEFINITIONS}/widgets.${group(lab)}`;
    await withDefinition(lab, definition(lab), async () => {
      const metadata = { name: "held", finalizers: ["example.com/hold"] };
      await lab.client.ask(widgets(lab), { method: "POST", body: { ...widget(lab, "held", { size: 1 }), metadata } });
      await lab.client.ask(path, { method: "DELETE" });
      await eventually(
        () => lab.client.ask(widgets(lab, "held")),
        ({ body }) => metadataOf(body)["deletionTimestamp"] !== undefined,
      );
      const refused = await lab.client.ask(widgets(lab), { method: "POST", body: widget(lab, "b", { size: 1 }) });
      equal(refused.status, 403);
      await lab.client.ask(widgets(lab, "held"), { ...merge, body: { metadata: { finalizers: null } } });
      await eventually(
        () => lab.client.ask(path),
        ({ status }) => status === 404,
      );
      await eventually(
        () => lab.client.ask(widgets(lab)),
        ({ status }) => status === 404,
      );
    });
  },
});
