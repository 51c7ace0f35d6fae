import { type KindRef, type KubeObject, type ObjectRef, refOf } from "@sluice/api";
import { type Clock, type JsonObject, stringifyJson } from "@sluice/base";
import { type CallSpec, isIdempotent, kindCall, objectCall, patchTypes, writeQuery } from "./calls.ts";
import { accepts, readJson, readObject, readPage } from "./decode.ts";
import { Discovery } from "./discovery.ts";
import { isKubeError, KubeError } from "./errors.ts";
import { readAllPages } from "./list.ts";
import { withQuery } from "./resource-path.ts";
import { type Answer, type Call, Sender } from "./sender.ts";
import { pathNotFound } from "./status.ts";
import {
  type ApplyOptions,
  type CallOptions,
  type ConnectOptions,
  type DeleteOptions,
  type KubeClient,
  type KubeList,
  type ListOptions,
  type PatchBody,
  type RawRequest,
  type RawResponse,
  type ReadOptions,
  type RequestCounts,
  type Resource,
  type WatchEvent,
  type WatchOptions,
  type WriteOptions,
} from "./types.ts";
import { warningsOf } from "./warnings.ts";
import { defaultLivenessMs, readWatch } from "./watch.ts";

/**
 * A client for one API server. Nothing is sent before the first call.
 * @throws {KubeError} CREDENTIALS if the server's URL is none.
 */
export function connect(options: ConnectOptions): KubeClient {
  return new Client(options);
}

const JSON_TYPE = "application/json";
/** The server ends a watch after this long, plus up to as much again. @source client-go `minWatchTimeout` */
const WATCH_SECONDS = 300;

class Client implements KubeClient {
  readonly #sender: Sender;
  readonly #discovery: Discovery;
  readonly #clock: Clock;
  readonly #random: () => number;

  constructor(options: ConnectOptions) {
    this.#sender = new Sender(options);
    this.#clock = options.clock;
    this.#random = options.random ?? Math.random;
    this.#discovery = new Discovery(this.#sender, options.clock);
  }

  get requests(): RequestCounts {
    return this.#sender.requests;
  }

