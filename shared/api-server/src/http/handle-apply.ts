import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, rfc3339 } from "@sluice/base";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { applyServerSide, kindText } from "../merge/server-side-apply.ts";
import { served, type WriteOptions, type Written } from "../registry/context.ts";
import { createObject } from "../registry/create.ts";
import { placed } from "../registry/identity.ts";
import {
  badRequest,
  conflict,
  invalidOption,
  methodNotAllowed,
  notFound,
  type StatusError,
} from "../registry/status-error.ts";
import { updateObject } from "../registry/update.ts";
import { jsonType } from "../schema/go-decode.ts";
import { decodeApply, readBody } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { answerWritten, keyFor } from "./handle-write.ts";
import { writeOptions } from "./write-options.ts";

/** Server-side apply: changes the object, or creates it if it is not there. */
export async function handleApply(exchange: ResourceExchange): Promise<void> {
  const { resource, target, server, request, query } = exchange;
  const options = writeOptions(exchange, "PatchOptions");
  if (!query.get("fieldManager")) throw managerRequired();
  const applied = appliedObject(decodeApply(await readBody(request)), resource);
  const transform = (live: KubeObject | undefined) =>
    placed(merged(exchange, { live, applied, options }), resource, target);
  const key = keyFor(exchange);
  const existing = server.registry.store.collection(resource.collection).get(key);
  if (existing)
    answerWritten(exchange, updateObject(server.registry, resource, key, { ...options, tracked: true, transform }));
  else answerWritten(exchange, createByApply(exchange, transform(undefined), options));
}

/**
 * The body as an object of the resource. Everything else about it the schema says, and the place is that of the request.
 * @throws {StatusError} 400.
 */
function appliedObject(body: Json, resource: Resource): KubeObject {
  if (body !== null && !isObject(body)) {
    const problem = `json: cannot unmarshal ${jsonType(body)} into Go value of type map[string]interface {}`;
    throw badRequest(`error decoding YAML: error unmarshaling JSON: while decoding JSON: ${problem}`);
  }
  const applied: JsonObject = body ?? {};
  if (applied["apiVersion"] !== apiVersionOf(resource) || applied["kind"] !== resource.kind)
    throw badRequest(`invalid object type: ${kindText(applied)}`);
  applied["metadata"] ??= {};
  return applied as KubeObject;
}

function createByApply(exchange: ResourceExchange, object: KubeObject, options: WriteOptions): Written {
  const { server, resource, target } = exchange;
  if (exchange.subresource !== undefined) throw notFound(resource, target.name ?? "");
  if (!resource.verbs.includes("create")) throw methodNotAllowed();
  const { uid, name } = object.metadata;
  if (uid) {
    const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
    throw conflict(resource, name, why);
  }
  delete object.metadata.resourceVersion;
  return createObject(server.registry, resource, object, { ...options, tracked: true });
}

function merged(
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
