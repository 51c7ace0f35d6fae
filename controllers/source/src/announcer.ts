import { type GitRepository, gitRepository } from "@sluice/api";
import { type Bus } from "@sluice/bus";

/** Tells the bus about artifacts: each one once in the life of a process, so that a run without news says nothing. */
export class Announcer {
  readonly #bus: Bus;
  readonly #told = new Map<string, string>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** The API server has this status now. */
  announce({ metadata, status }: GitRepository): void {
    const { namespace = "default", name, uid = "" } = metadata;
    if (!status?.artifact) return void this.#told.delete(uid);
    const { revision, digest, url, size = 0 } = status.artifact;
    const content = [revision, digest, url].join(" ");
    if (this.#told.get(uid) === content) return;
    this.#told.set(uid, content);
    this.#bus.publishArtifact({ kind: gitRepository.kind, namespace, name, revision, digest, url, size });
  }

  /** The object is gone. */
  forget({ metadata }: GitRepository): void {
    this.#told.delete(metadata.uid ?? "");
  }
}
