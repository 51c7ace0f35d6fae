import { type Clock, messageOf, sleep, timeoutSignal } from "@sluice/base";
import { type Dispatcher } from "undici";
import { readText } from "./body.ts";
import { isKubeError, KubeError } from "./errors.ts";
import { RateLimit } from "./rate-limit.ts";
import { RequestLedger } from "./request-counts.ts";
import { retryDelayMs } from "./retry.ts";
import { factsOfAnswer, factsWithoutAnswer, statusError, type Subject } from "./status.ts";
import { openTransport, type Transport } from "./transport.ts";
import { type ConnectOptions } from "./types.ts";

/** One call of the Kubernetes API: what is sent, how it is counted, and how its errors name it. */
export interface Call extends Subject {
  verb: string;
  /** Plural and subresource, as they are counted; "" for a path that is no resource. */
  resource: string;
  method: Dispatcher.HttpMethod;
  /** With the query. */
  path: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  /** Sending it twice does no more than sending it once, so an unsure outcome may be tried again. */
  idempotent: boolean;
  dryRun?: boolean;
  signal?: AbortSignal | undefined;
}

/** A complete answer. */
export interface Answer {
  status: number;
  headers: Dispatcher.ResponseData["headers"];
  text: string;
}

const LIMIT_BYTES = 64 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const ERROR_LIMIT_BYTES = 4 * 1024 * 1024;

/** Sends calls with their retries, waits, deadlines and limits, and turns every failure into a KubeError. */
export class Sender implements AsyncDisposable {
  readonly requests = new RequestLedger();
  readonly limitBytes: number;
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #limit: RateLimit | undefined;
  readonly #random: () => number;

  constructor(options: ConnectOptions) {
    const { clock, limit, limitBytes = LIMIT_BYTES, timeoutMs = TIMEOUT_MS, random = Math.random } = options;
    this.#transport = openTransport(options);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#limit = limit && new RateLimit(clock, limit);
    this.limitBytes = limitBytes;
    this.#random = random;
  }

  /** Sends `call` and reads the answer. @throws {KubeError} for a status of 400 or more, too. */
  async send(call: Call): Promise<Answer> {
    return await this.#withRetries(call, (renew) => this.#tryOnce(call, renew));
  }

  /** Sends `call` and returns the body as a stream, which the call's signal ends; used for watches. */
  async open(call: Call): Promise<Dispatcher.ResponseData["body"]> {
    return await this.#withRetries(call, async (renew) => {
      const response = await this.#exchange(call, { renew, longLived: true, signal: call.signal });
      if (response.statusCode < 400) return response.body;
      throw await this.#refusal(call, response);
    });
  }

  /** Sends `call` once, whatever the status of its answer; credentials are renewed after a 401. */
  async sendRaw(call: Call): Promise<Answer> {
    const answer = await this.#tryOnce(call, false, () => false);
    return answer.status === 401 ? await this.#tryOnce(call, true, () => false) : answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#transport[Symbol.asyncDispose]();
  }

  async #withRetries<T>(call: Call, attempt: (renew: boolean) => Promise<T>): Promise<T> {
    let renew = false;
    for (let tries = 1; ; tries++) {
      try {
        return await attempt(renew);
      } catch (error) {
        const again: boolean = !renew && isKubeError(error, "UNAUTHORIZED");
        const waitMs = again ? 0 : this.#retryDelayMs(error, call, tries);
        if (waitMs === undefined) throw error;
        renew = again;
        if (waitMs > 0) await sleep(this.#clock, waitMs, call.signal);
      }
    }
  }

  #retryDelayMs(error: unknown, { idempotent }: Call, tries: number): number | undefined {
    if (!isKubeError(error) || !("status" in error.data)) return undefined;
    return retryDelayMs(error.data, { tries, idempotent, random: this.#random() });
  }

  async #tryOnce(call: Call, renew: boolean, refused = (status: number) => status >= 400): Promise<Answer> {
    using deadline = timeoutSignal(this.#clock, this.#timeoutMs, call.signal);
    try {
      const response = await this.#exchange(call, { renew, longLived: false, signal: deadline.signal });
      if (refused(response.statusCode)) throw await this.#refusal(call, response);
      const text = await this.#read(call, response);
      return { status: response.statusCode, headers: response.headers, text };
    } catch (error) {
      if (!deadline.timedOut()) throw error;
      throw statusError(factsWithoutAnswer("Timeout", `no answer within ${this.#timeoutMs} ms`), call);
    }
  }

  async #exchange(
    call: Call,
    how: { renew: boolean; longLived: boolean; signal: AbortSignal | undefined },
  ): Promise<Dispatcher.ResponseData> {
    await this.#limit?.take(how.signal);
    const startedMs = this.#clock.monotonicMs();
    let status = 0;
    try {
      const response = await this.#transport.exchange({ ...call, ...how }, how.signal);
      status = response.statusCode;
      return response;
    } catch (error) {
      throw lostError(error, call, how.signal);
    } finally {
      const { verb, resource, method, dryRun = false } = call;
      const durationMs = this.#clock.monotonicMs() - startedMs;
      this.requests.add({ verb, resource, method, status, dryRun, durationMs });
    }
  }

  async #refusal(call: Call, { statusCode, headers, body }: Dispatcher.ResponseData): Promise<KubeError> {
    const text = await readText(body, { headers, limitBytes: ERROR_LIMIT_BYTES }).catch(() => "");
    const header = headers["retry-after"];
    const retryAfter = Array.isArray(header) ? header[0] : header;
    return statusError(factsOfAnswer({ status: statusCode, text, retryAfter }), call);
  }

  async #read(call: Call, { headers, body }: Dispatcher.ResponseData): Promise<string> {
    try {
      return await readText(body, { headers, limitBytes: this.limitBytes });
    } catch (error) {
      throw lostError(error, call, call.signal);
    }
  }
}

/** The error of a call that got no answer, or not all of it; an abort stays what it is. */
export function lostError(thrown: unknown, call: Subject, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (thrown instanceof KubeError) return thrown;
  return statusError(factsWithoutAnswer(reasonOf(thrown), messageOf(thrown) || reasonOf(thrown)), call, thrown);
}

/** Node's or undici's code, of the first error in a chain of causes or of an AggregateError that has one. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return "Unknown";
  if ("code" in thrown && typeof thrown.code === "string") return thrown.code;
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return reasonOf(thrown.errors[0]);
  return thrown.cause === undefined ? thrown.name : reasonOf(thrown.cause);
}
