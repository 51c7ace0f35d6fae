import { type KubeObject, type OpenApiSchema } from "@sluice/api";
import { cloneJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { applyServerSide, isNoOp, trackUpdate } from "../../merge/server-side-apply.ts";
import { jsonPatch } from "../../patch/json-patch.ts";
import { mergePatch } from "../../patch/merge-patch.ts";
import { strategicMergePatch } from "../../patch/strategic-merge-patch.ts";
import { builtInSchema } from "../../schema/built-in-schema.ts";
import { crdSchema } from "../../schema/crd-schema.ts";
import { ObjectError } from "../../schema/errors.ts";
import { causeReasons, type FieldError, fieldErrorBody, fieldErrorsText } from "../../schema/field-error.ts";
import { type KindSchema } from "../../schema/kind-schema.ts";
import { prepareBuiltIn } from "../../schema/prepare/prepare-built-in.ts";
import { collectionPath, NAMESPACE, type RecordedStep } from "./recorded-case.ts";

interface Request {
  path: string;
  subresource: string | undefined;
  query: URLSearchParams;
  step: RecordedStep;
}

/** An answer of the lab: what a server would say, without metadata of its own. */
type Reply = { code: number; body: Json };

class Refused extends Error {
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(JSON.stringify(reply.body));
    this.reply = reply;
  }
}

/**
 * The semantics of single objects without a server: one object for each path, no admission, no garbage collection. It lets
 * the recorded cases run against schemas, patches and server-side apply alone.
 */
export class ObjectLab {
  readonly #objects = new Map<string, KubeObject>();
  readonly #schemas = new Map<string, KindSchema>();
  #serial = 0;

  async send(step: RecordedStep): Promise<Reply> {
    try {
      return this.#answer(this.#parse(step));
    } catch (error) {
      if (error instanceof Refused) return error.reply;
      if (error instanceof ObjectError) return objectErrorReply(error);
      throw error;
    }
  }

  #parse(step: RecordedStep): Request {
    const url = new URL(step.path, "http://lab");
    const [, path = "", subresource] = /^(.*?)(?:\/(status|scale))?$/.exec(url.pathname) ?? [];
    return { path, subresource, query: url.searchParams, step };
  }

  #answer(request: Request): Reply {
    switch (request.step.method) {
      case "GET":
        return { code: 200, body: this.#live(request.path) };
      case "POST":
        return this.#create(request);
      case "DELETE":
        this.#objects.delete(request.path);
        return { code: 200, body: {} };
      case "PUT":
      case "PATCH":
        return this.#change(request);
    }
  }

  #live(path: string): KubeObject {
    const found = this.#objects.get(path);
    if (found) return found;
    const [plural, name] = path.split("/").slice(-2);
    throw refused(404, "NotFound", `${plural} "${name}" not found`);
  }

  #create(request: Request): Reply {
    const object = cloneJson(request.step.body) as KubeObject;
    return this.#store(request, this.#finish(request, undefined, this.#placed(object)), true);
  }

  #placed(object: KubeObject): KubeObject {
    if (collectionPath(object).includes("/namespaces/")) object.metadata.namespace = NAMESPACE;
    return object;
  }

  #change(request: Request): Reply {
    const live = this.#objects.get(request.path);
    if (request.step.contentType.includes("apply-patch")) return this.#apply(request, live);
    const next = this.#patched(request, cloneJson<JsonObject>(this.#live(request.path)) as KubeObject);
    return this.#store(request, this.#finish(request, live, this.#placed(next)), false);
  }

  #patched({ step }: Request, live: KubeObject): KubeObject {
    const { contentType, body = null } = step;
    if (contentType.includes("json-patch")) return jsonPatch(live, body) as KubeObject;
    if (contentType.includes("strategic")) return strategicMergePatch(live, body as JsonObject, this.#schema(live));
    if (contentType.includes("merge-patch")) return mergePatch(live, body) as KubeObject;
    return cloneJson(body) as KubeObject;
  }

  /** From here on as the API server does: decode and default, track, prepare, validate. */
  #finish(request: Request, live: KubeObject | undefined, object: KubeObject): KubeObject {
    const schema = this.#schema(object);
    const { subresource } = request;
    schema.prune(object);
    if (live) object.metadata = { ...object.metadata, ...systemMetadata(live) };
    schema.defaults(object);
    const isolated = isolate(object, live, subresource);
    const tracked = trackUpdate({
      ...(live && { live }),
      updated: isolated,
      manager: request.query.get("fieldManager") ?? "",
      schema,
      now: this.#now(),
      ...(subresource !== undefined && { subresource }),
    });
    return this.#checked(tracked, live);
  }

  #apply(request: Request, live: KubeObject | undefined): Reply {
    const applied = cloneJson(request.step.body) as KubeObject;
    const schema = this.#schema(applied);
    const { subresource, query } = request;
    const object = applyServerSide({
      ...(live && { live }),
      applied,
      manager: query.get("fieldManager") ?? "",
      force: query.get("force") === "true",
      schema,
      now: this.#now(),
      ...(subresource !== undefined && { subresource }),
    });
    this.#placed(object);
    const { managedFields } = object.metadata;
    const isolated = isolate(object, live, subresource);
    if (managedFields) isolated.metadata.managedFields = managedFields;
    return this.#store(request, this.#checked(isolated, live), live === undefined);
  }

  #checked(object: KubeObject, live: KubeObject | undefined): KubeObject {
    if (!live) object.metadata.uid = String(++this.#serial);
    chooseAddresses(object, live);
    prepareBuiltIn(object, live);
    const errors = this.#schema(object).validate(object, live);
    if (errors.length > 0) throw invalid(object, errors);
    return object;
  }

  #store({ path, query, step }: Request, object: KubeObject, created: boolean): Reply {
    const live = this.#objects.get(path);
    const kept = live && isNoOp(live, object) ? live : object;
    const key = step.method === "POST" ? `${path}/${object.metadata.name}` : path;
    if (!query.has("dryRun")) this.#objects.set(key, kept);
    if (kept.kind === "CustomResourceDefinition" && created)
      this.#objects.set(key, this.#serve(cloneJson<JsonObject>(kept) as KubeObject));
    return { code: created ? 201 : 200, body: kept };
  }

  /** @returns the definition with the condition that says so */
  #serve(definition: KubeObject): KubeObject {
    const { group, names, versions } = definition["spec"] as unknown as {
      group: string;
      names: { kind: string };
      versions: { name: string; schema: { openAPIV3Schema: OpenApiSchema } }[];
    };
    for (const { name, schema } of versions)
      this.#schemas.set(`${group}/${name}/${names.kind}`, crdSchema(schema.openAPIV3Schema));
    const { status } = definition;
    if (isObject(status)) status["conditions"] = [{ type: "Established", status: "True" }];
    return definition;
  }

  #schema({ apiVersion, kind }: KubeObject): KindSchema {
    const schema = builtInSchema(apiVersion, kind) ?? this.#schemas.get(`${apiVersion}/${kind}`);
    if (!schema) throw new RangeError(`no schema for ${apiVersion} ${kind}`);
    return schema;
  }

  #now(): string {
    return `2024-01-01T00:00:${String(++this.#serial % 60).padStart(2, "0")}Z`;
  }
}

