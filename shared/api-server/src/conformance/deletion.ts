import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type JsonObject } from "@sluice/base";
import { type CaseContext } from "./case.ts";
import { cases, configMap, corePath, eventually, metadataOf } from "./lab.ts";

const HOLD = "example.com/hold";
const merge = { method: "PATCH", type: "application/merge-patch+json" } as const;

const create = (lab: CaseContext, name: string, metadata: JsonObject = {}) =>
  lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap(name, {}, metadata) });

const remove = (lab: CaseContext, name: string, body: JsonObject = {}) =>
  lab.client.ask(corePath(lab, "configmaps", name), { method: "DELETE", body });

const read = (lab: CaseContext, name: string) => lab.client.ask(corePath(lab, "configmaps", name));

const gone = (lab: CaseContext, name: string) =>
  eventually(
    () => read(lab, name),
    ({ status }) => status === 404,
  );

function ownedBy(owner: JsonObject, more: JsonObject = {}): JsonObject {
  const { name, uid } = metadataOf(owner);
  return { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name, uid, ...more }] };
}

/** Deletion: finalizers, preconditions, owners. */
export const deletionCases = cases("deletion", {
  "delete answers a Status with the object's uid": async (lab) => {
    const created = await create(lab, "a");
    const { status, body } = await remove(lab, "a");
    equal(status, 200);
    equal(body["status"], "Success");
    deepEqual(body["details"], { name: "a", kind: "configmaps", uid: metadataOf(created.body)["uid"] });
    equal((await read(lab, "a")).status, 404);
  },
  "an object with a finalizer stays, marked, until the finalizer goes": async (lab) => {
    await create(lab, "a", { finalizers: [HOLD] });
    const { status, body } = await remove(lab, "a");
    equal(status, 200);
    equal(body["kind"], "ConfigMap");
    match(String(metadataOf(body)["deletionTimestamp"]), /Z$/);
    equal((await read(lab, "a")).status, 200);
    const again = await create(lab, "a");
    equal(again.body["message"], 'object is being deleted: configmaps "a" already exists');
    const path = corePath(lab, "configmaps", "a");
    const added = await lab.client.ask(path, {
      ...merge,
      body: { metadata: { finalizers: [HOLD, "example.com/more"] } },
    });
    equal(added.status, 422);
    ok(String(added.body["message"]).includes("no new finalizers can be added if the object is being deleted"));
    equal((await lab.client.ask(path, { ...merge, body: { metadata: { finalizers: null } } })).status, 200);
    equal((await read(lab, "a")).status, 404);
  },
  "a second delete of a marked object changes nothing": async (lab) => {
    await create(lab, "a", { finalizers: [HOLD] });
    const first = await remove(lab, "a");
    const second = await remove(lab, "a");
    equal(metadataOf(second.body)["resourceVersion"], metadataOf(first.body)["resourceVersion"]);
    await lab.client.ask(corePath(lab, "configmaps", "a"), { ...merge, body: { metadata: { finalizers: null } } });
  },
  "preconditions that do not hold are 409": async (lab) => {
    const created = await create(lab, "a");
    const wrong = await remove(lab, "a", { preconditions: { uid: "other" } });
    equal(wrong.status, 409);
    ok(String(wrong.body["message"]).includes("the UID in the precondition (other) does not match the UID in record"));
    equal((await remove(lab, "a", { preconditions: { resourceVersion: "1" } })).status, 409);
    equal((await remove(lab, "a", { preconditions: { uid: metadataOf(created.body)["uid"] } })).status, 200);
  },
  "options that are wrong are 422": async (lab) => {
    await create(lab, "a");
    const { status, body } = await remove(lab, "a", { propagationPolicy: "Sideways" });
    equal(status, 422);
    equal(
      body["message"],
      'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    );
  },
  "dependents go after their owner": async (lab) => {
    const owner = (await create(lab, "owner")).body;
    const child = (await create(lab, "child", ownedBy(owner))).body;
    await create(lab, "grandchild", ownedBy(child));
    await remove(lab, "owner");
    await gone(lab, "child");
    await gone(lab, "grandchild");
  },
  "an object whose owner never existed goes": async (lab) => {
    const { body } = await create(lab, "owner");
    await remove(lab, "owner");
    await create(lab, "late", ownedBy(body));
    await gone(lab, "late");
  },
  "in the foreground, the owner waits for dependents that block it": async (lab) => {
    const owner = (await create(lab, "owner")).body;
    await create(lab, "child", { ...ownedBy(owner, { blockOwnerDeletion: true }), finalizers: [HOLD] });
    await remove(lab, "owner", { propagationPolicy: "Foreground" });
    await eventually(
      () => read(lab, "child"),
      ({ body }) => metadataOf(body)["deletionTimestamp"] !== undefined,
    );
    const waiting = await read(lab, "owner");
    deepEqual(metadataOf(waiting.body)["finalizers"], ["foregroundDeletion"]);
    await lab.client.ask(corePath(lab, "configmaps", "child"), { ...merge, body: { metadata: { finalizers: null } } });
    await gone(lab, "owner");
  },
  "orphaned dependents stay, without the owner": async (lab) => {
    const owner = (await create(lab, "owner")).body;
    await create(lab, "child", ownedBy(owner));
    await remove(lab, "owner", { propagationPolicy: "Orphan" });
    await gone(lab, "owner");
    const child = await read(lab, "child");
    equal(child.status, 200);
    equal(metadataOf(child.body)["ownerReferences"], undefined);
  },
  "one of two owners may go": async (lab) => {
    const first = (await create(lab, "first")).body;
    const second = (await create(lab, "second")).body;
    const references = [first, second].map(
      (owner) => (ownedBy(owner)["ownerReferences"] as JsonObject[])[0] as JsonObject,
    );
    await create(lab, "child", { ownerReferences: references });
    await remove(lab, "first");
    const left = await eventually(
      () => read(lab, "child"),
      ({ body }) => (metadataOf(body)["ownerReferences"] as unknown[]).length === 1,
    );
    equal((metadataOf(left.body)["ownerReferences"] as JsonObject[])[0]?.["name"], "second");
  },
});

/** Namespaces from creation to the end. */
export const namespaceCases = cases("namespaces", {
  "a new namespace is active and labelled with its name": async ({ client, namespace }) => {
    const { body } = await client.ask(`/api/v1/namespaces/${namespace}`);
    deepEqual(body["status"], { phase: "Active" });
    deepEqual(body["spec"], { finalizers: ["kubernetes"] });
    deepEqual(metadataOf(body)["labels"], { "kubernetes.io/metadata.name": namespace });
  },
  "a deleted namespace takes its objects along, and refuses new ones meanwhile": async (lab) => {
    const name = `gone-${lab.unique}`;
    const path = `/api/v1/namespaces/${name}`;
    await lab.client.ask("/api/v1/namespaces", { method: "POST", body: { metadata: { name } } });
    await lab.client.ask(`${path}/configmaps`, { method: "POST", body: configMap("held", {}, { finalizers: [HOLD] }) });
    const deleted = await lab.client.ask(path, { method: "DELETE" });
    deepEqual(deleted.body["status"], { phase: "Terminating" });
    const refused = await lab.client.ask(`${path}/configmaps`, { method: "POST", body: configMap("new") });
    equal(refused.status, 403);
    equal(
      refused.body["message"],
      `configmaps "new" is forbidden: unable to create new content in namespace ${name} because it is being terminated`,
    );
    const stuck = await eventually(
      () => lab.client.ask(path),
      ({ body }) => JSON.stringify(body["status"]).includes(`${HOLD} in 1 resource instances`),
    );
    equal((stuck.body["status"] as JsonObject)["phase"], "Terminating");
    await lab.client.ask(`${path}/configmaps/held`, { ...merge, body: { metadata: { finalizers: null } } });
    await eventually(
      () => lab.client.ask(path),
      ({ status }) => status === 404,
    );
  },
});
