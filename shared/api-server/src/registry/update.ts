import { type KubeObject, type ObjectMeta } from "@sluice/api";
import { equalJson, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource, subresourceOf } from "../discovery/resource.ts";
import { trackUpdate } from "../merge/server-side-apply.ts";
import { prepareBuiltIn } from "../schema/prepare/prepare-built-in.ts";
import { type Collection } from "../store/collection.ts";
import { type Stored } from "../store/stored.ts";
import { dropUnknownFields, refuseInvalid } from "./check-fields.ts";
import { type RegistryContext, served, storable, type WriteOptions, type Written } from "./context.ts";
import { editable } from "./create.ts";
import { badRequest, conflict, invalid, modified, notFound, unknownError } from "./status-error.ts";

/** How an object is changed. */
export interface UpdateOptions extends WriteOptions {
  /** What becomes of the stored object; it is given a copy that it may change and return. */
  transform: (live: KubeObject) => KubeObject;
  /** The result already carries its managedFields: it comes from a server-side apply. */
  tracked?: boolean;
  /** A PUT: custom resources must then name the version they replace. */
  replace?: boolean;
}

/**
 * Changes one object. If nothing changes, nothing is written and the resource version stays.
 * @throws {StatusError} 400, 404, 409, 422.
 */
export function updateObject(cx: RegistryContext, resource: Resource, key: string, options: UpdateOptions): Written {
  const collection = cx.store.collection(resource.collection);
  const current = collection.get(key);
  if (!current) throw notFound(resource, nameOf(key));
  const live = served(resource, current.object);
  const object = options.transform(editable(live));
  checkVersion(resource, object, live, options);
  const warnings = dropUnknownFields(object, resource, options);
  keepSystemMetadata(object.metadata, live.metadata);
  const next = isolate(object, live, resource, options.subresource);
  resource.schema.defaults(next);
  const tracked = options.tracked ? next : track(cx, resource, { live, updated: next, options });
  prepare(cx, resource, { object: tracked, live, options });
  countGeneration(tracked, live, resource, options.subresource);
  refuseNewFinalizers(resource, tracked, live);
  refuseInvalid(cx, resource, { object: tracked, live });
  return commit(cx, { resource, collection, current, live }, { object: tracked, warnings, dryRun: options.dryRun });
}

/** What the server itself sets on the object: after tracking, because nobody owns it. */
function prepare(
  cx: RegistryContext,
  resource: Resource,
  { object, live, options }: { object: KubeObject; live: KubeObject; options: UpdateOptions },
): void {
  cx.hooks.get(resource.collection)?.prepareUpdate?.(object, live, options.dryRun);
  if (!resource.custom && options.subresource !== "finalize") prepareBuiltIn(object, live);
}

function nameOf(key: string): string {
  return key.slice(key.indexOf("/") + 1);
}

function track(
  cx: RegistryContext,
  resource: Resource,
  write: { live: KubeObject; updated: KubeObject; options: UpdateOptions },
): KubeObject {
  const { live, updated, options } = write;
  return trackUpdate({
    live,
    updated,
    manager: options.manager,
    schema: resource.schema,
    now: rfc3339(cx.clock.now()),
    ...(options.subresource !== undefined && { subresource: options.subresource }),
  });
}

type Place = { resource: Resource; collection: Collection; current: Stored; live: KubeObject };

function commit(
  cx: RegistryContext,
  { resource, collection, current, live }: Place,
  { object, warnings, dryRun }: { object: KubeObject; warnings: string[]; dryRun: boolean },
): Written {
  object.metadata.resourceVersion = String(current.revision);
  if (finished(cx, resource, object)) {
    if (!dryRun) collection.delete(current.key, storable(resource, object));
    return { object, created: false, warnings };
  }
  if (equalJson(object as JsonObject, live as JsonObject)) {
    return { object: live, stored: current, created: false, warnings };
  }
  if (dryRun) return { object, created: false, warnings };
  const stored = collection.put(current.key, storable(resource, object));
  return { object: served(resource, stored.object), stored, created: false, warnings };
}

