import { displayRef, type ObjectRef } from "@sluice/api";
import { isObject, type Json } from "@sluice/base";
import { KubeError } from "./errors.ts";
import { resourcePath, withQuery } from "./resource-path.ts";
import { type Call } from "./sender.ts";
import { factsWithoutAnswer } from "./status.ts";
import { type ApplyOptions, type PatchBody, type Resource, type WriteOptions } from "./types.ts";

/** What a call does to one resource; the rest of the Call follows from it. */
export interface CallSpec {
  action: string;
  verb: string;
  method: Call["method"];
  accept: string;
  idempotent: boolean;
  query?: Parameters<typeof withQuery>[1];
  subresource?: string | undefined;
  body?: string;
  contentType?: string;
  dryRun?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/** A call about one object; a create leaves the name out of the path. @throws {KubeError} BAD_REQUEST if its namespace is missing. */
export function objectCall(resource: Resource, ref: ObjectRef, spec: CallSpec): Call {
  const subject = displayRef(ref);
  if (resource.namespaced && !ref.namespace) throw refused(spec.action, subject, "it needs a namespace");
  const { namespace, name } = ref;
  const place = { namespace, subresource: spec.subresource, ...(spec.verb !== "create" && { name }) };
  if (spec.verb !== "create" && name === "") throw refused(spec.action, subject, "it needs a name");
  return callOf(resource, { spec, subject, path: resourcePath(resource, place) });
}

/** A call about all objects of a kind, or those of one namespace. */
export function kindCall(resource: Resource, namespace: string | undefined, spec: CallSpec): Call {
  const subject = resource.namespaced && namespace ? `${resource.plural} in ${namespace}` : resource.plural;
  return callOf(resource, { spec, subject, path: resourcePath(resource, { namespace }) });
}

/** Media types of patches. */
export const patchTypes = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** Query of a write. */
export function writeQuery(
  options: WriteOptions & Partial<Pick<ApplyOptions, "force">>,
): NonNullable<CallSpec["query"]> {
  const { fieldManager, fieldValidation, dryRun, force } = options;
  return { fieldManager, fieldValidation, dryRun: dryRun ? "All" : undefined, force: force ? true : undefined };
}

/**
 * True if applying `patch` twice gives what applying it once gives, or an error. Merges do; a JSON patch may append to a list,
 * unless it tests the resourceVersion.
 */
export function isIdempotent({ type, body }: PatchBody): boolean {
  if (type !== "json") return true;
  return Array.isArray(body) && body.some(testsVersion);
}

function testsVersion(operation: Json): boolean {
  return isObject(operation) && operation["op"] === "test" && operation["path"] === "/metadata/resourceVersion";
}

function callOf(resource: Resource, { spec, subject, path }: { spec: CallSpec; subject: string; path: string }): Call {
  const { action, verb, method, accept, idempotent, query = {}, subresource, body, contentType, dryRun, signal } = spec;
  return {
    action,
    subject,
    verb,
    resource: subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`,
    method,
    path: withQuery(path, query),
    headers: { accept, ...(contentType !== undefined && { "content-type": contentType }) },
    idempotent,
    ...(body !== undefined && { body }),
    dryRun: dryRun ?? false,
    signal,
  };
}

function refused(action: string, subject: string, message: string): KubeError {
  return new KubeError(
    "BAD_REQUEST",
    `Cannot ${action} "${subject}": ${message}`,
    factsWithoutAnswer("BadRequest", message),
  );
}
