import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { type RegistryContext } from "../registry/context.ts";
import { deleteObject } from "../registry/delete.ts";
import { forbidden } from "../registry/status-error.ts";
import { updateObject } from "../registry/update.ts";
import { type Stored } from "../store/stored.ts";
import { CONTROLLER_MANAGER, type LifecycleContext } from "./context.ts";
import { addHook } from "./initial-status.ts";
import { namespaceDefaults } from "./namespace-defaults.ts";
import { WorkQueue } from "./work-queue.ts";

const NAMESPACES = "/namespaces";

/** @source kube-apiserver's NamespaceLifecycle admission */
const IMMORTAL: ReadonlySet<string> = new Set(["default", "kube-public", "kube-system"]);

/** Fills new namespaces, and empties and removes those that are deleted. */
export function startNamespaces(cx: LifecycleContext): Disposable {
  const { registry, hooks, log } = cx;
  addHook(hooks, NAMESPACES, {
    heldBack: (object) => finalizersOf(object).length > 0,
    prepareDelete(object) {
      if (IMMORTAL.has(object.metadata.name))
        throw forbidden({ group: "", plural: "namespaces" }, object.metadata.name, "this namespace may not be deleted");
      delete object.metadata.deletionGracePeriodSeconds;
      object["status"] = { ...(isObject(object["status"]) ? object["status"] : {}), phase: "Terminating" };
    },
    prepareUpdate(object) {
      if (object.metadata.deletionTimestamp === undefined) return;
      object["status"] = { ...(isObject(object["status"]) ? object["status"] : {}), phase: "Terminating" };
    },
  });
  const queue = new WorkQueue({ handle: (name) => settleNamespace(registry, name), clock: registry.clock, log });
  const terminating = (name: string | undefined) =>
    name !== undefined &&
    registry.store.collection(NAMESPACES).get(name)?.object.metadata.deletionTimestamp !== undefined;
  registry.store.onChange((collection, { type, stored }) => {
    if (collection.id === NAMESPACES && type !== "DELETED") queue.add(stored.key);
    else if (terminating(stored.object.metadata.namespace)) queue.add(stored.object.metadata.namespace as string);
  });
  return queue;
}

/** Names in `spec.finalizers`. */
function finalizersOf(namespace: KubeObject): Json[] {
  const spec = isObject(namespace["spec"]) ? namespace["spec"] : {};
  return Array.isArray(spec["finalizers"]) ? spec["finalizers"] : [];
}

function settleNamespace(cx: RegistryContext, name: string): void {
  const found = cx.store.collection(NAMESPACES).get(name);
  if (!found) return;
  if (found.object.metadata.deletionTimestamp === undefined) return namespaceDefaults(cx, name);
  deleteContents(cx, name);
  const left = contentsOf(cx, name);
  if (left.length > 0) writeStatus(cx, name, left);
  else if (finalizersOf(found.object).includes("kubernetes")) finalize(cx, name);
}

type Content = { resource: Resource; stored: Stored };

function contentsOf(cx: RegistryContext, namespace: string): Content[] {
  const seen = new Set<string>();
  const contents: Content[] = [];
  for (const resource of cx.catalog.all()) {
    if (!resource.namespaced || seen.has(resource.collection)) continue;
    seen.add(resource.collection);
    for (const stored of cx.store.collection(resource.collection).list(`${namespace}/`))
      contents.push({ resource, stored });
  }
  return contents;
}

function deleteContents(cx: RegistryContext, namespace: string): void {
  for (const { resource, stored } of contentsOf(cx, namespace)) {
    const still = cx.store.collection(resource.collection).get(stored.key);
    if (!still || still.object.metadata.deletionTimestamp !== undefined) continue;
    deleteObject(cx, resource, stored.key, { dryRun: false, propagation: "Background", gracePeriodSeconds: 0 });
  }
}

/** The last step: without its finalizer the namespace vanishes. */
function finalize(cx: RegistryContext, name: string): void {
  change(cx, name, "finalize", (live) => {
    live["spec"] = {
      ...(live["spec"] as JsonObject),
      finalizers: finalizersOf(live).filter((item) => item !== "kubernetes"),
    };
  });
}

function writeStatus(cx: RegistryContext, name: string, left: readonly Content[]): void {
  change(cx, name, "status", (live) => {
    const status = isObject(live["status"]) ? live["status"] : {};
    live["status"] = { ...status, conditions: conditionsOf(cx, status, left) };
  });
}

function change(cx: RegistryContext, name: string, subresource: string, edit: (live: KubeObject) => void): void {
  const resource = cx.catalog.find("", "v1", "namespaces") as Resource;
  updateObject(cx, resource, name, {
    dryRun: false,
    manager: CONTROLLER_MANAGER,
    fieldValidation: "Ignore",
    subresource,
    transform(live) {
      edit(live);
      return live;
    },
  });
}

/** What holds the namespace, in the namespace controller's words. @source `pkg/controller/namespace/deletion/status_condition_utils.go` */
function conditionsOf(cx: RegistryContext, status: JsonObject, left: readonly Content[]): JsonObject[] {
  const resources = counts(
    left.map(({ resource }) => (resource.group ? `${resource.plural}.${resource.group}` : `${resource.plural}.`)),
  );
  const finalizers = counts(left.flatMap(({ stored }) => stored.object.metadata.finalizers ?? []));
  const remaining = [...resources].map(([name, count]) => `${name} has ${count} resource instances`).join(", ");
  const waiting = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).join(", ");
  const content = `Some resources are remaining: ${remaining}`;
  const inContent = `Some content in the namespace has finalizers remaining: ${waiting}`;
  const wanted: JsonObject[] = [
    {
      type: "NamespaceDeletionDiscoveryFailure",
      status: "False",
      reason: "ResourcesDiscovered",
      message: "All resources successfully discovered",
    },
    {
      type: "NamespaceDeletionGroupVersionParsingFailure",
      status: "False",
      reason: "ParsedGroupVersions",
      message: "All legacy kube types successfully parsed",
    },
    {
      type: "NamespaceDeletionContentFailure",
      status: "False",
      reason: "ContentDeleted",
      message: "All content successfully deleted, may be waiting on finalization",
    },
    { type: "NamespaceContentRemaining", status: "True", reason: "SomeResourcesRemain", message: content },
    {
      type: "NamespaceFinalizersRemaining",
      ...(finalizers.size > 0
        ? { status: "True", reason: "SomeFinalizersRemain", message: inContent }
        : { status: "False", reason: "ContentHasNoFinalizers", message: "All content-preserving finalizers finished" }),
    },
  ];
  return wanted.map((condition) => withTransition(cx, status, condition));
}

function counts(names: readonly string[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of [...names].sort()) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}

function withTransition(cx: RegistryContext, status: JsonObject, condition: JsonObject): JsonObject {
  const known = Array.isArray(status["conditions"]) ? status["conditions"].filter(isObject) : [];
  const before = known.find((candidate) => candidate["type"] === condition["type"]);
  const same = before?.["status"] === condition["status"];
  const lastTransitionTime = same ? before?.["lastTransitionTime"] : rfc3339(cx.clock.now());
  return { ...condition, lastTransitionTime };
}
