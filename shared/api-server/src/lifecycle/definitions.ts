import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type Json, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { type RegistryContext } from "../registry/context.ts";
import { deleteObject } from "../registry/delete.ts";
import { updateObject } from "../registry/update.ts";
import { type Stored } from "../store/stored.ts";
import { type LifecycleContext } from "./context.ts";
import { customResources, namesOf, storageVersionOf } from "./custom-resources.ts";
import { addHook } from "./initial-status.ts";
import { nameConflict } from "./name-conflicts.ts";
import { WorkQueue } from "./work-queue.ts";

const DEFINITIONS = "apiextensions.k8s.io/customresourcedefinitions";
/** Holds a definition until its objects are gone. */
const CLEANUP = "customresourcecleanup.apiextensions.k8s.io";

/** Serves what CustomResourceDefinitions define, from the moment they are stored until their objects are gone. */
export function startDefinitions(cx: LifecycleContext): Disposable {
  const { registry, hooks, log } = cx;
  addHook(hooks, DEFINITIONS, {
    prepareCreate(object) {
      const acceptedNames = { plural: "", kind: "" };
      object["status"] = { conditions: null, acceptedNames, storedVersions: storedVersionsAfter([], object) };
    },
    prepareUpdate(object) {
      rememberStoredVersion(object);
    },
    prepareDelete(object) {
      delete object.metadata.deletionGracePeriodSeconds;
      if (object.metadata.generation !== undefined) object.metadata.generation--;
      object.metadata.finalizers = [...(object.metadata.finalizers ?? []).filter((name) => name !== CLEANUP), CLEANUP];
    },
  });
  const serving = new Map<string, Resource[]>();
  const queue = new WorkQueue({ handle: (name) => settle(registry, name, serving), clock: registry.clock, log });
  registry.store.onChange((collection, { type, stored, previous }) => {
    if (collection.id === DEFINITIONS) {
      if (type === "DELETED") withdraw(registry, stored.key, serving);
      else if (needsServing(stored, previous)) serve(registry, stored, serving);
      queue.add(stored.key);
    } else if (type === "DELETED" && collection.size === 0) queueOwner(registry, collection.id, queue);
  });
  for (const stored of registry.store.collection(DEFINITIONS).list()) serve(registry, stored, serving);
  return queue;
}

/** Changes of the status alone serve nothing new. */
function needsServing({ object }: Stored, previous: Stored | undefined): boolean {
  if (!previous) return true;
  const { metadata } = previous.object;
  return (
    !equalJson(object["spec"], previous.object["spec"]) ||
    object.metadata.deletionTimestamp !== metadata.deletionTimestamp
  );
}

/** Once the last object of a custom resource is gone, its definition may go too. */
function queueOwner({ catalog }: RegistryContext, collection: string, queue: WorkQueue): void {
  const custom = catalog.ofCollection(collection)?.custom;
  if (custom?.terminating) queue.add(custom.definition);
}

function serve(cx: RegistryContext, { key, object }: Stored, serving: Map<string, Resource[]>): void {
  withdraw(cx, key, serving);
  if (nameConflict(cx.catalog, object)) return;
  const resources = customResources(object);
  for (const resource of resources) cx.catalog.add(resource);
  serving.set(key, resources);
}

function withdraw({ catalog }: RegistryContext, name: string, serving: Map<string, Resource[]>): void {
  for (const resource of serving.get(name) ?? []) catalog.remove(resource);
  serving.delete(name);
}

/** Brings a definition's status up to date, or cleans up behind it. */
function settle(cx: RegistryContext, name: string, serving: ReadonlyMap<string, Resource[]>): void {
  const stored = cx.store.collection(DEFINITIONS).get(name);
  if (!stored) return;
  const { deletionTimestamp, finalizers } = stored.object.metadata;
  if (deletionTimestamp !== undefined && finalizers?.includes(CLEANUP))
    return cleanUp(cx, name, serving.get(name) ?? []);
  writeStatus(cx, name, (status, object) =>
    acceptance(cx, { status, object, conflict: conflictOf(cx, object, serving.has(name)) }),
  );
}

function conflictOf(cx: RegistryContext, object: KubeObject, served: boolean): string | undefined {
  return served ? undefined : nameConflict(cx.catalog, object);
}