/** True if the object only waited for its finalizers, and the last one is gone. */
export function finished(cx: RegistryContext, resource: Resource, object: KubeObject): boolean {
  const { deletionTimestamp, finalizers, deletionGracePeriodSeconds } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0 || (deletionGracePeriodSeconds ?? 0) > 0)
    return false;
  return cx.hooks.get(resource.collection)?.heldBack?.(object) !== true;
}

function checkVersion(resource: Resource, object: KubeObject, live: KubeObject, options: UpdateOptions): void {
  const { resourceVersion: given, uid } = object.metadata;
  const name = live.metadata.name;
  if (options.replace && resource.custom && !given) {
    const detail = "must be specified for an update";
    const shown = { group: resource.group, kind: resource.plural };
    throw invalid(shown, name, [{ type: "Invalid value", field: "metadata.resourceVersion", value: 0, detail }]);
  }
  if (given !== undefined && given !== "" && !/^[0-9]+$/.test(given)) {
    throw unknownError(`strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`);
  }
  if (given && given !== "0" && given !== live.metadata.resourceVersion) throw modified(resource, name);
  if (uid !== undefined && uid !== live.metadata.uid) throw conflict(resource, name, uidMismatch(resource, live, uid));
  refuseRename(object, live);
}

function uidMismatch(resource: Resource, live: KubeObject, uid: string): string {
  const { namespace, name } = live.metadata;
  const path = ["/registry", resource.plural, namespace, name].filter((part) => part !== undefined).join("/");
  return `StorageError: invalid object, Code: 4, Key: ${path}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${live.metadata.uid}`;
}

function refuseRename(object: KubeObject, live: KubeObject): void {
  const { name, namespace } = live.metadata;
  if (object.metadata.name !== name) {
    throw badRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`);
  }
  if (object.metadata.namespace === namespace) return;
  throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
}

/** The server owns these; a client that leaves them out or changes them is overruled. */
const SYSTEM_METADATA = [
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "generation",
  "generateName",
] as const;

function keepSystemMetadata(metadata: ObjectMeta, live: ObjectMeta): void {
  const target: JsonObject = metadata;
  for (const key of SYSTEM_METADATA) {
    const value = (live as JsonObject)[key];
    if (value === undefined) delete target[key];
    else target[key] = value;
  }
  delete target["selfLink"];
}

/** A write of the object cannot touch its status, and a write of the status nothing else. */
function isolate(
  object: KubeObject,
  live: KubeObject,
  resource: Resource,
  subresource: string | undefined,
): KubeObject {
  if (subresource === "status" || subresource === "approval") return withPart(live, object, "status");
  if (subresource === "finalize") return withPart(live, object, "spec");
  if (!subresourceOf(resource, "status")) return object;
  if (live["status"] === undefined) delete object["status"];
  else object["status"] = live["status"];
  return object;
}

function withPart(live: KubeObject, object: KubeObject, part: "status" | "spec"): KubeObject {
  const next = editable(live);
  if (object[part] === undefined) delete next[part];
  else next[part] = object[part];
  const { managedFields } = object.metadata;
  if (managedFields) next.metadata.managedFields = managedFields;
  return next;
}

function countGeneration(
  next: KubeObject,
  live: KubeObject,
  resource: Resource,
  subresource: string | undefined,
): void {
  if (!resource.counted || subresource === "binding") return;
  const counted = (object: KubeObject): JsonObject => {
    const { apiVersion: _a, kind: _k, metadata: _m, ...rest } = object;
    if (subresourceOf(resource, "status")) delete rest["status"];
    return rest;
  };
  const moved = !equalJson(counted(next), counted(live));
  next.metadata.generation = (live.metadata.generation ?? 0) + (moved ? 1 : 0);
}

function refuseNewFinalizers(resource: Resource, next: KubeObject, live: KubeObject): void {
  if (live.metadata.deletionTimestamp === undefined) return;
  const added = (next.metadata.finalizers ?? []).filter((name) => !live.metadata.finalizers?.includes(name));
  if (added.length === 0) return;
  const shown = `[]string{${added.map((name) => JSON.stringify(name)).join(", ")}}`;
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers ${shown}`;
  throw invalid(resource, live.metadata.name, [{ type: "Forbidden", field: "metadata.finalizers", detail }]);
}
