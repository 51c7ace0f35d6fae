import {
  type Condition,
  type GitRepository,
  gitRepository,
  type KindRef,
  type Kustomization,
  type KubeObject,
} from "@sluice/api";
import { type Clock, isAbort, type JsonObject, type Logger, messageOf } from "@sluice/base";
import { type ArtifactNotice } from "@sluice/bus";
import { type KubeClient, type Reflector, reflect } from "@sluice/kube";
import { Failed, isNewer, Stalled, topicOf, Waiting } from "@sluice/runtime";
import { misconfigured } from "./spec.ts";

/** Any source: they all have an artifact in their status. */
export type Source = KubeObject & { status?: JsonObject & { artifact?: SourceArtifact; conditions?: Condition[] } };
export type SourceArtifact = NonNullable<NonNullable<GitRepository["status"]>["artifact"]>;

/** Names a source in the API version that Sluice reads. */
export interface SourceRef extends KindRef {
  namespace: string;
  name: string;
}

/** Local copies of the sources, which tell of every new artifact. */
export interface Sources {
  /** The newest known state; undefined if there is none. */
  get(ref: SourceRef): Source | undefined;
  /** A hint from the bus: if it says something new, the API server is asked. */
  hint(notice: ArtifactNotice): void;
  isSynced(): boolean;
  /** Resolves when every source has been seen. @throws the signal's reason */
  readonly synced: Promise<void>;
}

/** The kinds whose artifacts a Kustomization can apply, as far as they are served here. */
const watched: readonly KindRef[] = [{ apiVersion: "source.toolkit.fluxcd.io/v1", kind: gitRepository.kind }];

export function sourceRefOf({ spec, metadata }: Kustomization): SourceRef {
  const { kind, name, namespace = metadata.namespace ?? "default" } = spec.sourceRef;
  return { apiVersion: "source.toolkit.fluxcd.io/v1", kind, namespace, name };
}

export function watchSources(options: {
  client: KubeClient;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
  namespace?: string;
  /** Called when the artifact of a source moved, and when a source appeared, vanished or turned ready. */
  onChange: (ref: SourceRef, source: Source | undefined) => void;
}): Sources {
  const { client, clock, log, signal, onChange, namespace } = options;
  const fresher = new Map<string, Source>();
  const reflectors = new Map<string, Reflector<Source>>();
  const reading = new Map<string, { again: boolean }>();
  for (const kind of watched) {
    const reflector = reflect<Source>(client, kind, {
      clock,
      log,
      signal,
      ...(namespace === undefined ? {} : { namespace }),
      onChange({ type, object, old }) {
        const ref = { ...kind, namespace: object.metadata.namespace ?? "", name: object.metadata.name };
        const read = fresher.get(topicOf(ref));
        if (type === "deleted" || (read && !isNewer(read, object))) fresher.delete(topicOf(ref));
        if (type === "deleted") onChange(ref, undefined);
        else if (!sameArtifact(object, old) && !sameArtifact(object, read)) onChange(ref, object);
      },
    });
    reflector.synced.catch(() => {});
    reflectors.set(kind.kind, reflector);
  }

  const get = (ref: SourceRef) => {
    const seen = reflectors.get(ref.kind)?.get(ref);
    const read = fresher.get(topicOf(ref));
    return seen && read && isNewer(read, seen) ? read : seen;
  };

  /** Asks the API server, once at a time for each source: hints may come in floods. */
  async function readAgain(ref: SourceRef): Promise<void> {
    const topic = topicOf(ref);
    const underWay = reading.get(topic);
    if (underWay) underWay.again = true;
    if (underWay) return;
    const state = { again: false };
    reading.set(topic, state);
    try {
      do {
        state.again = false;
        take(ref, (await client.get(ref, { signal })) as Source);
      } while (state.again);
    } finally {
      reading.delete(topic);
    }
  }

  function take(ref: SourceRef, source: Source): void {
    delete source.metadata.managedFields;
    const known = get(ref);
    if (!known || !isNewer(source, known) || sameArtifact(source, known)) return;
    fresher.set(topicOf(ref), source);
    onChange(ref, source);
  }

  const synced = Promise.all([...reflectors.values()].map((reflector) => reflector.synced)).then(() => undefined);
  synced.catch(() => undefined);
  return {
    get,
    hint(notice) {
      const ref = {
        apiVersion: "source.toolkit.fluxcd.io/v1",
        kind: notice.kind,
        namespace: notice.namespace,
        name: notice.name,
      };
      const known = get(ref);
      if (
        !known ||
        (known.status?.artifact?.digest === notice.digest && known.status.artifact.revision === notice.revision)
      )
        return;
      readAgain(ref).catch((thrown: unknown) => {
        if (!isAbort(thrown)) log.debug(`Cannot follow a hint about ${topicOf(ref)}`, { error: messageOf(thrown) });
      });
    },
    isSynced: () => [...reflectors.values()].every((reflector) => reflector.isSynced()),
    synced,
  };
}

/**
 * The artifact that the Kustomization is to apply.
 * @throws {Waiting} until the source has one
 */
export function readyArtifact(
  app: Kustomization,
  sources: Sources,
  options: { noCrossNamespaceRefs: boolean; retryMs: number; requeueMs: number },
): SourceArtifact {
  const ref = sourceRefOf(app);
  const topic = topicOf(ref);
  if (options.noCrossNamespaceRefs && ref.namespace !== app.metadata.namespace) {
    throw misconfigured("AccessDenied", `cannot access "${topic}": cross-namespace references have been blocked`);
  }
  if (!watched.some(({ kind }) => kind === ref.kind)) {
    throw new Stalled("NotSupported", `Cannot use source "${topic}": Sluice does not serve ${ref.kind} yet`);
  }
  const source = sources.get(ref);
  if (!source && !sources.isSynced()) {
    throw new Waiting("ArtifactFailed", `Cannot look for source "${topic}": the sources cannot be listed yet`, {
      ready: "Unknown",
      until: [topic],
      afterMs: options.requeueMs,
    });
  }
  if (!source) {
    throw new Failed("ArtifactFailed", `Cannot find source "${topic}"`, { afterMs: options.retryMs, until: [topic] });
  }
  const artifact = source.status?.artifact;
  if (artifact) return artifact;
  const why = source.status?.conditions?.find(({ type }) => type === "Ready")?.message;
  throw new Waiting("ArtifactFailed", `Source "${topic}" is not ready, artifact not found${why ? `: ${why}` : ""}`, {
    until: [topic],
    afterMs: options.requeueMs,
  });
}

function sameArtifact(a: Source, b: Source | undefined): boolean {
  if (!b) return false;
  const [one, two] = [a.status?.artifact, b.status?.artifact];
  return one?.digest === two?.digest && one?.revision === two?.revision && one?.url === two?.url;
}
