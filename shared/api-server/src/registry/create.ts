import { randomUUID } from "node:crypto";
import { type KubeObject, type ObjectMeta } from "@sluice/api";
import { cloneJson, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource, subresourceOf } from "../discovery/resource.ts";
import { trackUpdate } from "../merge/server-side-apply.ts";
import { type FieldError } from "../schema/field-error.ts";
import { prepareBuiltIn } from "../schema/prepare/prepare-built-in.ts";
import { keyOf } from "../store/store.ts";
import { dropUnknownFields, refuseInvalid } from "./check-fields.ts";
import { type RegistryContext, storable, type WriteOptions, type Written } from "./context.ts";
import { generatedName } from "./names.ts";
import { refuseNamespace } from "./namespace-check.ts";
import { alreadyExists, forbidden, invalid, unknownError } from "./status-error.ts";

/** How an object is created. */
export interface CreateOptions extends WriteOptions {
  /** The object already carries its managedFields: it comes from a server-side apply. */
  tracked?: boolean;
}

/**
 * Stores a new object. `object` was checked by `identify` and belongs to the registry from here on.
 * @throws {StatusError} 400, 404 (no namespace), 409 (exists), 422.
 */
export function createObject(
  cx: RegistryContext,
  resource: Resource,
  object: KubeObject,
  options: CreateOptions,
): Written {
  refuseNamespace(cx, resource, object.metadata);
  if (resource.custom?.terminating) throw forbidden(resource, object.metadata.name ?? "", TERMINATING);
  const { metadata } = object;
  const warnings = dropUnknownFields(object, resource, options);
  prepareMetadata(cx, resource, metadata);
  if (!metadata.name) throw invalid(resource, "", [NAMELESS]);
  if (subresourceOf(resource, "status")) delete object["status"];
  resource.schema.defaults(object);
  const tracked = options.tracked ? object : track(cx, resource, object, options);
  prepare(cx, resource, tracked, options);
  refuseInvalid(cx, resource, { object: tracked, live: undefined });
  const key = keyOf(metadata.namespace, metadata.name);
  const collection = cx.store.collection(resource.collection);
  const taken = collection.get(key);
  if (taken) throw alreadyExists(resource, metadata.name, taken.object.metadata.deletionTimestamp !== undefined);
  if (options.dryRun) return { object: tracked, created: true, warnings };
  if (metadata.resourceVersion) throw unknownError("resourceVersion should not be set on objects to be created");
  const stored = collection.put(key, storable(resource, tracked));
  return { object: stored.object, stored, created: true, warnings };
}

/** What the server itself sets on the object: after tracking, because nobody owns it. */
function prepare(cx: RegistryContext, resource: Resource, object: KubeObject, { dryRun }: WriteOptions): void {
  cx.hooks.get(resource.collection)?.prepareCreate?.(object, dryRun);
  if (!resource.custom) prepareBuiltIn(object, undefined);
}

const TERMINATING = "create not allowed while custom resource definition is terminating";
const NAMELESS: FieldError = {
  type: "Required value",
  field: "metadata.name",
  detail: "name or generateName is required",
};

function track(cx: RegistryContext, resource: Resource, updated: KubeObject, options: WriteOptions): KubeObject {
  return trackUpdate({
    updated,
    manager: options.manager,
    schema: resource.schema,
    now: rfc3339(cx.clock.now()),
    ...(options.subresource !== undefined && { subresource: options.subresource }),
  });
}

/** What the server decides about a new object's metadata; whatever the client said about it is dropped. */
function prepareMetadata(cx: RegistryContext, resource: Resource, metadata: ObjectMeta): void {
  const given: JsonObject = metadata;
  for (const key of ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]) delete given[key];
  if (!metadata.name && metadata.generateName) metadata.name = generatedName(metadata.generateName);
  metadata.uid = randomUUID();
  metadata.creationTimestamp = rfc3339(cx.clock.now());
  if (resource.counted) metadata.generation = 1;
}

/** A copy of a stored object that may be changed. */
export function editable(object: KubeObject): KubeObject {
  return cloneJson<JsonObject>(object) as KubeObject;
}
