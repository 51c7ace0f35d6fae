import { equal, ok } from "node:assert/strict";
import { type Json, type JsonObject } from "@sluice/base";
import { type CaseContext, type ConformanceCase } from "./case.ts";
import { type Answer } from "./client.ts";
import { appsPath, cases, configMap, corePath, deployment } from "./lab.ts";

type PatchType = "merge" | "strategic-merge" | "json";

const QUANTITIES = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const replicas = (value: Json): Json => ({ spec: { replicas: value } });
const container = (fields: Json): Json => ({ spec: { template: { spec: { containers: [fields] } } } });

/** Patches whose result is no Deployment, and what the server says is wrong with it. */
const misfits: readonly (readonly [PatchType, Json, string])[] = [
  [
    "merge",
    replicas("x"),
    "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
  ],
  [
    "json",
    [{ op: "add", path: "/spec/replicas", value: "x" }],
    "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
  ],
  [
    "merge",
    { metadata: 5 },
    "json: cannot unmarshal number into Go struct field Deployment.metadata of type v1.ObjectMeta",
  ],
  [
    "merge",
    { metadata: { labels: { a: 1 } } },
    "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
  ],
  [
    "merge",
    { kind: "Other" },
    'no kind "Other" is registered for version "apps/v1" in scheme "pkg/runtime/scheme.go:111"',
  ],
  ["strategic-merge", replicas("x"), "unrecognized type: int32"],
  ["strategic-merge", replicas(1.5), "cannot convert float64 to int32"],
  ["strategic-merge", { spec: { paused: 1 } }, "unrecognized type: bool"],
  ["strategic-merge", { spec: { template: 5 } }, "cannot restore struct from: int64"],
  ["strategic-merge", { metadata: { labels: 5 } }, "cannot restore map from int64"],
  ["strategic-merge", { metadata: { labels: { a: 1 } } }, "cannot convert int64 to string"],
  ["strategic-merge", { spec: { template: { spec: { containers: 5 } } } }, "cannot restore slice from int64"],
  ["strategic-merge", container({ name: "main", imagePullPolicy: 5 }), "cannot convert int64 to v1.PullPolicy"],
  ["strategic-merge", container({ name: "main", resources: { limits: { cpu: "bad" } } }), QUANTITIES],
];

async function patchDeployment(lab: CaseContext, type: PatchType, body: Json, query = ""): Promise<Answer> {
  await lab.client.ask(appsPath(lab, "deployments"), { method: "POST", body: deployment("a") });
  const path = `${appsPath(lab, "deployments", "a")}${query}`;
  return lab.client.ask(path, { method: "PATCH", type: `application/${type}-patch+json`, body });
}

function expectMisfit({ status, text, body }: Answer, problem: string): void {
  const message = String(body["message"]);
  equal(status, 422, text);
  ok(message.startsWith(' "" is invalid: patch: Invalid value: "'), text);
  ok(message.endsWith(`": ${problem}`), text);
}

const applied = (lab: CaseContext, body: Json): Promise<Answer> =>
  lab.client.ask(`${corePath(lab, "configmaps", "a")}?fieldManager=one`, {
    method: "PATCH",
    type: "application/apply-patch+yaml",
    body,
  });

const NAMELESS = "the name of the object (a based on URL) was undeterminable: name must be provided";
const config = (metadata: Json): Json => ({ apiVersion: "v1", kind: "ConfigMap", metadata });

/** Bodies that cannot be applied as ConfigMap `a`. */
const inapplicable: readonly (readonly [string, Json, number, string])[] = [
  ["without a name", config({}), 400, NAMELESS],
  ["without a kind", { metadata: { name: "a" } }, 400, "invalid object type: /, Kind="],
  ["of another kind", { ...configMap("a"), kind: "Other" }, 400, "invalid object type: /v1, Kind=Other"],
  ["of another version", { ...configMap("a"), apiVersion: "v2" }, 400, "invalid object type: /v2, Kind=ConfigMap"],
  [
    "that is a list",
    [],
    400,
    "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value of type map[string]interface {}",
  ],
  [
    "whose metadata is a number",
    config(5),
    500,
    "failed to create typed patch object (/; /v1, Kind=ConfigMap): .metadata: expected map, got &{5}",
  ],
  [
    "with a uid of an object that is not there",
    config({ name: "a", uid: "5" }),
    409,
    'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid 5, and no existing object was found',
  ],
];

