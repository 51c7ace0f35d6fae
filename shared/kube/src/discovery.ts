import { type KindRef } from "@sluice/api";
import { type Clock, onAbort } from "@sluice/base";
import { readJson } from "./decode.ts";
import { readAggregated, readGroupVersions, readResourceList } from "./discovery-read.ts";
import { isKubeError, KubeError } from "./errors.ts";
import { type Answer, type Sender } from "./sender.ts";
import { type CallOptions, type Resource } from "./types.ts";

/** While a kind is unknown, what is served is read again at most so often for it. */
const UNKNOWN_KIND_MS = 2000;
const AGGREGATED = ["v2", "v2beta1"].map(
  (v) => `application/json;g=apidiscovery.k8s.io;v=${v};as=APIGroupDiscoveryList`,
);
const ACCEPT = [...AGGREGATED, "application/json"].join(",");

/** What one reading found, by `apiVersion/kind`. */
interface Served {
  byKind: ReadonlyMap<string, Resource>;
  resources: readonly Resource[];
}

/** One half of discovery (`/api` or `/apis`) as it was last read, for the server's "not modified". */
interface Half {
  etag: string;
  resources: readonly Resource[];
}

/**
 * Knows what the API server serves. It is read when first asked, when `invalidate` was called, and when a kind is unknown;
 * callers that come during a reading share it.
 */
export class Discovery {
  readonly #sender: Sender;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #halves = new Map<string, Half>();
  readonly #unknownSinceMs = new Map<string, number>();
  #served: Served | undefined;
  #reading: Promise<Served> | undefined;

  constructor(sender: Sender, clock: Clock) {
    this.#sender = sender;
    this.#clock = clock;
  }

  /** @throws {KubeError} KIND_NOT_SERVED */
  async resourceOf({ apiVersion, kind }: KindRef, options: CallOptions = {}): Promise<Resource> {
    const key = keyOf(apiVersion, kind);
    const known = this.#served?.byKind.get(key) ?? (await this.#lookUp(key, options));
    if (known) return known;
    const message = `Cannot find kind "${kind}": the API server does not serve it in "${apiVersion}"`;
    throw new KubeError("KIND_NOT_SERVED", message, { apiVersion, kind });
  }

  async resources(options: CallOptions = {}): Promise<readonly Resource[]> {
    return (this.#served ?? (await this.#read(options))).resources;
  }

  /** Makes the next look-up read again; a reading that is under way counts as too old. */
  invalidate(): void {
    this.#served = undefined;
    this.#reading = undefined;
  }

  close(): void {
    this.#closing.abort(new KubeError("UNAVAILABLE", "Cannot read what is served: the client is closed", closedFacts));
  }

  async #lookUp(key: string, options: CallOptions): Promise<Resource | undefined> {
    const unknownSinceMs = this.#unknownSinceMs.get(key);
    if (this.#served && unknownSinceMs !== undefined && this.#isRecent(unknownSinceMs)) return undefined;
    const found = (await this.#read(options)).byKind.get(key);
    if (!found) this.#rememberUnknown(key);
    return found;
  }

  /** Forgets what is no longer recent, so that made-up kinds do not fill memory. */
  #rememberUnknown(key: string): void {
    for (const [other, sinceMs] of this.#unknownSinceMs) {
      if (!this.#isRecent(sinceMs)) this.#unknownSinceMs.delete(other);
    }
    this.#unknownSinceMs.set(key, this.#clock.monotonicMs());
  }

  #isRecent(sinceMs: number): boolean {
    return this.#clock.monotonicMs() - sinceMs < UNKNOWN_KIND_MS;
  }

  /** Joins the reading that is under way, or starts one. It goes on for the others if this caller's signal aborts. */
  async #read({ signal }: CallOptions): Promise<Served> {
    this.#reading ??= this.#start();
    return await unlessAborted(this.#reading, signal);
  }

  #start(): Promise<Served> {
    const reading = this.#readBoth().then(
      (served) => {
        if (this.#reading === reading) {
          this.#served = served;
          this.#reading = undefined;
        }
        return served;
      },
      (error: unknown) => {
        if (this.#reading === reading) this.#reading = undefined;
        throw error;
      },
    );
    reading.catch(() => undefined);
    return reading;
  }

  async #readBoth(): Promise<Served> {
    const [core, groups] = await Promise.all([this.#readHalf("/api"), this.#readHalf("/apis")]);
    const resources = [...core, ...groups];
    const byKind = new Map<string, Resource>();
    for (const resource of resources) {
      const key = keyOf(apiVersionOf(resource), resource.kind);
      if (!byKind.has(key)) byKind.set(key, resource);
    }
    return { resources, byKind };
  }

  async #readHalf(path: "/api" | "/apis"): Promise<readonly Resource[]> {
    const last = this.#halves.get(path);
    const { status, headers, text } = await this.#getRoot(path, last && { "if-none-match": last.etag });
    if (status === 304 && last) return last.resources;
    const value = readJson(text);
    const aggregated = readAggregated(value);
    if (!aggregated) return await this.#readPlain(path, readGroupVersions(value));
    const { etag } = headers;
    if (typeof etag === "string") this.#halves.set(path, { etag, resources: aggregated });
    return aggregated;
  }

  async #readPlain(path: string, groupVersions: readonly string[]): Promise<Resource[]> {
    const lists = await Promise.all(
      groupVersions.map(async (groupVersion) => {
        const text = await this.#getUnlessDown(`${path}/${groupVersion}`);
        return text === undefined ? [] : readResourceList(readJson(text), groupVersion);
      }),
    );
    return lists.flat();
  }

  /** Whoever answers 404 here is no API server: that must never read as "this object does not exist". */
  async #getRoot(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer> {
    try {
      return await this.#get(path, headers);
    } catch (error) {
      if (!isKubeError(error, "NOT_FOUND")) throw error;
      throw new KubeError("UNAVAILABLE", error.message, error.data, { cause: error });
    }
  }

  /** A group whose own server is down must not hide the others. */
  async #getUnlessDown(path: string): Promise<string | undefined> {
    try {
      return (await this.#get(path)).text;
    } catch (error) {
      if (isKubeError(error, "NOT_FOUND") || (isKubeError(error, "UNAVAILABLE") && error.data.status === 503))
        return undefined;
      throw error;
    }
  }

  async #get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return await this.#sender.send({
      action: "read what is served at",
      subject: path,
      verb: "get",
      resource: "",
      method: "GET",
      path,
      headers: { accept: ACCEPT, ...headers },
      idempotent: true,
      signal: this.#closing.signal,
    });
  }
}

const closedFacts = { status: 0, reason: "Closed", message: "the client is closed", causes: [] };

function keyOf(apiVersion: string, kind: string): string {
  return `${apiVersion}/${kind}`;
}

function apiVersionOf({ group, version }: Resource): string {
  return group === "" ? version : `${group}/${version}`;
}

/** Settles as `promise`, or rejects with the signal's reason; the promise itself goes on. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return await promise;
  signal.throwIfAborted();
  let listening: Disposable | undefined;
  const aborted = new Promise<never>((_, reject) => {
    listening = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    listening?.[Symbol.dispose]();
  }
}
