import { type KindRef } from "@sluice/api";
import { type Clock, isObject, onAbort, ownKey } from "@sluice/base";
import { garbled, readJson, readObject, type Reading } from "./decode.ts";
import { isKubeError, KubeError } from "./errors.ts";
import { lineBatches } from "./lines.ts";
import { type Call, lostError, type Sender } from "./sender.ts";
import { factsOfStatus, statusError, type Subject } from "./status.ts";
import { type WatchEvent } from "./types.ts";

export const defaultLivenessMs = 150_000;

/**
 * Reads one watch to its end.
 * @param call whose signal ends the watch.
 * @throws as `KubeClient.watch`
 */
export async function* readWatch(
  sender: Sender,
  { call, reading, clock, livenessMs, signal }: WatchRequest,
): AsyncGenerator<WatchEvent, void, undefined> {
  using life = new Life({ clock, livenessMs, signal });
  try {
    const body = await sender.open({ ...call, signal: life.signal });
    for await (const lines of lineBatches(life.pulse(body), sender.limitBytes)) {
      for (const line of lines) yield readEvent(line, { reading, subject: call });
    }
  } catch (error) {
    throw brokenWatch(error, { call, signal: life.signal });
  }
}

export interface WatchRequest {
  call: Call;
  reading: Reading;
  clock: Clock;
  livenessMs: number;
  signal: AbortSignal;
}

/** One line of a watch. @throws {KubeError} for an ERROR event what its Status says; BROKEN if it is no event. */
function readEvent(line: string, { reading, subject }: { reading: Reading; subject: Subject }): WatchEvent {
  const value = readJson(line);
  if (!isObject(value)) throw garbled("a watch event that is not an object");
  const type = ownKey(value, "type");
  if (typeof type !== "string") throw garbled("a watch event without a type");
  const object = ownKey(value, "object");
  switch (type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      return { type, object: readObject(object, reading) };
    case "BOOKMARK":
      return { type, object: readBookmark(object, reading.kind) };
    case "ERROR":
      throw statusError(factsOfStatus(object, 0), { ...subject, action: "watch" });
    default:
      throw garbled(`a watch event of type "${type.slice(0, 50)}"`);
  }
}

function readBookmark(object: unknown, { apiVersion, kind }: KindRef) {
  const metadata = isObject(object) ? ownKey(object, "metadata") : undefined;
  const resourceVersion = isObject(metadata) ? ownKey(metadata, "resourceVersion") : undefined;
  if (typeof resourceVersion !== "string") throw garbled("a bookmark without resourceVersion");
  const annotations = isObject(metadata) ? ownKey(metadata, "annotations") : undefined;
  const initialEnd = isObject(annotations) && ownKey(annotations, INITIAL_EVENTS_END) === "true";
  return {
    apiVersion,
    kind,
    metadata: { name: "", resourceVersion, ...(initialEnd && { annotations: { [INITIAL_EVENTS_END]: "true" } }) },
  };
}

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

/** A stream that ended early is BROKEN (cut); a refusal before the first byte stays what it is. */
function brokenWatch(error: unknown, { call, signal }: { call: Call; signal: AbortSignal }): unknown {
  if (error instanceof KubeError) return error;
  const lost = lostError(error, call, signal);
  if (!isKubeError(lost, "UNAVAILABLE")) return lost;
  const detail = lost.data.message;
  return new KubeError("BROKEN", `Cannot watch "${call.subject}": ${detail}`, { how: "cut", detail }, { cause: error });
}

/** Aborts a watch in which nothing arrives for too long; one timer, however many chunks. */
class Life implements Disposable {
  readonly #clock: Clock;
  readonly #livenessMs: number;
  readonly #controller = new AbortController();
  readonly #following: Disposable;
  #timer: Disposable;
  #aliveAtMs: number;

  constructor({ clock, livenessMs, signal }: { clock: Clock; livenessMs: number; signal: AbortSignal }) {
    signal.throwIfAborted();
    this.#clock = clock;
    this.#livenessMs = livenessMs;
    this.#following = onAbort(signal, () => this.#controller.abort(signal.reason));
    this.#aliveAtMs = clock.monotonicMs();
    this.#timer = clock.after(livenessMs, () => this.#check());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  async *pulse(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#aliveAtMs = this.#clock.monotonicMs();
      yield chunk;
    }
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#following[Symbol.dispose]();
    this.#controller.abort();
  }

  #check(): void {
    const leftMs = this.#aliveAtMs + this.#livenessMs - this.#clock.monotonicMs();
    if (leftMs > 0) {
      this.#timer = this.#clock.after(leftMs, () => this.#check());
      return;
    }
    const detail = `nothing came for ${this.#livenessMs} ms`;
    this.#controller.abort(new KubeError("BROKEN", `Cannot watch: ${detail}`, { how: "silent", detail }));
  }
}