/** Writes that the server cannot make sense of: each is refused in words that say where it failed. */
export const malformedCases: readonly ConformanceCase[] = cases("malformed writes", {
  ...Object.fromEntries(
    misfits.map(([type, body, problem]) => [
      `a ${type} patch is refused with "${problem}"`,
      async (lab: CaseContext) => expectMisfit(await patchDeployment(lab, type, body), problem),
    ]),
  ),
  ...Object.fromEntries(
    inapplicable.map(([what, body, code, message]) => [
      `an apply of a body ${what} is ${code}`,
      async (lab: CaseContext) => {
        const answer = await applied(lab, body);
        equal(answer.body["message"], message);
        equal(answer.status, code);
      },
    ]),
  ),
  "unknown fields that a patch adds are refused as faults of the patch": async (lab) => {
    const problem = 'strict decoding error: unknown field "spec.unknown"';
    const body = { spec: { unknown: 1 } };
    for (const type of ["merge", "strategic-merge"] as const)
      expectMisfit(await patchDeployment(lab, type, body, "?fieldValidation=Strict"), problem);
  },
  "a strategic merge patch cannot change the kind, and says nothing about it": async (lab) => {
    const answer = await patchDeployment(lab, "strategic-merge", { kind: "Other", apiVersion: "v9" });
    equal(answer.status, 200);
    equal(answer.body["kind"], "Deployment");
  },
  "a strategic merge patch of null changes nothing": async (lab) => {
    equal((await patchDeployment(lab, "strategic-merge", null)).status, 200);
  },
  "a merge patch cannot take the name away": async (lab) => {
    const answer = await patchDeployment(lab, "merge", { metadata: { name: null } });
    equal(answer.status, 400);
    equal(answer.body["message"], NAMELESS);
  },
  "an apply that creates may name a resourceVersion": async (lab) => {
    equal((await applied(lab, config({ name: "a", resourceVersion: "5" }))).status, 201);
  },
  "force is for server-side apply only": async (lab) => {
    const answer = await patchDeployment(lab, "merge", {}, "?force=true");
    equal(answer.status, 422);
    equal(
      answer.body["message"],
      'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  },
  "a deletion whose body is something else deletes nothing": async (lab) => {
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap("a") });
    const path = corePath(lab, "configmaps", "a");
    const answer = await lab.client.ask(path, { method: "DELETE", body: { kind: "ConfigMap", apiVersion: "v1" } });
    equal(answer.status, 400, answer.text);
    equal((await lab.client.ask(path)).status, 200);
  },
  "a label is compared with numbers only": async (lab) => {
    const answer = await lab.client.ask(`${corePath(lab, "configmaps")}?labelSelector=a%3Ex`);
    equal(answer.status, 400);
    equal(
      answer.body["message"],
      `unable to parse requirement: values[0]: Invalid value: "x": for 'Gt', 'Lt' operators, the value must be an integer`,
    );
  },
  "an event lives in the namespace of its object": async (lab) => {
    const event = (involvedObject: JsonObject) => ({
      apiVersion: "v1",
      kind: "Event",
      metadata: { name: "a" },
      involvedObject,
    });
    const post = (about: JsonObject) =>
      lab.client.ask(`${corePath(lab, "events")}?dryRun=All`, { method: "POST", body: event(about) });
    equal((await post({ kind: "Pod", namespace: lab.namespace })).status, 201);
    for (const about of [{ kind: "Pod", namespace: "default" }, { kind: "Node" }]) {
      const answer = await post(about);
      equal(answer.status, 422, answer.text);
      ok(String(answer.body["message"]).endsWith(": does not match event.namespace"), answer.text);
    }
  },
  "an event of events.k8s.io has an exact time and a type": async (lab) => {
    const path = `/apis/events.k8s.io/v1/namespaces/${lab.namespace}/events?dryRun=All`;
    const regarding = { kind: "Pod", namespace: lab.namespace };
    const body = { apiVersion: "events.k8s.io/v1", kind: "Event", metadata: { name: "a" }, regarding };
    const answer = await lab.client.ask(path, { method: "POST", body });
    equal(answer.status, 422);
    ok(
      String(answer.body["message"]).includes(
        '[eventTime: Required value, type: Invalid value: "": has invalid value: ]',
      ),
      answer.text,
    );
  },
  "a version that a built-in group does not serve is 404 with a Status": async (lab) => {
    const { status, body } = await lab.client.ask("/apis/apps/v9/deployments");
    equal(status, 404);
    equal(body["message"], "the server could not find the requested resource");
  },
});