/** Stands in for the server's account of addresses: what it chose does not count in the answers. */
function chooseAddresses({ kind, spec, status }: KubeObject, live: KubeObject | undefined): void {
  if (kind === "PersistentVolume" && isObject(status)) status["lastPhaseTransitionTime"] ??= "2024-01-01T00:00:00Z";
  if (kind !== "Service" || !isObject(spec) || spec["type"] === "ExternalName") return;
  if (!live || !spec["clusterIP"]) spec["clusterIP"] ??= "10.0.0.1";
  const hasNodePorts = spec["type"] === "NodePort" || spec["type"] === "LoadBalancer";
  const ports = Array.isArray(spec["ports"]) ? spec["ports"].filter(isObject) : [];
  if (hasNodePorts) for (const port of ports) port["nodePort"] ??= 30000;
}

function systemMetadata({ metadata }: KubeObject): JsonObject {
  return metadata.uid === undefined ? {} : { uid: metadata.uid };
}

/** A write of the object leaves the status alone, a write of the status everything else. */
function isolate(object: KubeObject, live: KubeObject | undefined, subresource: string | undefined): KubeObject {
  if (subresource === "status" && live) {
    const next = cloneJson<JsonObject>(live) as KubeObject;
    next["status"] = object["status"];
    if (object.metadata.managedFields) next.metadata.managedFields = object.metadata.managedFields;
    return next;
  }
  if (object.kind === "PersistentVolume" || object.kind === "CustomResourceDefinition") return object;
  const schema = builtInSchema(object.apiVersion, object.kind);
  const status = live ? live["status"] : schema?.empty()["status"];
  if (status === undefined) delete object["status"];
  else object["status"] = cloneJson(status);
  schema?.defaults(object);
  return object;
}

function refused(code: number, reason: string, message: string): Refused {
  return new Refused({ code, body: { kind: "Status", reason, message } });
}

function invalid(object: KubeObject, errors: readonly FieldError[]): Refused {
  const [group] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : [""];
  const message = `${object.kind}${group === "" ? "" : `.${group}`} "${object.metadata.name}" is invalid: ${fieldErrorsText(errors)}`;
  const causes = errors.map((error) => ({
    reason: causeReasons[error.type],
    message: fieldErrorBody(error),
    field: error.field,
  }));
  return new Refused({ code: 422, body: { kind: "Status", reason: "Invalid", message, details: { causes } } });
}

const REASONS: Readonly<Record<number, string>> = { 400: "BadRequest", 413: "RequestEntityTooLarge", 422: "Invalid" };

function objectErrorReply(error: ObjectError): Reply {
  const data: unknown = error.data;
  const { status = 409, conflicts } = isObject(data) ? data : {};
  if (error.code !== "APPLY_CONFLICT" || !Array.isArray(conflicts)) {
    return {
      code: Number(status),
      body: { kind: "Status", reason: REASONS[Number(status)] ?? "", message: error.message },
    };
  }
  const causes = conflicts
    .filter(isObject)
    .map(({ field, message }) => ({ field: field ?? "", message: message ?? "" }));
  return { code: 409, body: { kind: "Status", reason: "Conflict", message: error.message, details: { causes } } };
}
