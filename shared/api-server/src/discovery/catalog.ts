import { groupOf, versionOf } from "@sluice/api";
import { apiVersionOf, type Resource } from "./resource.ts";

/** The versions of one group, preferred first. */
export interface ServedGroup {
  name: string;
  versions: string[];
}

/** What is served now: the built-in resources, and what CustomResourceDefinitions add and take away. */
export class Catalog {
  readonly #resources = new Map<string, Resource>();
  readonly #kinds = new Map<string, Resource>();
  readonly #collections = new Map<string, Resource>();
  #generation = 0;

  constructor(resources: readonly Resource[]) {
    for (const resource of resources) this.add(resource);
  }

  /** Changes whenever what is served changes. */
  get generation(): number {
    return this.#generation;
  }

  add(resource: Resource): void {
    this.#resources.set(pathOf(resource), resource);
    this.#kinds.set(`${apiVersionOf(resource)}/${resource.kind}`, resource);
    this.#nameCollection(resource);
    this.#generation++;
  }

  remove(resource: Resource): void {
    this.#resources.delete(pathOf(resource));
    this.#kinds.delete(`${apiVersionOf(resource)}/${resource.kind}`);
    if (this.#collections.get(resource.collection) === resource) this.#collections.delete(resource.collection);
    this.#generation++;
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#resources.get(pathOf({ group, version, plural }));
  }

  byKind(apiVersion: string, kind: string): Resource | undefined {
    return this.#kinds.get(`${apiVersion}/${kind}`);
  }

  /** The resource whose objects a collection holds: in the version in which they are stored, if that is served. */
  ofCollection(id: string): Resource | undefined {
    return this.#collections.get(id);
  }

  #nameCollection(resource: Resource): void {
    const known = this.#collections.get(resource.collection);
    if (!known || apiVersionOf(resource) === resource.storageVersion)
      this.#collections.set(resource.collection, resource);
  }

  all(): Resource[] {
    return [...this.#resources.values()];
  }

  /** True if the group belongs to Kubernetes itself. */
  isBuiltIn(group: string): boolean {
    return this.all().some((resource) => resource.group === group && !resource.custom);
  }

  /** The resources of one group version, by name. */
  inVersion(apiVersion: string): Resource[] {
    const [group, version] = [groupOf(apiVersion), versionOf(apiVersion)];
    const found = this.all().filter((resource) => resource.group === group && resource.version === version);
    return found.sort((a, b) => (a.plural < b.plural ? -1 : 1));
  }

  /** Every group but the core group: built-in ones in their fixed order, then those of custom resources by name. */
  groups(): ServedGroup[] {
    const groups = new Map<string, { versions: string[]; custom: boolean }>();
    for (const { group, version, custom } of this.#resources.values()) {
      if (group === "") continue;
      const entry = groups.get(group) ?? { versions: [], custom: custom !== undefined };
      if (!entry.versions.includes(version)) entry.versions.push(version);
      groups.set(group, entry);
    }
    const all = [...groups].map(([name, entry]) => ({ name, ...entry }));
    for (const group of all) if (group.custom) group.versions.sort(compareVersionPriority);
    const custom = all.filter((group) => group.custom).sort((a, b) => (a.name < b.name ? -1 : 1));
    return [...all.filter((group) => !group.custom), ...custom].map(({ name, versions }) => ({ name, versions }));
  }
}

function pathOf({ group, version, plural }: { group: string; version: string; plural: string }): string {
  return `${group}/${version}/${plural}`;
}

/**
 * Orders versions by how much they promise: v2, v1, v2beta1, v1beta2, v1alpha1, then everything else by name.
 * @source `k8s.io/apimachinery/pkg/version` CompareKubeAwareVersionStrings
 */
function compareVersionPriority(a: string, b: string): number {
  const [left, right] = [versionRank(a), versionRank(b)];
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0;
  for (const [index, rank] of left.entries()) {
    const difference = (right[index] ?? 0) - rank;
    if (difference !== 0) return difference;
  }
  return 0;
}

const STABILITY = { alpha: 0, beta: 1 } as const;

function versionRank(version: string): [stability: number, major: number, minor: number] | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(version);
  if (!match) return undefined;
  const [, major, stability, minor] = match;
  return [stability === undefined ? 2 : STABILITY[stability as "alpha" | "beta"], Number(major), Number(minor ?? 0)];
}
