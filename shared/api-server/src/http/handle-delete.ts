import { setImmediate } from "node:timers/promises";
import { isObject, type Json, type JsonObject, stringifyJson } from "@sluice/base";
import { apiVersionOf } from "../discovery/resource.ts";
import { type Deleted, type DeleteOptions, deleteObject, type Propagation } from "../registry/delete.ts";
import { badRequest, invalidOption, quote } from "../registry/status-error.ts";
import { type FieldError } from "../schema/field-error.ts";
import { answerJson, answerText } from "./answer.ts";
import { readObject } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { keyFor } from "./handle-write.ts";
import { type ListOptions } from "./list-options.ts";
import { readDryRun } from "./write-options.ts";

/** Kinds whose deletion is answered with the object rather than a Status. */
const ANSWERED_WITH_OBJECT = new Set([
  "/persistentvolumeclaims",
  "/persistentvolumes",
  "/pods",
  "/podtemplates",
  "/resourcequotas",
  "/serviceaccounts",
  "/services",
]);

/** DELETE of one object. */
export async function handleDelete(exchange: ResourceExchange): Promise<void> {
  const { server, resource, accepted, response } = exchange;
  const options = await deleteOptions(exchange);
  const deleted = deleteObject(server.registry, resource, keyFor(exchange), options);
  if (deleted.gone && !ANSWERED_WITH_OBJECT.has(resource.collection)) {
    answerJson(response, success(exchange, deleted), { accepted });
  } else answerText(response, stringifyJson(deleted.object), { accepted });
}

function success({ resource }: ResourceExchange, { object }: Deleted): JsonObject {
  const { name, uid } = object.metadata;
  const details = { name, ...(resource.group && { group: resource.group }), kind: resource.plural, uid };
  return { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", details };
}

/** How many objects are deleted before others get a turn. */
const BATCH = 100;

/** DELETE of a collection: everything that the list would show. */
export async function handleDeleteCollection(exchange: ResourceExchange, list: ListOptions): Promise<void> {
  const { server, resource, target, accepted, response } = exchange;
  const options = await deleteOptions(exchange);
  const collection = server.registry.store.collection(resource.collection);
  const all = collection.list(target.namespace === undefined ? "" : `${target.namespace}/`);
  const chosen = all.filter((stored) => list.matches(stored.object));
  const deleted: JsonObject[] = [];
  for (const [index, { key, object }] of chosen.entries()) {
    if (index % BATCH === BATCH - 1) await setImmediate();
    if (collection.get(key)?.object.metadata.uid !== object.metadata.uid) continue;
    deleted.push(deleteObject(server.registry, resource, key, options).object as JsonObject);
  }
  const metadata = { resourceVersion: String(collection.revision) };
  answerJson(
    response,
    { kind: resource.listKind, apiVersion: apiVersionOf(resource), metadata, items: deleted },
    { accepted },
  );
}

/** The options come in the body or in the query. */
export async function deleteOptions(exchange: ResourceExchange): Promise<DeleteOptions> {
  const given = hasBody(exchange) ? await fromBody(exchange) : fromQuery(exchange.query);
  return checked(given, exchange.query);
}

interface Given {
  propagation: string | undefined;
  orphan: boolean | undefined;
  grace: number | undefined;
  dryRun: string[];
  preconditions: { uid?: string; resourceVersion?: string } | undefined;
}

function fromQuery(query: URLSearchParams): Given {
  const grace = query.get("gracePeriodSeconds");
  const orphan = query.get("orphanDependents");
  if (grace !== null && !/^-?[0-9]{1,15}$/.test(grace)) {
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
  }
  return {
    propagation: query.get("propagationPolicy") ?? undefined,
    orphan: orphan === null ? undefined : orphan === "true" || orphan === "1",
    grace: grace === null ? undefined : Number(grace),
    dryRun: query.getAll("dryRun"),
    preconditions: undefined,
  };
}

function hasBody({ request: { headers } }: ResourceExchange): boolean {
  return Number(headers["content-length"] ?? 0) > 0 || headers["transfer-encoding"] !== undefined;
}

async function fromBody(exchange: ResourceExchange): Promise<Given> {
  const { value: body } = await readObject(exchange, "DeleteOptions");
  if (!isObject(body)) throw badRequest("the object provided is unrecognized (must be of type DeleteOptions)");
  const { kind = "DeleteOptions", apiVersion = "meta.k8s.io/v1" } = body;
  if (kind !== "DeleteOptions") {
    const what = `no kind ${quote(kind)} is registered for version ${quote(apiVersion)}`;
    throw badRequest(`${what} in scheme "pkg/runtime/scheme.go:111"`);
  }
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, dryRun, preconditions } = body;
  return {
    propagation: typeof propagationPolicy === "string" ? propagationPolicy : undefined,
    orphan: typeof orphanDependents === "boolean" ? orphanDependents : undefined,
    grace: typeof gracePeriodSeconds === "number" ? gracePeriodSeconds : undefined,
    dryRun: Array.isArray(dryRun) ? dryRun.map(String) : [],
    preconditions: isObject(preconditions) ? readPreconditions(preconditions) : undefined,
  };
}

function readPreconditions({ uid, resourceVersion }: { [key: string]: Json | undefined }): {
  uid?: string;
  resourceVersion?: string;
} {
  return {
    ...(typeof uid === "string" && { uid }),
    ...(typeof resourceVersion === "string" && { resourceVersion }),
  };
}

function checked(given: Given, query: URLSearchParams): DeleteOptions {
  const errors: FieldError[] = [];
  const dryRun = readDryRun([...given.dryRun, ...(given.dryRun.length > 0 ? [] : query.getAll("dryRun"))], errors);
  const { propagation: value, orphan } = given;
  if (value !== undefined && orphan !== undefined) {
    const detail = "orphanDependents and deletionPropagation cannot be both set";
    errors.push({ type: "Invalid value", field: "propagationPolicy", value, detail });
  } else if (value !== undefined && !isPropagation(value)) {
    const detail = 'supported values: "Foreground", "Background", "Orphan", "nil"';
    errors.push({ type: "Unsupported value", field: "propagationPolicy", value, detail });
  }
  if (errors.length > 0) throw invalidOption("DeleteOptions", errors);
  const propagation = orphan === undefined ? (value as Propagation | undefined) : orphan ? "Orphan" : "Background";
  return {
    dryRun,
    ...(propagation !== undefined && { propagation }),
    ...(given.grace !== undefined && { gracePeriodSeconds: given.grace }),
    ...(given.preconditions && { preconditions: given.preconditions }),
  };
}

function isPropagation(value: string): value is Propagation {
  return value === "Foreground" || value === "Background" || value === "Orphan";
}
