/**
 * Which keys wait for which topics. A topic is any text that names a fact, such as `Kustomization/default/infra`.
 *
 * A topic that fires while a key's run is under way must not be lost: the run may have looked before the fact and declares its wait
 * after it. `begin` notes the moment a run starts, and `wait` tells if one of its topics has fired since.
 */
export class WakeUps {
  readonly #topicsOf = new Map<string, readonly string[]>();
  readonly #keysOf = new Map<string, Set<string>>();
  /** When each topic fired last, oldest first; only what a run under way may still ask for. */
  readonly #firedAt = new Map<string, number>();
  /** When each run under way began, oldest first. */
  readonly #running = new Map<string, number>();
  #tick = 0;

  /** Topics that fired and may still be asked for. */
  get remembered(): number {
    return this.#firedAt.size;
  }

  /** A run of `key` starts: its earlier waits are over. */
  begin(key: string): void {
    this.drop(key);
    this.#running.set(key, ++this.#tick);
  }

  /**
   * `key` waits for any of `topics`.
   * @returns true if one of them has fired since `begin`: run again at once.
   */
  wait(key: string, topics: readonly string[]): boolean {
    this.#topicsOf.set(key, topics);
    for (const topic of topics) {
      const keys = this.#keysOf.get(topic);
      if (keys) keys.add(key);
      else this.#keysOf.set(topic, new Set([key]));
    }
    const since = this.#running.get(key) ?? this.#tick;
    return topics.some((topic) => (this.#firedAt.get(topic) ?? 0) > since);
  }

  /** The run of `key` has ended. */
  end(key: string): void {
    this.#running.delete(key);
    const [oldest = this.#tick] = this.#running.values();
    for (const [topic, firedAt] of this.#firedAt) {
      if (firedAt > oldest) break;
      this.#firedAt.delete(topic);
    }
  }

  /** Fires `topic`: returns the keys that waited for it. */
  fire(topic: string): readonly string[] {
    this.#tick++;
    this.#firedAt.delete(topic);
    if (this.#running.size > 0) this.#firedAt.set(topic, this.#tick);
    return [...(this.#keysOf.get(topic) ?? [])];
  }

  /** Forgets what `key` waits for. */
  drop(key: string): void {
    for (const topic of this.#topicsOf.get(key) ?? []) {
      const keys = this.#keysOf.get(topic);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysOf.delete(topic);
    }
    this.#topicsOf.delete(key);
  }
}
