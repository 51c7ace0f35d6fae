import { type Cluster, type HealthRequest } from "@sluice/apply";
import { type Clock, formatDuration } from "@sluice/base";
import { Failed, Waiting } from "@sluice/runtime";
import { HealthCheck, type HealthCheckOptions } from "./health-check.ts";

/** How long a run stays for the first look at objects: those that are ready by existing then cost no second run. */
const FIRST_LOOK_MS = 100;

/** What a Kustomization waits for after an apply. */
export interface HealthWait extends Pick<HealthCheckOptions, "failFast" | "timeoutMs" | "first"> {
  request: HealthRequest;
  /** Names what was applied: with another one, what is known of the health is out of date. */
  signature: string;
  revision: string;
  retryMs: number;
}

/** Health by Kustomization: watched in the background from its first apply on, asked by each run. No worker waits for it. */
export class HealthChecks {
  readonly #options: { cluster: Pick<Cluster, "watchHealth">; clock: Clock; rerun: (key: string) => void };
  readonly #checks = new Map<string, { check: HealthCheck; signature: string }>();

  /** `rerun` is called with the key when the health has changed, also long after the wait was over. */
  constructor(options: { cluster: Pick<Cluster, "watchHealth">; clock: Clock; rerun: (key: string) => void }) {
    this.#options = options;
  }

  /** Kustomizations whose health is watched. */
  get size(): number {
    return this.#checks.size;
  }

  /**
   * Passes when everything is healthy.
   * @returns since when it was waited for: monotonic time in milliseconds
   * @throws {Waiting} while objects are on their way; {Failed} HealthCheckFailed
   */
  async require(key: string, wait: HealthWait, signal: AbortSignal): Promise<{ sinceMs: number }> {
    const known = this.#checks.get(key);
    const check = known?.signature === wait.signature ? known.check : this.#start(key, wait);
    if (check.state === "pending") await check.firstLook(FIRST_LOOK_MS, signal);
    if (check.state === "healthy") return { sinceMs: check.startedMs };
    if (check.state === "unhealthy") {
      throw new Failed("HealthCheckFailed", check.message, { afterMs: wait.retryMs });
    }
    check.shown();
    throw new Waiting("Progressing", pendingMessage(wait, check.message), {
      ready: "Unknown",
      sinceMs: check.startedMs,
      until: [],
      afterMs: wait.timeoutMs + 1000,
    });
  }

  /** Ends the watch of a Kustomization's health: its objects were changed, or are not wanted any more. */
  forget(key: string): void {
    this.#checks.get(key)?.check[Symbol.dispose]();
    this.#checks.delete(key);
  }

  [Symbol.dispose](): void {
    for (const { check } of this.#checks.values()) check[Symbol.dispose]();
    this.#checks.clear();
  }

  #start(key: string, wait: HealthWait): HealthCheck {
    this.forget(key);
    const { cluster, clock, rerun } = this.#options;
    const { request, failFast, timeoutMs, first, signature } = wait;
    const check = new HealthCheck({
      ...{ cluster, clock, request, failFast, timeoutMs, first },
      onNews: () => rerun(key),
    });
    this.#checks.set(key, { check, signature });
    return check;
  }
}

/** @source spec/flux-api.md 2.3; what is missing is added */
function pendingMessage({ revision, timeoutMs }: HealthWait, missing: string): string {
  const running = `Running health checks for revision ${revision} with a timeout of ${formatDuration(timeoutMs)}`;
  return missing === "" ? running : `${running}: ${missing}`;
}
