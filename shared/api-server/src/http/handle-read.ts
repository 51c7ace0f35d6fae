import { type JsonObject, stringifyJson } from "@sluice/base";
import { apiVersionOf } from "../discovery/resource.ts";
import { served } from "../registry/context.ts";
import { expired, notFound, StatusError } from "../registry/status-error.ts";
import { type Collection } from "../store/collection.ts";
import { type Stored } from "../store/stored.ts";
import { answerText } from "./answer.ts";
import { decodeContinue, encodeContinue } from "./continue-token.ts";
import { type ResourceExchange } from "./exchange.ts";
import { tablePieces, tableText } from "./handle-table.ts";
import { keyFor } from "./handle-write.ts";
import { type ListOptions } from "./list-options.ts";
import { writePieces } from "./pieces.ts";
import { itemText, objectText, partialText } from "./texts.ts";

/** GET of one object. */
export function handleGet(exchange: ResourceExchange): void {
  const { server, resource, target, accepted, response, query } = exchange;
  const stored = server.registry.store.collection(resource.collection).get(keyFor(exchange));
  if (!stored) throw notFound(resource, target.name ?? "");
  refuseFuture(Number(query.get("resourceVersion") ?? 0), server.registry.store.revision);
  const warnings = resource.custom?.deprecation ? [resource.custom.deprecation] : [];
  const text = () => {
    if (accepted.shape === "partial") return partialText(stored);
    if (accepted.shape === "object") return objectText(resource, stored);
    return tableText(exchange, {
      objects: [served(resource, stored.object)],
      metadata: { resourceVersion: String(stored.revision) },
    });
  };
  answerText(response, text(), { accepted, warnings, pretty: query.get("pretty") === "true" });
}

/** GET of a collection. */
export async function handleList(exchange: ResourceExchange, options: ListOptions): Promise<void> {
  const { server, resource, target, accepted } = exchange;
  const collection = server.registry.store.collection(resource.collection);
  const prefix = target.namespace === undefined ? "" : `${target.namespace}/`;
  const page = takePage(collection, prefix, options);
  const pieces = accepted.shape === "table" ? tableRows(exchange, page) : listPieces(exchange, page);
  if (accepted.format === "yaml") answerText(exchange.response, [...pieces].join(""), { accepted });
  else await writePieces(exchange, pieces);
}

function tableRows(exchange: ResourceExchange, { items, metadata }: Page): Iterable<string> {
  function* objects() {
    for (const stored of items) yield served(exchange.resource, stored.object);
  }
  return tablePieces(exchange, { objects: objects(), metadata });
}

/** One answer's worth of a list. */
interface Page {
  items: Stored[];
  metadata: JsonObject & { resourceVersion: string };
}

function takePage(collection: Collection, prefix: string, options: ListOptions): Page {
  const resume = options.continueToken === "" ? undefined : decodeContinue(options.continueToken);
  const { revision, all } = consistentList(collection, prefix, { ...options, resume });
  const from = resume ? all.findIndex((stored) => stored.key > prefix + resume.after) : 0;
  const rest = from < 0 ? [] : all.slice(from);
  const wanted = options.all ? rest : rest.filter((stored) => options.matches(stored.object));
  const items = options.limit > 0 ? wanted.slice(0, options.limit) : wanted;
  const left = wanted.length - items.length;
  const last = items.at(-1);
  const metadata: Page["metadata"] = { resourceVersion: String(revision) };
  if (left > 0 && last) {
    metadata["continue"] = encodeContinue({ revision, after: last.key.slice(prefix.length) });
    if (options.all) metadata["remainingItemCount"] = left;
  }
  return { items, metadata };
}

type Consistency = Pick<ListOptions, "resourceVersion" | "match"> & { resume: { revision: number } | undefined };

function consistentList(
  collection: Collection,
  prefix: string,
  { resourceVersion, match, resume }: Consistency,
): { revision: number; all: Stored[] } {
  const now = collection.revision;
  const exact = resume?.revision || (match === "Exact" ? resourceVersion : undefined);
  refuseFuture(resourceVersion ?? 0, now);
  if (exact === undefined || exact === now) return { revision: now, all: collection.list(prefix) };
  refuseFuture(exact, now);
  const all = collection.listAt(exact, prefix);
  if (all) return { revision: exact, all };
  throw expired(resume ? OLD_TOKEN : `The resourceVersion for the provided list is too old.`);
}

const OLD_TOKEN =
  "The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.";

/** @throws {StatusError} 504 if the client knows of a revision that has not happened yet. */
function refuseFuture(wanted: number, now: number): void {
  if (!(wanted > now)) return;
  const causes = [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }];
  const message = `Timeout: Too large resource version: ${wanted}, current: ${now}`;
  throw new StatusError("Timeout", message, { httpCode: 504, details: { causes, retryAfterSeconds: 1 } });
}

/** Lists of custom resources say that there is no next chunk. */
function metadataOf({ custom }: ResourceExchange["resource"], { metadata }: Page): JsonObject {
  return custom ? { continue: "", ...metadata } : metadata;
}

function* listPieces({ resource, accepted }: ResourceExchange, page: Page): Generator<string> {
  const partial = accepted.shape === "partial";
  const kind = partial ? "PartialObjectMetadataList" : resource.listKind;
  const apiVersion = partial ? "meta.k8s.io/v1" : apiVersionOf(resource);
  yield `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${stringifyJson(metadataOf(resource, page))},"items":[`;
  let separator = "";
  for (const stored of page.items) {
    yield separator + (partial ? partialText(stored) : itemText(resource, stored));
    separator = ",";
  }
  yield "]}";
}
