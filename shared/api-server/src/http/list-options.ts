import { type KubeObject } from "@sluice/api";
import { parseFieldSelector } from "../registry/field-selector.ts";
import { parseLabelSelector } from "../registry/label-selector.ts";
import { badRequest, invalidOption, unknownError } from "../registry/status-error.ts";
import { type FieldError } from "../schema/field-error.ts";
import { type ResourceExchange } from "./exchange.ts";

/** The query parameters of a list or watch. */
export interface ListOptions {
  watch: boolean;
  matches: (object: KubeObject) => boolean;
  /** True if every object matches: no selector was given. */
  all: boolean;
  /** Undefined: not given. */
  resourceVersion: number | undefined;
  match: "Exact" | "NotOlderThan" | undefined;
  /** 0: no limit. */
  limit: number;
  continueToken: string;
  bookmarks: boolean;
  /** Undefined: not given. */
  sendInitialEvents: boolean | undefined;
  /** Undefined: not given. */
  timeoutSeconds: number | undefined;
}

/**
 * Reads and checks the parameters together.
 * @throws {StatusError} 400, 422 (combinations that are not allowed).
 */
export function listOptions(exchange: ResourceExchange): ListOptions {
  const { query, resource, target } = exchange;
  const watch = flag(query.get("watch")) === true;
  const labels = query.get("labelSelector") ?? "";
  const fields = query.get("fieldSelector") ?? "";
  const options: Omit<ListOptions, "matches" | "all"> = {
    watch,
    resourceVersion: readVersion(query.get("resourceVersion") ?? "", watch),
    match: undefined,
    limit: Math.max(0, integer(query.get("limit"))),
    continueToken: query.get("continue") ?? "",
    bookmarks: flag(query.get("allowWatchBookmarks")) === true,
    sendInitialEvents: flag(query.get("sendInitialEvents")),
    timeoutSeconds: query.has("timeoutSeconds") ? integer(query.get("timeoutSeconds")) : undefined,
  };
  const match = query.get("resourceVersionMatch") ?? "";
  const errors = watch ? watchFaults(match, options.sendInitialEvents) : listFaults(match, query, options);
  if (errors.length > 0) throw invalidOption("ListOptions", errors);
  if (match === "Exact" || match === "NotOlderThan") options.match = match;
  const label = parseLabelSelector(labels);
  const field = parseFieldSelector(fields, resource);
  const named = target.name;
  const matches = (object: KubeObject) =>
    (named === undefined || object.metadata.name === named) && label(object.metadata.labels ?? {}) && field(object);
  return { ...options, matches, all: labels === "" && fields === "" && named === undefined };
}

function readVersion(text: string, watch: boolean): number | undefined {
  if (text === "") return undefined;
  if (/^[0-9]{1,19}$/.test(text)) return Number(text);
  const fault = `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw watch ? unknownError(fault) : badRequest(`invalid resource version: ${fault}`);
}

function integer(text: string | null): number {
  if (text === null || text === "") return 0;
  if (/^-?[0-9]{1,15}$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** @source `k8s.io/apimachinery` Convert_Slice_string_To_bool: anything but `0` and `false` is true */
function flag(text: string | null): boolean | undefined {
  if (text === null) return undefined;
  return text !== "0" && text.toLowerCase() !== "false";
}

const MATCH = "resourceVersionMatch";

function listFaults(
  match: string,
  query: URLSearchParams,
  options: Omit<ListOptions, "matches" | "all">,
): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== "") {
    if (!query.get("resourceVersion"))
      errors.push(forbiddenMatch("resourceVersionMatch is forbidden unless resourceVersion is provided"));
    if (options.continueToken !== "")
      errors.push(forbiddenMatch("resourceVersionMatch is forbidden when continue is provided"));
    if (match !== "Exact" && match !== "NotOlderThan") {
      errors.push({
        type: "Unsupported value",
        field: MATCH,
        value: match,
        detail: 'supported values: "Exact", "NotOlderThan", ""',
      });
    }
    if (match === "Exact" && options.resourceVersion === 0) {
      errors.push(forbiddenMatch('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'));
    }
  }
  if (options.sendInitialEvents !== undefined) {
    errors.push({ type: "Forbidden", field: "sendInitialEvents", detail: "sendInitialEvents is forbidden for list" });
  }
  return errors;
}

function watchFaults(match: string, sendInitialEvents: boolean | undefined): FieldError[] {
  const errors: FieldError[] = [];
  if (match !== "" && sendInitialEvents === undefined) {
    errors.push(forbiddenMatch("resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"));
  }
  if (match === "" && sendInitialEvents !== undefined) {
    errors.push(forbiddenMatch("sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
  }
  if (match !== "" && match !== "NotOlderThan") {
    errors.push({ type: "Unsupported value", field: MATCH, value: match, detail: 'supported values: "NotOlderThan"' });
  }
  return errors;
}

function forbiddenMatch(detail: string): FieldError {
  return { type: "Forbidden", field: MATCH, detail };
}
