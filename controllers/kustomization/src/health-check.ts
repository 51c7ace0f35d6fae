import {
  type Cluster,
  failureMessage,
  type HealthReport,
  type HealthRequest,
  timeoutMessage,
  unready,
} from "@sluice/apply";
import { displayRef } from "@sluice/api";
import { type Clock, formatDuration, onAbort, timeoutSignal } from "@sluice/base";

/** A wait that takes longer shows what is missing, and again after each such time if that has changed. */
const SHOW_FIRST_MS = 5000;
const SHOW_AGAIN_MS = 30_000;

/** `pending`: waited for since the last change; `healthy` and `unhealthy`: how that ended, or how it changed later. */
export type HealthState = "pending" | "healthy" | "unhealthy";

export interface HealthCheckOptions {
  cluster: Pick<Cluster, "watchHealth">;
  clock: Clock;
  request: Omit<HealthRequest, "onProgress" | "failFast">;
  /** Gives up on an object that has failed at once, and not only at the end of the timeout. */
  failFast: boolean;
  /** How long objects may be on their way, in milliseconds. */
  timeoutMs: number;
  /** What is believed until the watches say otherwise. */
  first: { state: HealthState; message: string };
  /** Called when the state changes, and when there is something new to show of a long wait. */
  onNews(): void;
}

/**
 * The health of one Kustomization's objects, watched for as long as this lives. Objects that leave health after they had it get the timeout to come
 * back before that counts; what has failed becomes healthy as soon as all objects are.
 */
export class HealthCheck implements Disposable {
  readonly startedMs: number;
  readonly #options: HealthCheckOptions;
  readonly #watch: Disposable;
  readonly #first = new AbortController();
  #state: HealthState;
  #message: string;
  #shown = "";
  #report: HealthReport | undefined;
  #deadline: Disposable | undefined;
  #showing: Disposable | undefined;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.startedMs = options.clock.monotonicMs();
    this.#state = options.first.state;
    this.#message = options.first.message;
    if (this.#state === "pending") {
      this.#limit();
      this.#showLater(SHOW_FIRST_MS);
    }
    this.#watch = options.cluster.watchHealth({ ...options.request, onProgress: (report) => this.#see(report) });
  }

  get state(): HealthState {
    return this.#state;
  }

  /** Why it is unhealthy, or what is still missing; may be empty. */
  get message(): string {
    return this.#state === "pending" && this.#report ? pendingText(this.#report) : this.#message;
  }

  /** Resolves when every object has been looked at, but after `limitMs` in any case. @throws the signal's reason */
  async firstLook(limitMs: number, signal: AbortSignal): Promise<void> {
    using limit = timeoutSignal(this.#options.clock, limitMs, signal);
    await new Promise<void>((resolve) => {
      onAbort(this.#first.signal, resolve);
      onAbort(limit.signal, resolve);
    });
    signal.throwIfAborted();
  }

  /** Notes that the message stands in the status. */
  shown(): void {
    this.#shown = this.message;
  }

  [Symbol.dispose](): void {
    this.#watch[Symbol.dispose]();
    this.#deadline?.[Symbol.dispose]();
    this.#showing?.[Symbol.dispose]();
    this.#first.abort();
  }

  #see(report: HealthReport): void {
    this.#report = report;
    const statuses = report.objects.map(({ status }) => status);
    if (!statuses.includes("Unknown")) this.#first.abort();
    if (statuses.every((status) => status === "Current")) this.#turn("healthy", "");
    else if (this.#options.failFast && statuses.includes("Failed")) this.#fail(failureMessage(report));
    else if (this.#state === "healthy") this.#limit();
  }

  /** Objects that are on their way have time until the deadline, which is not moved by what happens meanwhile. */
  #limit(): void {
    this.#deadline ??= this.#options.clock.after(this.#options.timeoutMs, () => {
      const what = this.#report ? timeoutMessage(this.#report) : "timed out before the first report";
      this.#deadline = undefined;
      this.#fail(what);
    });
  }

  #fail(why: string): void {
    if (this.#state === "unhealthy") return;
    const after = this.#state === "pending" ? ` after ${formatDuration(Math.round(this.#elapsedMs()))}` : "";
    this.#turn("unhealthy", `health check failed${after}: ${why}`);
  }

  #turn(state: HealthState, message: string): void {
    this.#deadline?.[Symbol.dispose]();
    this.#deadline = undefined;
    if (state === this.#state) return;
    this.#showing?.[Symbol.dispose]();
    this.#state = state;
    this.#message = message;
    this.#first.abort();
    this.#options.onNews();
  }

  #showLater(afterMs: number): void {
    this.#showing = this.#options.clock.after(afterMs, () => {
      if (this.message !== this.#shown) this.#options.onNews();
      this.#showLater(SHOW_AGAIN_MS);
    });
  }

  #elapsedMs(): number {
    return this.#options.clock.monotonicMs() - this.startedMs;
  }
}

/** What is still missing, in few words. */
function pendingText(report: HealthReport): string {
  const pending = unready(report);
  const shown = pending
    .slice(0, 3)
    .map(({ ref, status, message }) => `${displayRef(ref)} is ${status}${message ? ` (${message})` : ""}`);
  return pending.length > 3 ? `${shown.join(", ")} and ${pending.length - 3} more` : shown.join(", ");
}
