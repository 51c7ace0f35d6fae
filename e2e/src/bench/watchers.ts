import { type KindRef, type Kustomization, type KubeObject } from "@sluice/api";
import { silentLog, systemClock } from "@sluice/base";
import { type KubeClient, reflect } from "@sluice/kube";

/** A local copy that calls back, to measure when something became visible. */
export class Copy<T extends KubeObject> implements Disposable {
  readonly #stop = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #list: () => readonly T[];
  readonly synced: Promise<void>;

  constructor(client: KubeClient, kind: KindRef, options: { namespace: string; labelSelector?: string }) {
    const reflector = reflect<T>(client, kind, {
      clock: systemClock,
      log: silentLog,
      signal: this.#stop.signal,
      ...options,
      onChange: () => this.#changed(),
      onSynced: () => this.#changed(),
    });
    this.#list = () => reflector.list();
    this.synced = reflector.synced;
  }

  list(): readonly T[] {
    return this.#list();
  }

  /** Resolves with the time, on the monotonic clock, at which `condition` was seen to hold. */
  until(what: string, condition: (objects: readonly T[]) => boolean, limitMs = 600_000): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = systemClock.after(limitMs, () => {
        this.#waiting.delete(check);
        reject(new Error(`never came true: ${what}`));
      });
      const check = () => {
        if (!condition(this.list())) return;
        this.#waiting.delete(check);
        timer[Symbol.dispose]();
        resolve(systemClock.monotonicMs());
      };
      this.#waiting.add(check);
      check();
    });
  }

  #changed(): void {
    for (const check of this.#waiting) check();
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
  }
}

/** True if the Kustomization is Ready, at `revision` if one is given. */
export function isReady({ status, metadata }: Kustomization, commit = ""): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return (
    ready?.status === "True" &&
    status?.observedGeneration === metadata.generation &&
    status?.lastAppliedRevision?.endsWith(commit) === true
  );
}
