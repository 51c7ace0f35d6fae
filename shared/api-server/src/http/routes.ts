import { apiVersionOf, type Resource, type ResourceVerb, subresourceOf } from "../discovery/resource.ts";
import { badRequest, methodNotAllowed, notFound, unknownResource } from "../registry/status-error.ts";
import { negotiate } from "./accept.ts";
import { answerPlain } from "./answer.ts";
import { type Exchange, type ResourceExchange } from "./exchange.ts";
import { handleDelete, handleDeleteCollection } from "./handle-delete.ts";
import { handleDiscovery, handleOther } from "./handle-documents.ts";
import { handleEviction } from "./handle-eviction.ts";
import { handleGet, handleList } from "./handle-read.ts";
import { handlePatch } from "./handle-patch.ts";
import { handleReview, isReview } from "./handle-review.ts";
import { handleScale } from "./handle-scale.ts";
import { handleWatch } from "./handle-watch.ts";
import { handleCreate, handleReplace } from "./handle-write.ts";
import { listOptions } from "./list-options.ts";
import { parsePath, type RequestPath } from "./paths.ts";

/** What a request does, as it is counted: `verb:plural` or `verb:plural/subresource`. */
export type Counter = (operation: string) => void;

/**
 * Answers one authenticated request.
 * @param pathname the path, not decoded.
 * @throws {StatusError} for everything that the client is told.
 */
export async function route(exchange: Exchange, pathname: string, count: Counter): Promise<void> {
  const path = parsePath(pathname);
  if (!path) throw unknownResource();
  if (path.kind !== "resource") return documents(exchange, path);
  const { group, version, plural } = path;
  const resource = exchange.server.catalog.find(group, version, plural);
  if (!resource) return missing(exchange, path);
  refuseDots(path.name, path.namespace);
  if (!fits(resource, path)) throw misplaced(resource, path);
  const accepted = negotiate(exchange.request.headers.accept);
  const target = { namespace: path.namespace, ...(path.name !== undefined && { name: path.name }) };
  const about: ResourceExchange = { ...exchange, accepted, resource, target, subresource: path.subresource };
  return dispatch(about, count);
}

function documents(exchange: Exchange, path: Exclude<RequestPath, { kind: "resource" }>): void {
  if (exchange.request.method !== "GET" && exchange.request.method !== "HEAD") throw methodNotAllowed();
  if (path.kind === "version") handleDiscovery(exchange, apiVersionOf(path));
  else handleOther(exchange, path.path);
}

/** A group that is not built in and a version that it does not serve are answered as by a web server that knows no such path. */
function missing({ server, response }: Exchange, { group, version }: { group: string; version: string }): void {
  const { catalog } = server;
  if (catalog.isBuiltIn(group) || catalog.inVersion(apiVersionOf({ group, version })).length > 0)
    throw unknownResource();
  answerPlain(response, "404 page not found\n", 404);
}

function refuseDots(...names: (string | undefined)[]): void {
  for (const name of names) {
    if (name === "." || name === "..")
      throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: may not be '${name}'`);
  }
}

type ResourcePath = Extract<RequestPath, { kind: "resource" }>;

/** Whether a path can be about the resource: cluster-scoped ones have no namespace, and one object of others needs one. */
function fits(resource: Resource, { namespace, name, subresource }: ResourcePath): boolean {
  if (!resource.namespaced && namespace !== undefined) return false;
  if (resource.namespaced && namespace === undefined && name !== undefined) return false;
  return subresource === undefined || subresourceOf(resource, subresource) !== undefined;
}

/** A custom resource without the subresource answers as if the object did not exist. */
function misplaced(resource: Resource, { name, subresource }: ResourcePath): Error {
  const known = subresource === "status" || subresource === "scale";
  return resource.custom && name !== undefined && known ? notFound(resource, name) : unknownResource();
}

async function dispatch(exchange: ResourceExchange, count: Counter): Promise<void> {
  const { resource, subresource, target } = exchange;
  const verb = verbOf(exchange);
  if (verb === undefined) throw methodNotAllowed();
  count(`${verb}:${resource.plural}${subresource === undefined ? "" : `/${subresource}`}`);
  if (subresource !== undefined) return dispatchSubresource(exchange, subresource, verb);
  if (isReview(resource)) return handleReview(exchange);
  if (resource.namespaced && target.namespace === undefined && verb === "create") throw methodNotAllowed();
  if (!resource.verbs.includes(verb)) throw methodNotAllowed();
  return dispatchVerb(exchange, verb);
}

async function dispatchVerb(exchange: ResourceExchange, verb: ResourceVerb): Promise<void> {
  switch (verb) {
    case "get":
      return handleGet(exchange);
    case "list":
      return handleList(exchange, listOptions(exchange));
    case "watch":
      return handleWatch(exchange, listOptions(exchange));
    case "create":
      return handleCreate(exchange);
    case "update":
      return handleReplace(exchange);
    case "patch":
      return handlePatch(exchange);
    case "delete":
      return handleDelete(exchange);
    case "deletecollection":
      return handleDeleteCollection(exchange, listOptions(exchange));
  }
}

async function dispatchSubresource(exchange: ResourceExchange, name: string, verb: ResourceVerb): Promise<void> {
  const subresource = subresourceOf(exchange.resource, name);
  if (!subresource?.verbs.includes(verb)) throw methodNotAllowed();
  if (name === "eviction") return handleEviction(exchange);
  if (name === "scale" && (verb === "get" || verb === "update" || verb === "patch")) return handleScale(exchange, verb);
  return dispatchVerb(exchange, verb);
}

function verbOf({ request, query, target, subresource }: ResourceExchange): ResourceVerb | undefined {
  const one = target.name !== undefined;
  switch (request.method) {
    case "GET":
    case "HEAD":
      return one ? "get" : isTrue(query.get("watch")) ? "watch" : "list";
    case "POST":
      return one === (subresource !== undefined) ? "create" : undefined;
    case "PUT":
      return one ? "update" : undefined;
    case "PATCH":
      return one ? "patch" : undefined;
    case "DELETE":
      return one ? "delete" : "deletecollection";
    case undefined:
    default:
      return undefined;
  }
}

function isTrue(value: string | null): boolean {
  return value !== null && value !== "0" && value.toLowerCase() !== "false";
}