  async get(ref: ObjectRef, options: ReadOptions = {}): Promise<KubeObject> {
    const { metadataOnly, signal } = options;
    const accept = metadataOnly ? accepts.metadata : accepts.object;
    const answer = await this.#aboutObject(ref, {
      action: "get",
      verb: "get",
      method: "GET",
      accept,
      idempotent: true,
      signal,
    });
    return readObject(readJson(answer.text), { kind: ref, metadataOnly });
  }

  async list(kind: KindRef, options: ListOptions = {}): Promise<KubeList> {
    const { namespace, metadataOnly, labelSelector, fieldSelector, resourceVersion, signal, pageSize = 500 } = options;
    const resource = await this.resourceOf(kind, options);
    const accept = metadataOnly ? accepts.metadataList : accepts.object;
    const spec: CallSpec = { action: "list", verb: "list", method: "GET", accept, idempotent: true, signal };
    return await readAllPages(async (page) => {
      const version = page.continue === undefined ? resourceVersion : undefined;
      const query = { labelSelector, fieldSelector, resourceVersion: version, ...page };
      const answer = await this.#send(kind, kindCall(resource, namespace, { ...spec, query }));
      return readPage(answer.text, { kind, metadataOnly });
    }, pageSize);
  }

  async create(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const spec = {
      action: "create",
      verb: "create",
      method: "POST",
      contentType: JSON_TYPE,
      idempotent: false,
    } as const;
    return (await this.#write(object, { ...spec, body: stringifyJson(object) }, options)).object;
  }

  async replace(object: KubeObject, options: WriteOptions = {}): Promise<KubeObject> {
    const spec = {
      action: "replace",
      verb: "update",
      method: "PUT",
      contentType: JSON_TYPE,
      idempotent: true,
    } as const;
    return (await this.#write(object, { ...spec, body: stringifyJson(object) }, options)).object;
  }

  async apply(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const spec = {
      action: "apply",
      verb: "patch",
      method: "PATCH",
      contentType: patchTypes.apply,
      idempotent: true,
    } as const;
    const written = await this.#write(object, { ...spec, body: stringifyJson(object) }, options);
    if (written.status === 201) options.onCreated?.();
    return written.object;
  }

  async patch(ref: ObjectRef, patch: PatchBody, options: WriteOptions = {}): Promise<KubeObject> {
    const spec = { action: "patch", verb: "patch", method: "PATCH", contentType: patchTypes[patch.type] } as const;
    const body = stringifyJson(patch.body);
    return (await this.#write(ref, { ...spec, body, idempotent: isIdempotent(patch) }, options)).object;
  }

  async delete(ref: ObjectRef, options: DeleteOptions = {}): Promise<void> {
    const { dryRun, signal } = options;
    const spec = {
      action: "delete",
      verb: "delete",
      method: "DELETE",
      contentType: JSON_TYPE,
      idempotent: true,
    } as const;
    await this.#aboutObject(ref, { ...spec, accept: accepts.metadata, body: deleteBody(options), dryRun, signal });
  }

  async *watch(kind: KindRef, options: WatchOptions): AsyncGenerator<WatchEvent, void, undefined> {
    const { signal, metadataOnly, livenessMs = defaultLivenessMs } = options;
    const resource = await this.resourceOf(kind, options);
    const accept = metadataOnly ? accepts.metadata : accepts.object;
    const spec = { action: "watch", verb: "watch", method: "GET", accept, idempotent: true, signal } as const;
    const call = kindCall(resource, options.namespace, { ...spec, query: this.#watchQuery(options) });
    const request = { call, reading: { kind, metadataOnly }, clock: this.#clock, livenessMs, signal };
    try {
      yield* readWatch(this.#sender, request);
    } catch (error) {
      throw await this.#explained(error, kind, signal);
    }
  }

  async resourceOf(kind: KindRef, options: CallOptions = {}): Promise<Resource> {
    return await this.#discovery.resourceOf(kind, options);
  }

  async resources(options: CallOptions = {}): Promise<readonly Resource[]> {
    return await this.#discovery.resources(options);
  }

  invalidateDiscovery(): void {
    this.#discovery.invalidate();
  }

  async raw({ method, path, query = {}, body, headers = {}, signal }: RawRequest): Promise<RawResponse> {
    return await this.#sender.sendRaw({
      action: method,
      subject: path,
      verb: method.toLowerCase(),
      resource: "",
      method,
      path: withQuery(path, query),
      headers,
      ...(body !== undefined && { body }),
      idempotent: false,
      signal,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#discovery.close();
    await this.#sender[Symbol.asyncDispose]();
  }

  #watchQuery({ labelSelector, fieldSelector, resourceVersion }: WatchOptions): NonNullable<CallSpec["query"]> {
    const timeoutSeconds = Math.round(WATCH_SECONDS * (1 + this.#random()));
    return { watch: 1, allowWatchBookmarks: true, timeoutSeconds, labelSelector, fieldSelector, resourceVersion };
  }

  async #write(
    target: KubeObject | ObjectRef,
    spec: Omit<CallSpec, "accept">,
    options: WriteOptions,
  ): Promise<{ object: KubeObject; status: number }> {
    const { metadataOnly, subresource, dryRun, signal } = options;
    const ref = isKubeObject(target) ? refOf(target) : target;
    const accept = metadataOnly ? accepts.metadata : accepts.object;
    const query = writeQuery(options);
    const answer = await this.#aboutObject(ref, { ...spec, accept, query, subresource, dryRun, signal });
    for (const warning of warningsOf(answer.headers["warning"])) options.onWarning?.(warning);
    return { object: readObject(readJson(answer.text), { kind: ref, metadataOnly }), status: answer.status };
  }

  async #aboutObject(ref: ObjectRef, spec: CallSpec): Promise<Answer> {
    const resource = await this.#discovery.resourceOf(ref, spec.signal ? { signal: spec.signal } : {});
    return await this.#send(ref, objectCall(resource, ref, spec));
  }

  async #send(kind: KindRef, call: Call): Promise<Answer> {
    try {
      return await this.#sender.send(call);
    } catch (error) {
      throw await this.#explained(error, kind, call.signal);
    }
  }

  /**
   * A path that was served and no longer is means that the kind is gone, if discovery says so too. If it does not, whoever
   * answered speaks for no object, and nobody may conclude that one does not exist.
   */
  async #explained(error: unknown, kind: KindRef, signal: AbortSignal | undefined): Promise<unknown> {
    if (!isKubeError(error, "NOT_FOUND") || error.data.reason !== pathNotFound) return error;
    this.#discovery.invalidate();
    await this.#discovery.resourceOf(kind, signal ? { signal } : {});
    return new KubeError("UNAVAILABLE", error.message, error.data, { cause: error });
  }
}

function isKubeObject(target: KubeObject | ObjectRef): target is KubeObject {
  return "metadata" in target;
}

function deleteBody({ propagation = "Background", uid, resourceVersion, dryRun }: DeleteOptions): string {
  const preconditions: JsonObject = {};
  if (uid !== undefined) preconditions["uid"] = uid;
  if (resourceVersion !== undefined) preconditions["resourceVersion"] = resourceVersion;
  return stringifyJson({
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: propagation,
    ...((uid !== undefined || resourceVersion !== undefined) && { preconditions }),
    ...(dryRun && { dryRun: ["All"] }),
  });
}
