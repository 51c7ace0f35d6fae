import { type KindRef, type KubeObject, type ObjectRef } from "@sluice/api";
import { type Clock, type Logger, messageOf } from "@sluice/base";
import { isKubeError, type KubeClient, reflect, type Reflector } from "@sluice/kube";
import { type ObjectHealth } from "./health-types.ts";
import { healthOf } from "./status/kstatus.ts";

/** What is kept of a watched object: its health, and the whole of it only for those who judge by rules of their own. */
export type Judged = KubeObject & { health: { [K in keyof ObjectHealth]: ObjectHealth[K] }; whole?: KubeObject };

export interface StatusViewOptions {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  kind: KindRef;
  /** Narrows the watch: our objects of all namespaces, or one object. */
  select: { labelSelector: string } | { namespace?: string; fieldSelector: string };
  /** Keep whole objects. */
  whole: boolean;
}

/** A watch on whole objects, opened while somebody waits for them. */
export class StatusView implements Disposable {
  readonly #reflector: Reflector<Judged>;
  readonly #stop = new AbortController();
  /** Who wants to hear of which object, by `namespace/name`. */
  readonly #listeners = new Map<string, Set<() => void>>();
  #trouble: string | undefined;

  constructor(options: StatusViewOptions) {
    const { client, clock, log, kind, select, whole } = options;
    const tellAll = () => {
      for (const key of [...this.#listeners.keys()]) this.#tell(key);
    };
    this.#reflector = reflect<Judged>(client, kind, {
      ...{ clock, log, signal: this.#stop.signal },
      ...select,
      transform: (object) => judged(object, whole),
      onChange: ({ object }) => this.#tell(keyOf(object.metadata)),
      onSynced: () => {
        this.#trouble = undefined;
        tellAll();
      },
      onFailure: ({ error }) => {
        this.#trouble = messageOf(error);
        if (isKubeError(error, "KIND_NOT_SERVED", "FORBIDDEN")) tellAll();
      },
    });
  }

  /** What is known of one object; undefined as long as nothing is. */
  find(ref: ObjectRef): Judged | "absent" | undefined {
    return this.#reflector.isSynced() ? (this.#reflector.get(ref) ?? "absent") : undefined;
  }

  /** Why nothing is known yet, if something is in the way. */
  trouble(): string | undefined {
    return this.#reflector.isSynced() ? undefined : this.#trouble;
  }

  /** Calls `listener` when what is known of `ref` may have changed. */
  onChange(ref: Named, listener: () => void): Disposable {
    const key = keyOf(ref);
    const listeners = this.#listeners.get(key) ?? new Set();
    this.#listeners.set(key, listeners.add(listener));
    return {
      [Symbol.dispose]: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.#listeners.get(key) === listeners) this.#listeners.delete(key);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#stop.abort();
    this.#reflector[Symbol.dispose]();
  }

  #tell(key: string): void {
    for (const listener of [...(this.#listeners.get(key) ?? [])]) listener();
  }
}

interface Named {
  namespace?: string;
  name: string;
}

function keyOf({ namespace = "", name }: Named): string {
  return `${namespace}/${name}`;
}

function judged(object: KubeObject, whole: boolean): Judged {
  const { namespace, name, uid = "", resourceVersion = "" } = object.metadata;
  const metadata = { name, uid, resourceVersion, ...(namespace === undefined ? {} : { namespace }) };
  const { status, message } = healthOf(object);
  const kept = { apiVersion: object.apiVersion, kind: object.kind, metadata, health: { status, message } };
  return whole ? { ...kept, whole: object } : kept;
}
