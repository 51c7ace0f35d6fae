import { type Kustomization, isTrue } from "@sluice/api";
import { type ArtifactFetcher, type ArtifactTree } from "@sluice/artifact";
import { type Clock, type Logger, messageOf, timeoutSignal } from "@sluice/base";
import { type Controller, keyOf, topicOf } from "@sluice/runtime";
import { type Builds } from "./builds.ts";
import { type SourceArtifact, type SourceRef, sourceRefOf } from "./sources.ts";

/** How long the look into a new artifact may hold up its dependents; a server that is down must not silence them. */
const LOOK_MS = 5000;

/** Which Kustomizations apply which source. */
export class Dependents {
  readonly #keysOf = new Map<string, Set<string>>();
  readonly #topicOf = new Map<string, string>();

  note(app: Kustomization): void {
    const [key, topic] = [keyOf(app), topicOf(sourceRefOf(app))];
    if (this.#topicOf.get(key) === topic) return;
    this.forget(key);
    this.#topicOf.set(key, topic);
    const keys = this.#keysOf.get(topic) ?? new Set();
    this.#keysOf.set(topic, keys.add(key));
  }

  forget(key: string): void {
    const topic = this.#topicOf.get(key) ?? "";
    const keys = this.#keysOf.get(topic);
    keys?.delete(key);
    if (keys?.size === 0) this.#keysOf.delete(topic);
    this.#topicOf.delete(key);
  }

  of(ref: SourceRef): readonly string[] {
    return [...(this.#keysOf.get(topicOf(ref)) ?? [])];
  }
}

export interface SpreadOptions {
  fetcher: ArtifactFetcher;
  builds: Builds;
  dependents: Dependents;
  controller: Pick<Controller<Kustomization>, "get" | "enqueue" | "supersede">;
  clock: Clock;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Queues the dependents of a new artifact: first those whose files changed and those that are not ready, then those that only have to take note of the
 * revision. Those that have it already stay out. Never fails.
 */
export async function spread(ref: SourceRef, artifact: SourceArtifact, options: SpreadOptions): Promise<void> {
  const { dependents, controller, builds, signal } = options;
  const behind = () =>
    dependents.of(ref).flatMap((key) => {
      const app = controller.get(key);
      return app && isBehind(app, artifact, builds) ? app : [];
    });
  if (behind().length === 0) return;
  const tree = await look(artifact, options);
  if (signal.aborted) return;
  for (const app of behind()) {
    if (isAffected(app, tree, builds)) controller.supersede(keyOf(app), `revision ${artifact.revision}`);
    else controller.enqueue(keyOf(app), "normal");
  }
}

/** The files of the artifact; undefined if they cannot be had soon. */
async function look(
  artifact: SourceArtifact,
  { fetcher, clock, log, signal }: SpreadOptions,
): Promise<ArtifactTree | undefined> {
  using limit = timeoutSignal(clock, LOOK_MS, signal);
  try {
    return await fetcher.tree(artifact, limit.signal);
  } catch (thrown) {
    log.debug("Cannot look into a new artifact ahead of its reconciliation", { error: messageOf(thrown) });
    return undefined;
  }
}

function isBehind(app: Kustomization, { revision, digest }: SourceArtifact, builds: Builds): boolean {
  if (app.spec.suspend === true) return false;
  return app.status?.lastAppliedRevision !== revision || builds.isFromAnother(keyOf(app), digest);
}

function isAffected(app: Kustomization, tree: ArtifactTree | undefined, builds: Builds): boolean {
  if (!isTrue(app.status?.conditions, "Ready")) return true;
  return tree !== undefined && builds.isAffected(keyOf(app), tree);
}
