import { groupOf, type KindRef, type KubeObject } from "@sluice/api";
import { type ObjectFailure } from "@sluice/apply";
import { type Clock, type Logger } from "@sluice/base";
import { type KubeClient, reflect } from "@sluice/kube";
import { topicOf } from "@sluice/runtime";

const definitions: KindRef = { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" };
const namespaces: KindRef = { apiVersion: "v1", kind: "Namespace" };

/** A definition is served a moment after it is stored. */
const ECHOES_MS = [1000, 4000];

/** What objects that were refused as not found can be waiting for: the definition of their kind, or their namespace. */
export class Prerequisites {
  readonly #options: {
    client: KubeClient;
    clock: Clock;
    log: Logger;
    signal: AbortSignal;
    wake: (topic: string) => void;
  };
  readonly #watched = new Set<string>();

  constructor(options: {
    client: KubeClient;
    clock: Clock;
    log: Logger;
    signal: AbortSignal;
    /** Called with each topic that `topicsOf` has given when what it stands for appears or changes. */
    wake: (topic: string) => void;
  }) {
    this.#options = options;
  }

  /** Topics that make another try worthwhile. The first call for each kind of prerequisite opens a metadata watch. */
  topicsOf(failures: readonly ObjectFailure[]): string[] {
    const missing = failures.filter(({ reason }) => reason === "NotFound").map(({ ref }) => ref);
    const groups = new Set(missing.map(({ apiVersion }) => groupOf(apiVersion)).filter((group) => group !== ""));
    const places = new Set(missing.flatMap(({ namespace }) => namespace ?? []));
    if (groups.size > 0) this.#watch(definitions, ({ metadata }) => this.#defined(metadata.name));
    if (places.size > 0) this.#watch(namespaces, ({ metadata }) => this.#options.wake(namespaceTopic(metadata.name)));
    return [...[...groups].map(groupTopic), ...[...places].map(namespaceTopic)];
  }

  #watch(kind: KindRef, onChange: (object: KubeObject) => void): void {
    if (this.#watched.has(kind.kind)) return;
    this.#watched.add(kind.kind);
    const { client, clock, log, signal } = this.#options;
    const reflector = reflect(client, kind, {
      ...{ clock, log, signal, metadataOnly: true },
      transform: ({ apiVersion, kind, metadata: { name, uid = "", resourceVersion = "" } }) => ({
        ...{ apiVersion, kind },
        metadata: { name, uid, resourceVersion },
      }),
      onChange: ({ object }) => onChange(object),
    });
    reflector.synced.catch(() => undefined);
  }

  /** @param name of a definition: `<plural>.<group>` */
  #defined(name: string): void {
    const { client, clock, signal, wake } = this.#options;
    const topic = groupTopic(name.slice(name.indexOf(".") + 1));
    const tell = () => {
      if (signal.aborted) return;
      client.invalidateDiscovery();
      wake(topic);
    };
    tell();
    for (const afterMs of ECHOES_MS) clock.after(afterMs, tell);
  }
}

function groupTopic(group: string): string {
  return topicOf({ kind: "APIGroup", name: group });
}

function namespaceTopic(name: string): string {
  return topicOf({ kind: "Namespace", name });
}
