import { type KindRef, type KubeObject, type ObjectRef } from "@sluice/api";
import { type KubeClient } from "@sluice/kube";

/** The calls of a KubeClient that reach the API server. */
export type ClientVerb =
  | "get"
  | "list"
  | "create"
  | "replace"
  | "apply"
  | "patch"
  | "delete"
  | "watch"
  | "resourceOf"
  | "resources"
  | "raw";

/** One call that a faulty client was asked for. */
export interface ClientCall {
  /** Its place among all calls of this client, from 0. */
  index: number;
  verb: ClientVerb;
  /** What it is about; empty for `resources` and `raw`. */
  target: Partial<ObjectRef>;
  /** The object that it writes. */
  object?: KubeObject;
  dryRun: boolean;
  subresource?: string;
}

/**
 * What happens to one call.
 * - `fail`: it throws this and never reaches the server.
 * - `lose`: the server acts on it, but the caller gets this error.
 * - `crash`: the process ends here, before or after the server acted: this call and all later ones reject with ClientCrashed.
 * - `hold`: it starts when the promise resolves.
 */
export type ClientFault =
  | { fail: unknown }
  | { lose: unknown }
  | { crash: "before" | "after" }
  | { hold: Promise<void> };

/** The process that used this client is taken for dead; what still runs must have no effect. */
export class ClientCrashed extends Error {
  constructor() {
    super("the client crashed");
    this.name = "ClientCrashed";
  }
}

/** A client with its record of calls. */
export interface FaultyClient extends KubeClient {
  readonly calls: readonly ClientCall[];
  /** Calls that change something: neither reads nor dry runs. */
  writes(): readonly ClientCall[];
  hasCrashed(): boolean;
}

/**
 * Wraps `inner` so that chosen calls fail, get lost, wait, or end the process; all others pass unchanged. Disposing it leaves
 * `inner` open, so that a crash can be followed by a new client over the same server.
 * @param plan decides each call's fault; undefined lets it pass.
 */
export function faultyClient(inner: KubeClient, plan: (call: ClientCall) => ClientFault | undefined): FaultyClient {
  return new Faulty(inner, plan);
}

/** A plan for crash-point sweeps: the process ends at the write number `index` (from 0). */
export function crashAtWrite(index: number, when: "before" | "after"): (call: ClientCall) => ClientFault | undefined {
  let writes = 0;
  return (call) => (isWrite(call) && writes++ === index ? { crash: when } : undefined);
}

/** True if the call changes something on the server. */
export function isWrite({ verb, dryRun }: ClientCall): boolean {
  return !dryRun && ["create", "replace", "apply", "patch", "delete"].includes(verb);
}

class Faulty implements FaultyClient {
  readonly calls: ClientCall[] = [];
  readonly #inner: KubeClient;
  readonly #plan: (call: ClientCall) => ClientFault | undefined;
  #crashed = false;

  constructor(inner: KubeClient, plan: (call: ClientCall) => ClientFault | undefined) {
    this.#inner = inner;
    this.#plan = plan;
  }

  get requests(): KubeClient["requests"] {
    return this.#inner.requests;
  }

  writes(): readonly ClientCall[] {
    return this.calls.filter(isWrite);
  }

  hasCrashed(): boolean {
    return this.#crashed;
  }

  get(...[ref, options]: Parameters<KubeClient["get"]>): ReturnType<KubeClient["get"]> {
    return this.#pass({ verb: "get", target: ref }, () => this.#inner.get(ref, options));
  }

  list(...[kind, options]: Parameters<KubeClient["list"]>): ReturnType<KubeClient["list"]> {
    const { namespace } = options ?? {};
    const target = { ...kind, ...(namespace !== undefined && { namespace }) };
    return this.#pass({ verb: "list", target }, () => this.#inner.list(kind, options));
  }

