import { isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";

/** A member of a mapping. */
interface Entry {
  mapping: JsonObject;
  key: string;
}

/**
 * Members that kustomize holds as one: a label that it makes in several places of a resource is a single node there, so
 * that whatever changes it in one place later, such as an overlay's label or patch, changes it in all. A JSON patch ends
 * that, because it builds the resource anew.
 * @source kustomize api/filters/filtersutil `SetEntry`
 */
export class SharedEntries {
  readonly #groups = new WeakMap<JsonObject, Map<string, readonly Entry[]>>();
  #isEmpty = true;

  /** Makes entries one from now on. */
  share(entries: readonly Entry[]): void {
    if (entries.length < 2) return;
    this.#isEmpty = false;
    for (const { mapping, key } of entries) {
      const groups = this.#groups.get(mapping) ?? new Map<string, readonly Entry[]>();
      this.#groups.set(mapping, groups.set(key, entries));
    }
  }

  /** Sets a member that is there, and all that are one with it. */
  set(mapping: JsonObject, key: string, value: Json): void {
    setKey(mapping, key, value);
    for (const other of this.#groups.get(mapping)?.get(key) ?? []) {
      if (ownKey(other.mapping, other.key) !== undefined) setKey(other.mapping, other.key, value);
    }
  }

  /** A member that is gone is one with nothing any more, even if it comes back. */
  remove(mapping: JsonObject, key: string): void {
    const group = this.#groups.get(mapping)?.get(key);
    if (group === undefined) return;
    const rest = group.filter((entry) => entry.mapping !== mapping || entry.key !== key);
    this.#groups.get(mapping)?.delete(key);
    for (const entry of rest) this.#groups.get(entry.mapping)?.set(entry.key, rest);
  }

  /** The same for a copy `to` of the value `from` whose members these are. */
  copied(from: Json, to: Json): SharedEntries {
    const copy = new SharedEntries();
    if (this.#isEmpty) return copy;
    const copies = new Map<JsonObject, JsonObject>();
    pairMappings(from, to, copies);
    const seen = new Set<readonly Entry[]>();
    for (const mapping of copies.keys()) {
      for (const group of this.#groups.get(mapping)?.values() ?? []) {
        if (seen.has(group)) continue;
        seen.add(group);
        copy.share(
          group.flatMap((entry) => {
            const other = copies.get(entry.mapping);
            return other === undefined ? [] : [{ mapping: other, key: entry.key }];
          }),
        );
      }
    }
    return copy;
  }
}

function pairMappings(from: Json | undefined, to: Json | undefined, pairs: Map<JsonObject, JsonObject>): void {
  if (Array.isArray(from) && Array.isArray(to)) {
    for (const [index, item] of from.entries()) pairMappings(item, to[index], pairs);
    return;
  }
  if (!isObject(from) || !isObject(to)) return;
  pairs.set(from, to);
  for (const key of Object.keys(from)) pairMappings(from[key], to[key], pairs);
}
