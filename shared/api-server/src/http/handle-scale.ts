import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, stringifyJson } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { jsonPatch } from "../patch/json-patch.ts";
import { mergePatch } from "../patch/merge-patch.ts";
import { served } from "../registry/context.ts";
import { scaleOf, withReplicas } from "../registry/scale.ts";
import { badRequest, invalid, modified, notFound, StatusError } from "../registry/status-error.ts";
import { updateObject } from "../registry/update.ts";
import { answerText } from "./answer.ts";
import { decodePatch, mediaType, readBody, readObject } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { keyFor } from "./handle-write.ts";
import { writeOptions } from "./write-options.ts";

/** GET, PUT and PATCH of `scale`. */
export async function handleScale(exchange: ResourceExchange, verb: "get" | "update" | "patch"): Promise<void> {
  const { server, resource, target } = exchange;
  const key = keyFor(exchange);
  const stored = server.registry.store.collection(resource.collection).get(key);
  if (!stored) throw notFound(resource, target.name ?? "");
  if (verb === "get") return answerScale(exchange, scaleOf(resource, served(resource, stored.object)));
  const options = writeOptions(exchange, verb === "update" ? "UpdateOptions" : "PatchOptions");
  const change = verb === "update" ? await replacement(exchange) : await patch(exchange);
  const written = updateObject(server.registry, resource, key, {
    ...options,
    transform: (live) => scaled(resource, live, change(scaleOf(resource, live))),
  });
  return answerScale(exchange, scaleOf(resource, written.object));
}

function answerScale({ response, accepted }: ResourceExchange, scale: JsonObject): void {
  answerText(response, stringifyJson(scale), { accepted });
}

type Change = (scale: JsonObject) => Json;

async function replacement(exchange: ResourceExchange): Promise<Change> {
  const { value } = await readObject(exchange, "Scale");
  return () => value;
}

async function patch({ request }: ResourceExchange): Promise<Change> {
  const type = mediaType(request.headers["content-type"]);
  const body = decodePatch(await readBody(request));
  if (type === "application/json-patch+json") return (scale) => jsonPatch(scale, body);
  if (type === "application/merge-patch+json" || type === "application/strategic-merge-patch+json") {
    return (scale) => mergePatch(scale, body);
  }
  throw new StatusError("UnsupportedMediaType", "415: Unsupported Media Type", { httpCode: 415 });
}

/** The object with the replicas that a changed scale asks for. */
function scaled(resource: Resource, live: KubeObject, scale: Json): KubeObject {
  const { spec, metadata } = isObject(scale) ? scale : {};
  const { name } = live.metadata;
  if (isObject(metadata)) checkMetadata(resource, live, metadata);
  const replicas = isObject(spec) ? (spec["replicas"] ?? 0) : 0;
  if (typeof replicas !== "number" || !Number.isInteger(replicas)) throw badRequest("spec.replicas must be an integer");
  if (replicas < 0) {
    const detail = "must be greater than or equal to 0";
    throw invalid({ group: "autoscaling", kind: "Scale" }, name, [
      { type: "Invalid value", field: "spec.replicas", value: replicas, detail },
    ]);
  }
  return withReplicas(resource, live, replicas);
}

function checkMetadata(resource: Resource, live: KubeObject, metadata: JsonObject): void {
  const { name, resourceVersion } = live.metadata;
  if (metadata["name"] !== undefined && metadata["name"] !== name) {
    throw badRequest(
      `the name of the object (${String(metadata["name"])}) does not match the name on the URL (${name})`,
    );
  }
  if (metadata["resourceVersion"] && metadata["resourceVersion"] !== resourceVersion) throw modified(resource, name);
}