function cleanUp(cx: RegistryContext, name: string, resources: readonly Resource[]): void {
  const [resource] = resources;
  writeStatus(cx, name, (status) => withCondition(cx, status, terminatingCondition));
  const collection = resource && cx.store.collection(resource.collection);
  for (const { key, object } of collection?.list() ?? []) {
    if (object.metadata.deletionTimestamp === undefined && resource) deleteObject(cx, resource, key, { dryRun: false });
  }
  if (collection && collection.size > 0) return;
  updateObject(cx, definitions(cx), name, {
    ...BY_SERVER,
    transform(live) {
      live.metadata.finalizers = (live.metadata.finalizers ?? []).filter((finalizer) => finalizer !== CLEANUP);
      return live;
    },
  });
}

const BY_SERVER = { dryRun: false, manager: "kube-apiserver", fieldValidation: "Ignore" } as const;
const terminatingCondition = {
  type: "Terminating",
  status: "True",
  reason: "InstanceDeletionInProgress",
  message: "CustomResource deletion is in progress",
};

function definitions({ catalog }: RegistryContext): Resource {
  return catalog.find("apiextensions.k8s.io", "v1", "customresourcedefinitions") as Resource;
}

function writeStatus(
  cx: RegistryContext,
  name: string,
  edit: (status: JsonObject, object: KubeObject) => JsonObject,
): void {
  updateObject(cx, definitions(cx), name, {
    ...BY_SERVER,
    subresource: "status",
    transform(live) {
      live["status"] = edit(isObject(live["status"]) ? live["status"] : {}, live);
      return live;
    },
  });
}

type Acceptance = { status: JsonObject; object: KubeObject; conflict: string | undefined };

/** @source `k8s.io/apiextensions-apiserver/pkg/controller/status` and `establish` */
function acceptance(cx: RegistryContext, { status, object, conflict }: Acceptance): JsonObject {
  const wasEstablished = conditionsOf(status).some(
    ({ type, status: value }) => type === "Established" && value === "True",
  );
  const accepted =
    conflict === undefined
      ? { status: "True", reason: "NoConflicts", message: "no conflicts found" }
      : { status: "False", reason: "PluralConflict", message: conflict };
  const named = withCondition(cx, status, { type: "NamesAccepted", ...accepted });
  if (conflict !== undefined && wasEstablished) return named;
  const established =
    conflict === undefined
      ? { status: "True", reason: "InitialNamesAccepted", message: "the initial names have been accepted" }
      : { status: "False", reason: "NotAccepted", message: "not all names are accepted" };
  const next = withCondition(cx, named, { type: "Established", ...established });
  return conflict === undefined ? { ...next, acceptedNames: namesOf(object) } : next;
}

function conditionsOf(status: JsonObject): JsonObject[] {
  return Array.isArray(status["conditions"]) ? status["conditions"].filter(isObject) : [];
}

function withCondition(cx: RegistryContext, status: JsonObject, wanted: JsonObject): JsonObject {
  const conditions = conditionsOf(status);
  const before = conditions.find(({ type }) => type === wanted["type"]);
  if (before && before["status"] === wanted["status"] && before["message"] === wanted["message"]) return status;
  const lastTransitionTime =
    before?.["status"] === wanted["status"] ? before?.["lastTransitionTime"] : rfc3339(cx.clock.now());
  const { type, status: value, reason, message } = wanted;
  const condition: JsonObject = { type, status: value, lastTransitionTime, reason, message };
  const others = conditions.map((known) => (known === before ? condition : known));
  return { ...status, conditions: before ? others : [...conditions, condition] };
}

function rememberStoredVersion(object: KubeObject): void {
  const status = isObject(object["status"]) ? object["status"] : {};
  const stored = Array.isArray(status["storedVersions"]) ? status["storedVersions"] : [];
  object["status"] = { ...status, storedVersions: storedVersionsAfter(stored, object) };
}

/** Every version in which objects may be stored; a definition that says none is about to be refused. */
function storedVersionsAfter(stored: readonly Json[], object: KubeObject): Json[] {
  const version = storageVersionOf(object);
  return version === "" || stored.includes(version) ? [...stored] : [...stored, version];
}
