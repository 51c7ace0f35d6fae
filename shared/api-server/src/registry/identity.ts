import { type KubeObject } from "@sluice/api";
import { cloneJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { definitionOfKind } from "../schema/definitions.ts";
import { badRequest, invalid } from "./status-error.ts";

/** The object a request is about: its path. `name` is absent where the body names it. */
export interface Target {
  namespace: string | undefined;
  name?: string;
}

/**
 * Checks that a decoded body is an object of the resource and of the place it was sent to, and fills in what the
 * path already says. The body is changed in place.
 * @throws {StatusError} 400 with the API server's text.
 * @throws {ObjectError} DECODE_INVALID for metadata of the wrong type.
 */
export function identify(body: Json, resource: Resource, target: Target): KubeObject {
  if (!isObject(body)) throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  checkKind(body, resource);
  return placed(body, resource, target);
}

/** A body whose kind is known to be right, with well-typed metadata that is of its place. */
export function placed(body: JsonObject, resource: Resource, target: Target): KubeObject {
  checkMetadata(body, resource);
  const object = body as KubeObject;
  checkPlace(object, resource, target);
  return object;
}

function checkKind(body: JsonObject, resource: Resource): void {
  const apiVersion = apiVersionOf(resource);
  if (resource.custom) return checkCustomKind(body, resource, apiVersion);
  body["kind"] ??= resource.kind;
  body["apiVersion"] ??= apiVersion;
  const { kind, apiVersion: given } = body;
  if (kind === resource.kind && given === apiVersion) return;
  const version = typeof given === "string" ? given : "";
  const shown = `${String(kind)} in version ${JSON.stringify(version.slice(version.indexOf("/") + 1))}`;
  throw badRequest(`${shown} cannot be handled as a ${resource.kind}: ${kindMismatch(body, resource)}`);
}

function checkCustomKind(body: JsonObject, resource: Resource, apiVersion: string): void {
  const given = typeof body["apiVersion"] === "string" ? body["apiVersion"] : "";
  const kind = typeof body["kind"] === "string" ? body["kind"] : "";
  if (kind === "") {
    throw badRequest(
      `the object provided is unrecognized (must be of type ${resource.kind}): couldn't get version/kind; Object 'Kind' is missing in '${JSON.stringify(body, bigIntAsNumber)}'`,
    );
  }
  if (given !== apiVersion) {
    throw badRequest(`the API version in the data (${given}) does not match the expected API version (${apiVersion})`);
  }
  if (kind === resource.kind) return;
  const name =
    isObject(body["metadata"]) && typeof body["metadata"]["name"] === "string" ? body["metadata"]["name"] : "";
  const detail = `must be ${resource.kind}`;
  throw invalid({ group: resource.group, kind }, name, [{ type: "Invalid value", field: "kind", value: kind, detail }]);
}

function bigIntAsNumber(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}

/** Why the kind of a built-in object is not the resource's. */
export function kindMismatch(body: JsonObject, resource: Resource): string {
  const given = typeof body["apiVersion"] === "string" ? body["apiVersion"] : "";
  const kind = typeof body["kind"] === "string" ? body["kind"] : "";
  if (definitionOfKind(given, kind) === undefined) {
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(given)} in scheme "pkg/runtime/scheme.go:111"`;
  }
  const inner = `${internalPackage(resource.group)}.${resource.kind}`;
  return `converting (${goPackage(given)}.${kind}) to (${inner}): unknown conversion`;
}

/** Name of the Go package that holds a version's types. */
function goPackage(apiVersion: string): string {
  return apiVersion.slice(apiVersion.indexOf("/") + 1);
}

function internalPackage(group: string): string {
  return group === "" ? "core" : (group.split(".")[0] ?? "");
}

const META_TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  name: isText,
  generateName: isText,
  namespace: isText,
  uid: isText,
  resourceVersion: isText,
  labels: isTextMap,
  annotations: isTextMap,
  finalizers: (value) => Array.isArray(value) && value.every(isText),
  ownerReferences: (value) => Array.isArray(value) && value.every(isObject),
  managedFields: (value) => Array.isArray(value) && value.every(isObject),
  generation: (value) => typeof value === "number",
};

/** Everything below relies on these types. Nulls in metadata mean absent; what else is wrong the kind's own decoder says. */
function checkMetadata(body: JsonObject, resource: Resource): void {
  body["metadata"] ??= {};
  const { metadata } = body;
  if (isObject(metadata)) for (const key of Object.keys(metadata)) if (metadata[key] === null) delete metadata[key];
  if (isObject(metadata) && Object.keys(metadata).every((key) => META_TYPES[key]?.(metadata[key] ?? null) !== false))
    return;
  const decoded = cloneJson(body) as KubeObject;
  resource.schema.defaults(decoded);
  body["metadata"] = decoded.metadata;
}

function checkPlace(object: KubeObject, resource: Resource, target: Target): void {
  const { metadata } = object;
  if (!resource.namespaced) delete metadata.namespace;
  else if (metadata.namespace === undefined || metadata.namespace === "") metadata.namespace = target.namespace ?? "";
  else if (metadata.namespace !== target.namespace) {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  if (target.name === undefined) return;
  if (!metadata.name)
    throw badRequest(`the name of the object (${target.name} based on URL) was undeterminable: name must be provided`);
  if (metadata.name === target.name) return;
  throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${target.name})`);
}

function isText(value: Json): boolean {
  return typeof value === "string";
}

function isTextMap(value: Json): boolean {
  return isObject(value) && Object.values(value).every((item) => item === null || typeof item === "string");
}
