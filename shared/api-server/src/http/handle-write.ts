import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, rfc3339, stringifyJson } from "@sluice/base";
import { applyServerSide } from "../merge/server-side-apply.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicMergePatch } from "../patch/strategic-merge-patch.ts";
import { ordered, served, type WriteOptions, type Written } from "../registry/context.ts";
import { createObject } from "../registry/create.ts";
import { identify } from "../registry/identity.ts";
import { badRequest, invalidOption, methodNotAllowed, notFound, StatusError } from "../registry/status-error.ts";
import { updateObject } from "../registry/update.ts";
import { keyOf } from "../store/store.ts";
import { answerText } from "./answer.ts";
import { decodeApply, decodePatch, mediaType, readBody, readObject } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { tableText } from "./handle-table.ts";
import { objectText, partialOf, partialText } from "./texts.ts";
import { writeOptions } from "./write-options.ts";

/** POST to a collection. */
export async function handleCreate(exchange: ResourceExchange): Promise<void> {
  const { server, resource, target } = exchange;
  const options = writeOptions(exchange, "CreateOptions");
  const { value, duplicates } = await readObject(exchange, resource.kind);
  const object = identify(value, resource, target);
  answerWritten(exchange, createObject(server.registry, resource, object, { ...options, decodeWarnings: duplicates }));
}

/** PUT to an object or one of its subresources. */
export async function handleReplace(exchange: ResourceExchange): Promise<void> {
  const { server, resource, target } = exchange;
  const options = writeOptions(exchange, "UpdateOptions");
  const { value, duplicates } = await readObject(exchange, resource.kind);
  const object = identify(value, resource, target);
  const written = updateObject(server.registry, resource, keyFor(exchange), {
    ...options,
    decodeWarnings: duplicates,
    replace: true,
    transform: () => object,
  });
  answerWritten(exchange, written);
}

/** PATCH of an object or one of its subresources. */
export async function handlePatch(exchange: ResourceExchange): Promise<void> {
  const type = mediaType(exchange.request.headers["content-type"]);
  if (type === "application/apply-patch+yaml") return handleApply(exchange);
  const transform = patcherOf(exchange, type);
  const options = writeOptions(exchange, "PatchOptions");
  const patch = decodePatch(await readBody(exchange.request));
  const { resource, target, server } = exchange;
  const written = updateObject(server.registry, resource, keyFor(exchange), {
    ...options,
    transform: (live) => identify(transform(live, patch), resource, target),
  });
  answerWritten(exchange, written);
}

type Patcher = (live: KubeObject, patch: Json) => Json;

function patcherOf({ resource }: ResourceExchange, type: string): Patcher {
  if (type === "application/json-patch+json") return jsonPatch;
  if (type === "application/merge-patch+json") return (live, patch) => mergePatch(live, patchObject(patch));
  if (type === "application/strategic-merge-patch+json" && !resource.custom) {
    return (live, patch) => strategicMergePatch(live, patchObject(patch), resource.schema);
  }
  throw unsupportedPatch(type, resource.custom !== undefined);
}

/** @throws {StatusError} 400 if the patch is no object. */
function patchObject(patch: Json): JsonObject {
  if (isObject(patch)) return patch;
  const type = Array.isArray(patch)
    ? "array"
    : patch === null
      ? "null"
      : typeof patch === "boolean"
        ? "bool"
        : typeof patch;
  throw badRequest(
    `error decoding patch: json: cannot unmarshal ${type} into Go value of type map[string]interface {}`,
  );
}

function unsupportedPatch(type: string, custom: boolean): StatusError {
  if (custom && type === "application/strategic-merge-patch+json") {
    const types = "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";
    const message = `the body of the request was in an unknown format - accepted media types include: ${types}`;
    return new StatusError("UnsupportedMediaType", message, { httpCode: 415 });
  }
  const message = "415: Unsupported Media Type";
  return new StatusError("UnsupportedMediaType", message, { httpCode: 415, details: {} });
}

/** Server-side apply: changes the object, or creates it if it is not there. */
async function handleApply(exchange: ResourceExchange): Promise<void> {
  const { resource, target, server, request, query } = exchange;
  const options = writeOptions(exchange, "PatchOptions");
  if (!query.get("fieldManager")) throw managerRequired();
  const applied = identify(decodeApply(await readBody(request)), resource, target);
  const transform = (live: KubeObject | undefined) => apply(exchange, { live, applied, options });
  const key = keyFor(exchange);
  const existing = server.registry.store.collection(resource.collection).get(key);
  if (existing)
    answerWritten(exchange, updateObject(server.registry, resource, key, { ...options, tracked: true, transform }));
  else answerWritten(exchange, createByApply(exchange, transform(undefined), options));
}

function createByApply(exchange: ResourceExchange, object: KubeObject, options: WriteOptions): Written {
  const { server, resource, target } = exchange;
  if (exchange.subresource !== undefined) throw notFound(resource, target.name ?? "");
  if (!resource.verbs.includes("create")) throw methodNotAllowed();
  return createObject(server.registry, resource, object, { ...options, tracked: true });
}

function apply(
  { server, resource, query }: ResourceExchange,
  request: { live: KubeObject | undefined; applied: KubeObject; options: WriteOptions },
): KubeObject {
  const { live, applied, options } = request;
  return applyServerSide({
    applied,
    manager: options.manager,
    force: query.get("force") === "true" || query.get("force") === "1",
    schema: resource.schema,
    now: rfc3339(server.clock.now()),
    ...(live && { live: served(resource, live) }),
    ...(options.subresource !== undefined && { subresource: options.subresource }),
  });
}

function managerRequired(): StatusError {
  const detail = "is required for apply patch";
  return invalidOption("PatchOptions", [{ type: "Required value", field: "fieldManager", detail }]);
}

/** The store's key of the object that the path names. */
export function keyFor({ target }: ResourceExchange): string {
  return keyOf(target.namespace, target.name ?? "");
}

/** Ends the response with a written object in the shape that was asked for. */
export function answerWritten(exchange: ResourceExchange, written: Written): void {
  const { accepted, response, resource, query } = exchange;
  const { object, stored, created } = written;
  const text = () => {
    if (accepted.shape === "table")
      return tableText(exchange, {
        objects: [object],
        metadata: { resourceVersion: object.metadata.resourceVersion ?? "" },
      });
    if (accepted.shape === "partial") return stored ? partialText(stored) : partialOf(object);
    return stored ? objectText(resource, stored) : stringifyJson(ordered(served(resource, object)));
  };
  const warnings = [...(resource.custom?.deprecation ? [resource.custom.deprecation] : []), ...written.warnings];
  answerText(response, text(), {
    httpCode: created ? 201 : 200,
    accepted,
    warnings,
    pretty: query.get("pretty") === "true",
  });
}
