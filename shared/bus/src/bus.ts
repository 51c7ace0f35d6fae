import { type ArtifactNotice, type RequestNotice } from "./topics.ts";

/** What has happened on a bus since it was made. */
export interface BusStats {
  /** Messages handed over: acknowledged by the stream, or sent. */
  readonly published: number;
  /** Notices that were never sent because the buffer was full, or the bus disposed. */
  readonly dropped: number;
  /** Notices that were never sent because they break their schema. */
  readonly refused: number;
  /** Notices given to handlers. */
  readonly delivered: number;
  /** Messages received that break their schema; no handler saw them. */
  readonly invalid: number;
  /** Handlers that threw. */
  readonly failed: number;
}

/**
 * What the controllers tell each other besides the API server. A notice is a hint: it may be lost, doubled, late or
 * forged, so a handler looks at the API server before it acts. Nothing here ever holds up or fails a reconcile.
 */
export interface Bus extends AsyncDisposable {
  /**
   * Announces an artifact. Never throws and never waits: the notice goes into a bounded buffer that keeps the newest one
   * per object, and leaves it as soon as there is a connection.
   */
  publishArtifact(notice: ArtifactNotice): void;
  /**
   * Gives the handler the last notice of every object, then each new one, until the signal aborts or the bus is disposed;
   * then resolves. It never rejects. After a lost connection the last notices are looked at again, and those that the
   * handler has not seen are given to it. A handler that throws is logged and goes on to get notices.
   */
  onArtifact(handler: (notice: ArtifactNotice) => void, signal: AbortSignal): Promise<void>;
  /** Asks for a reconcile, in the manner of `publishArtifact`. Whoever is not connected then never sees it. */
  publishRequest(notice: RequestNotice): void;
  /** Gives the handler each request that is made from now on, in the manner of `onArtifact`. */
  onRequest(handler: (notice: RequestNotice) => void, signal: AbortSignal): Promise<void>;
  /** True while messages can pass. */
  readonly connected: boolean;
  readonly stats: BusStats;
  /**
   * Resolves when the bus is connected, everything published so far is handed over, and every handler added so far is
   * listening.
   * @throws the signal's reason, or {BusError} CLOSED if the bus is disposed first.
   */
  flush(signal: AbortSignal): Promise<void>;
}

/** Most objects whose newest notice a bus keeps. */
export const defaultCapacity = 10_000;