  create(...[object, options]: Parameters<KubeClient["create"]>): ReturnType<KubeClient["create"]> {
    return this.#pass({ verb: "create", ...written(object), ...facts(options) }, () =>
      this.#inner.create(object, options),
    );
  }

  replace(...[object, options]: Parameters<KubeClient["replace"]>): ReturnType<KubeClient["replace"]> {
    return this.#pass({ verb: "replace", ...written(object), ...facts(options) }, () =>
      this.#inner.replace(object, options),
    );
  }

  apply(...[object, options]: Parameters<KubeClient["apply"]>): ReturnType<KubeClient["apply"]> {
    return this.#pass({ verb: "apply", ...written(object), ...facts(options) }, () =>
      this.#inner.apply(object, options),
    );
  }

  patch(...[ref, patch, options]: Parameters<KubeClient["patch"]>): ReturnType<KubeClient["patch"]> {
    return this.#pass({ verb: "patch", target: ref, ...facts(options) }, () => this.#inner.patch(ref, patch, options));
  }

  delete(...[ref, options]: Parameters<KubeClient["delete"]>): ReturnType<KubeClient["delete"]> {
    return this.#pass({ verb: "delete", target: ref, ...facts(options) }, () => this.#inner.delete(ref, options));
  }

  async *watch(...[kind, options]: Parameters<KubeClient["watch"]>): ReturnType<KubeClient["watch"]> & AsyncGenerator {
    await this.#pass({ verb: "watch", target: kind }, async () => undefined);
    for await (const event of this.#inner.watch(kind, options)) {
      this.#assertAlive();
      yield event;
    }
  }

  resourceOf(...[kind, options]: Parameters<KubeClient["resourceOf"]>): ReturnType<KubeClient["resourceOf"]> {
    return this.#pass({ verb: "resourceOf", target: kind }, () => this.#inner.resourceOf(kind, options));
  }

  resources(...[options]: Parameters<KubeClient["resources"]>): ReturnType<KubeClient["resources"]> {
    return this.#pass({ verb: "resources", target: {} }, () => this.#inner.resources(options));
  }

  raw(...[request]: Parameters<KubeClient["raw"]>): ReturnType<KubeClient["raw"]> {
    return this.#pass({ verb: "raw", target: {} }, () => this.#inner.raw(request));
  }

  invalidateDiscovery(): void {
    this.#inner.invalidateDiscovery();
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #pass<T>(
    about: Omit<ClientCall, "index" | "dryRun"> & { dryRun?: boolean },
    act: () => Promise<T>,
  ): Promise<T> {
    this.#assertAlive();
    const call = { dryRun: false, ...about, index: this.calls.length };
    this.calls.push(call);
    const fault = this.#plan(call) ?? {};
    if ("fail" in fault) throw fault.fail;
    if ("crash" in fault && fault.crash === "before") this.#crash();
    if ("hold" in fault) await fault.hold;
    this.#assertAlive();
    const result = await act();
    if ("lose" in fault) throw fault.lose;
    if ("crash" in fault) this.#crash();
    this.#assertAlive();
    return result;
  }

  #crash(): never {
    this.#crashed = true;
    throw new ClientCrashed();
  }

  #assertAlive(): void {
    if (this.#crashed) throw new ClientCrashed();
  }
}

function written(object: KubeObject): { target: Partial<ObjectRef>; object: KubeObject } {
  const { apiVersion, kind, metadata } = object;
  const { namespace, name } = metadata;
  return { target: { apiVersion, kind, name, ...(namespace !== undefined && { namespace }) }, object };
}

function facts(options: { dryRun?: boolean; subresource?: string } | undefined) {
  const { dryRun = false, subresource } = options ?? {};
  return { dryRun, ...(subresource !== undefined && { subresource }) };
}

/** The kind of a target, for plans: `Deployment`. */
export function isAbout(call: ClientCall, kind: KindRef["kind"], name?: string): boolean {
  return call.target.kind === kind && (name === undefined || call.target.name === name);
}
