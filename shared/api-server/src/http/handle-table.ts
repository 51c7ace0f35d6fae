import { type KubeObject } from "@sluice/api";
import { type Json, type JsonObject, stringifyJson } from "@sluice/base";
import { badRequest } from "../registry/status-error.ts";
import { type Table, tableOf } from "../tables/table.ts";
import { type ResourceExchange } from "./exchange.ts";
import { partialOf } from "./texts.ts";

/** What a Table shows. */
export interface TableContent {
  objects: Iterable<KubeObject>;
  metadata: JsonObject;
  /** False for the later events of a watch; true by default. */
  withColumns?: boolean;
}

/** The objects as JSON text of a `meta.k8s.io/v1` Table. */
export function tableText(exchange: ResourceExchange, content: TableContent): string {
  return [...tablePieces(exchange, content)].join("");
}

/**
 * The same text in pieces, a row each, for long lists.
 * @throws {StatusError} 400 at once, before the first piece, if `includeObject` is none of the known values.
 */
export function tablePieces(exchange: ResourceExchange, content: TableContent): Iterable<string> {
  const include = exchange.query.get("includeObject") ?? "";
  if (!INCLUDES.has(include)) throw badRequest(`unrecognized includeObject value: ${JSON.stringify(include)}`);
  return pieces(tableOf(exchange.resource, exchange.server.clock), content, include);
}

const INCLUDES = new Set(["", "None", "Metadata", "Object"]);

function* pieces(
  table: Table,
  { objects, metadata, withColumns = true }: TableContent,
  include: string,
): Generator<string> {
  const columns = withColumns ? stringifyJson(table.columns as Json) : "null";
  yield `{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":${stringifyJson(metadata)},"columnDefinitions":${columns},"rows":[`;
  let separator = "";
  for (const object of objects) {
    yield separator + rowText(table, object, include);
    separator = ",";
  }
  yield "]}";
}

function rowText(table: Table, object: KubeObject, include: string): string {
  const conditions = table.conditions(object);
  const rest = conditions.length > 0 ? `,"conditions":${stringifyJson(conditions)}` : "";
  return `{"cells":${stringifyJson(table.cells(object))}${rest},"object":${included(object, include)}}`;
}

function included(object: KubeObject, include: string): string {
  if (include === "None") return "null";
  return include === "Object" ? stringifyJson(object) : partialOf(object);
}
