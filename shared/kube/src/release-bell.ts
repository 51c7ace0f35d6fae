import { type KindRef, type KubeObject } from "@sluice/api";
import { onAbort, timeoutSignal } from "@sluice/base";
import { readLease } from "./lease-record.ts";
import { reflect } from "./reflector.ts";
import { type ElectOptions } from "./types.ts";

/** Watches a Lease and wakes a waiting candidate in the moment in which nobody holds it. */
export class ReleaseBell implements Disposable {
  readonly #options: Pick<ElectOptions, "clock" | "signal">;
  readonly #reflector: Disposable;
  #rung = false;
  #wake = () => {};

  constructor(kind: KindRef, { client, clock, log, signal, namespace, name }: ElectOptions) {
    this.#options = { clock, signal };
    this.#reflector = reflect(client, kind, {
      clock,
      log,
      signal,
      namespace,
      fieldSelector: `metadata.name=${name}`,
      onChange: ({ type, object }) => this.#ring(type === "deleted" || isFree(object)),
    });
  }

  /** Resolves after `delayMs`, or as soon as the lease is free. @throws the signal's reason. */
  async wait(delayMs: number): Promise<void> {
    const { clock, signal } = this.#options;
    using timer = timeoutSignal(clock, delayMs, signal);
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        onAbort(timer.signal, resolve);
      });
    }
    this.#rung = false;
    signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    this.#reflector[Symbol.dispose]();
  }

  #ring(free: boolean): void {
    if (!free) return;
    this.#rung = true;
    this.#wake();
  }
}

function isFree(lease: KubeObject): boolean {
  return readLease(lease).holder === "";
}
