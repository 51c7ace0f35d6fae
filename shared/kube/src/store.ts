import { type KubeObject } from "@sluice/api";
import { type Change, type WatchEvent } from "./types.ts";

/** The copy that a reflector keeps. Each update returns the changes it made; what is known already changes nothing. */
export class Store<T extends KubeObject> {
  readonly #objects = new Map<string, T>();

  get(key: { namespace?: string; name: string }): T | undefined {
    return this.#objects.get(keyOf(key));
  }

  list(): readonly T[] {
    return [...this.#objects.values()];
  }

  /** Makes the copy equal to a complete list: what the list lacks was deleted while nobody watched. */
  replace(items: readonly T[]): Change<T>[] {
    const gone = new Set(this.#objects.keys());
    const changes: Change<T>[] = [];
    for (const item of items) {
      gone.delete(keyOf(item.metadata));
      changes.push(...this.#put(item));
    }
    const deleted = [...gone].flatMap((key) => this.#drop(key, undefined));
    return [...deleted, ...changes];
  }

  /** Takes up one event of a watch. */
  update(type: Exclude<WatchEvent["type"], "BOOKMARK">, object: T): Change<T>[] {
    return type === "DELETED" ? this.#drop(keyOf(object.metadata), object) : this.#put(object);
  }

  /** Another uid under the same name is another object: the old one was deleted in between. */
  #put(object: T): Change<T>[] {
    const key = keyOf(object.metadata);
    const old = this.#objects.get(key);
    if (old && sameVersion(old, object)) return [];
    const replaced = old && old.metadata.uid !== object.metadata.uid ? this.#drop(key, undefined) : [];
    this.#objects.set(key, object);
    if (!old || replaced.length > 0) return [...replaced, { type: "added", object }];
    return [{ type: "modified", object, old }];
  }

  #drop(key: string, last: T | undefined): Change<T>[] {
    const old = this.#objects.get(key);
    if (!old) return [];
    this.#objects.delete(key);
    return [{ type: "deleted", object: last ?? old, old }];
  }
}

function sameVersion(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
}

function keyOf({ namespace = "", name }: { namespace?: string; name: string }): string {
  return `${namespace}/${name}`;
}
