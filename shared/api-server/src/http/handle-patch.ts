import { type KubeObject } from "@sluice/api";
import { canonicalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { goText } from "../merge/go-format.ts";
import { convertProblem } from "../patch/convert-problem.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { strategicMergePatch } from "../patch/strategic-merge-patch.ts";
import { served, type Written } from "../registry/context.ts";
import { identify, kindMismatch } from "../registry/identity.ts";
import { internalError, invalid, invalidOption, StatusError } from "../registry/status-error.ts";
import { updateObject } from "../registry/update.ts";
import { ObjectError } from "../schema/errors.ts";
import { type FieldError } from "../schema/field-error.ts";
import { decodePatch, mediaType, readBody } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { handleApply } from "./handle-apply.ts";
import { answerWritten, keyFor } from "./handle-write.ts";
import { writeOptions } from "./write-options.ts";

/** PATCH of an object or one of its subresources. */
export async function handlePatch(exchange: ResourceExchange): Promise<void> {
  const type = mediaType(exchange.request.headers["content-type"]);
  if (type === "application/apply-patch+yaml") return handleApply(exchange);
  const patcher = patcherOf(exchange.resource, type);
  const options = writeOptions(exchange, "PatchOptions");
  if (exchange.query.has("force")) throw invalidOption("PatchOptions", [UNFORCED]);
  const patch = decodePatch(await readBody(exchange.request), patcher.complaint);
  const { resource, target, server } = exchange;
  const write = (): Written =>
    updateObject(server.registry, resource, keyFor(exchange), {
      ...options,
      transform: (live) => identify(ofKind(patcher.patch(live, patch), resource, patcher), resource, target),
    });
  answerWritten(exchange, explained(exchange, { patcher, patch }, write));
}

const UNFORCED: FieldError = {
  type: "Forbidden",
  field: "force",
  detail: "may not be specified for non-apply patch",
};

/** One way of patching, and how its failures are told. */
interface Patcher {
  patch(live: KubeObject, patch: Json): Json;
  /** Before the text of a patch that is not JSON. */
  complaint: string;
  /** Whether the patched object keeps its kind and version whatever the patch says. */
  keepsKind: boolean;
  /** Why the patched object does not fit, if the decoder's own words are not used. */
  problem?(patched: Json): string | undefined;
  /** The value that a message about the patched object shows. */
  shown(patched: Json, patch: Json): string;
}

const overJson = {
  complaint: "error decoding patch: ",
  keepsKind: false,
  shown: (patched: Json) => canonicalJson(patched),
};

/** @throws {StatusError} 415 */
function patcherOf({ schema, custom }: Resource, type: string): Patcher {
  if (type === "application/json-patch+json") return { ...overJson, patch: jsonPatch };
  if (type === "application/merge-patch+json") return { ...overJson, patch: mergePatch };
  if (type !== "application/strategic-merge-patch+json" || custom) throw unsupportedPatch(type, custom !== undefined);
  return {
    complaint: "",
    keepsKind: true,
    patch: (live, patch) => strategicMergePatch(live, patch, schema),
    problem: (patched) => convertProblem(patched, schema.openApi),
    shown: (_patched, patch) => goText(patch),
  };
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

/** What a patched object is no object of the resource for. */
class Misfit extends Error {}

/**
 * The patched object, which must still be of the resource's kind.
 * @throws {Misfit}, {StatusError} 422 or 500 for the version of a custom resource.
 */
function ofKind(patched: Json, resource: Resource, { keepsKind }: Patcher): Json {
  if (!isObject(patched)) return patched;
  const { kind } = resource;
  const apiVersion = apiVersionOf(resource);
  if (keepsKind) return { ...patched, apiVersion, kind };
  if (resource.custom) return checkVersion(patched, resource);
  if (patched["kind"] !== kind || patched["apiVersion"] !== apiVersion)
    throw new Misfit(kindMismatch(patched, resource));
  return patched;
}

function checkVersion(patched: JsonObject, resource: Resource): JsonObject {
  const { apiVersion, kind, metadata } = patched;
  if (!kind) throw new Misfit(`Object 'Kind' is missing in '${canonicalJson(patched)}'`);
  if (typeof apiVersion !== "string" || apiVersion === "") {
    throw internalError("Internal error occurred: Object 'apiVersion' is missing in 'object has no apiVersion field'");
  }
  const wanted = apiVersionOf(resource);
  if (apiVersion === wanted) return patched;
  const group = apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
  const name = isObject(metadata) ? String(metadata["name"] ?? "") : "";
  const error = { type: "Invalid value", field: "apiVersion", value: apiVersion, detail: `must be ${wanted}` } as const;
  throw invalid({ group, kind: resource.kind }, name, [error]);
}

/** Runs `write`. A result of the patch that does not fit is told as a fault of the patch. @throws {StatusError} 422 */
function explained(
  exchange: ResourceExchange,
  { patcher, patch }: { patcher: Patcher; patch: Json },
  write: () => Written,
): Written {
  try {
    return write();
  } catch (thrown) {
    const problem = problemOf(thrown);
    if (problem === undefined) throw thrown;
    const patched = patchedAgain(exchange, patcher, patch);
    const detail = patcher.problem?.(patched) ?? problem;
    const value = patcher.shown(patched, patch);
    throw invalid({ group: "", kind: "" }, "", [{ type: "Invalid value", field: "patch", value, detail }]);
  }
}

function problemOf(thrown: unknown): string | undefined {
  if (thrown instanceof Misfit) return thrown.message;
  if (!(thrown instanceof ObjectError) || thrown.code !== "DECODE_INVALID") return undefined;
  return (thrown as ObjectError<"DECODE_INVALID">).data.problem;
}

function patchedAgain(exchange: ResourceExchange, patcher: Patcher, patch: Json): Json {
  const { server, resource } = exchange;
  const stored = server.registry.store.collection(resource.collection).get(keyFor(exchange));
  return stored ? patcher.patch(served(resource, stored.object), patch) : null;
}
