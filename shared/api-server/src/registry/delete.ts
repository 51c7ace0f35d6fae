import { type KubeObject } from "@sluice/api";
import { equalJson, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { type Stored } from "../store/stored.ts";
import { type RegistryContext, served, storable } from "./context.ts";
import { editable } from "./create.ts";
import { conflict, notFound } from "./status-error.ts";
import { finished } from "./update.ts";

/** What becomes of the objects that an object owns. */
export type Propagation = "Foreground" | "Background" | "Orphan";

export interface DeleteOptions {
  dryRun: boolean;
  /** Default: the kind's own (`Background` for nearly all). */
  propagation?: Propagation;
  /** Seconds a pod is given to end; 0: at once. */
  gracePeriodSeconds?: number;
  preconditions?: { uid?: string; resourceVersion?: string };
}

/** The outcome of a deletion. */
export interface Deleted {
  /** The object as it is now, or as it last was. */
  object: KubeObject;
  /** False: it stays, marked, until its finalizers are gone or its grace is over. */
  gone: boolean;
}

/** The finalizers by which the garbage collector works. */
export const ORPHAN = "orphan";
export const FOREGROUND = "foregroundDeletion";

/** Seconds a running pod is given unless someone says otherwise. */
const POD_GRACE_SECONDS = 30;

/**
 * Deletes one object, or marks it so that whoever put a finalizer on it can clean up.
 * @throws {StatusError} 404, 409 (preconditions).
 */
export function deleteObject(cx: RegistryContext, resource: Resource, key: string, options: DeleteOptions): Deleted {
  const collection = cx.store.collection(resource.collection);
  const current = collection.get(key);
  if (!current) throw notFound(resource, key.slice(key.indexOf("/") + 1));
  checkPreconditions(resource, current, options);
  const next = marked(cx, resource, current, options);
  if (finished(cx, resource, next)) {
    const last = options.dryRun ? undefined : collection.delete(key, current.object);
    return { object: served(resource, last?.object ?? current.object), gone: true };
  }
  if (options.dryRun || equalJson(next as JsonObject, current.object as JsonObject)) {
    return { object: served(resource, next), gone: false };
  }
  return { object: served(resource, collection.put(key, storable(resource, next)).object), gone: false };
}

function checkPreconditions(resource: Resource, { object }: Stored, { preconditions = {} }: DeleteOptions): void {
  const { uid, resourceVersion, name } = object.metadata;
  const shown = { group: resource.group, plural: resource.kind };
  if (preconditions.uid !== undefined && preconditions.uid !== uid) {
    const why = `the UID in the precondition (${preconditions.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`;
    throw conflict(shown, name, why);
  }
  if (preconditions.resourceVersion !== undefined && preconditions.resourceVersion !== resourceVersion) {
    const why = `the ResourceVersion in the precondition (${preconditions.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`;
    throw conflict(shown, name, why);
  }
}

/** The object as it is once its deletion has begun. */
function marked(cx: RegistryContext, resource: Resource, current: Stored, options: DeleteOptions): KubeObject {
  const next = editable(current.object);
  const { metadata } = next;
  const finalizers = finalizersAfter(metadata.finalizers ?? [], resource, options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  const grace = graceOf(resource, next, options);
  const first = metadata.deletionTimestamp === undefined;
  if (first || grace < (metadata.deletionGracePeriodSeconds ?? 0)) {
    metadata.deletionTimestamp = rfc3339(cx.clock.now() + grace * 1000);
    metadata.deletionGracePeriodSeconds = grace;
  }
  if (first && metadata.generation !== undefined) metadata.generation++;
  if (first) cx.hooks.get(resource.collection)?.prepareDelete?.(next);
  return next;
}

function finalizersAfter(now: readonly string[], resource: Resource, options: DeleteOptions): string[] {
  const propagation = options.propagation ?? defaultPropagation(resource, now);
  const others = now.filter((name) => name !== ORPHAN && name !== FOREGROUND);
  if (propagation === "Orphan") return [...others, ORPHAN];
  return propagation === "Foreground" ? [...others, FOREGROUND] : others;
}

/** A finalizer that is already there says how the object wants to be deleted. */
function defaultPropagation(resource: Resource, finalizers: readonly string[]): Propagation {
  if (finalizers.includes(ORPHAN)) return "Orphan";
  if (finalizers.includes(FOREGROUND)) return "Foreground";
  return resource.collection === "batch/jobs" || resource.collection === "/replicationcontrollers"
    ? "Orphan"
    : "Background";
}

/** Only a pod that runs on a node is given time. */
function graceOf(resource: Resource, object: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  if (resource.collection !== "/pods") return 0;
  const spec = object["spec"] as JsonObject | undefined;
  const phase = (object["status"] as JsonObject | undefined)?.["phase"];
  if (!spec?.["nodeName"] || phase === "Succeeded" || phase === "Failed") return 0;
  const own = spec["terminationGracePeriodSeconds"];
  return Math.max(0, gracePeriodSeconds ?? (typeof own === "number" ? own : POD_GRACE_SECONDS));
}
