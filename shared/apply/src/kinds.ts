import { groupOf, type KindRef } from "@sluice/api";
import { sleep } from "@sluice/base";
import { isKubeError, type Resource } from "@sluice/kube";
import { mapLimit } from "./deferred.ts";
import { type Desired } from "./desired.ts";
import { badObject } from "./failures.ts";
import { type Kit } from "./kit.ts";
import { servedKind } from "./pending.ts";
import { type ObjectFailure } from "./types.ts";

/** Waits between looks for a kind whose definition was just established: the server lists it a moment later. */
const DISCOVERY_WAITS_MS = [20, 50, 100, 200, 400, 800, 1_600] as const;

/** What the server says of the kinds that an apply needs. */
export interface Kinds {
  /** By `apiVersion/Kind`; undefined if it is not served. */
  readonly resources: ReadonlyMap<string, Resource | undefined>;
  /** Objects that cannot be applied for the sake of their kind or of where they stand. */
  readonly failures: readonly ObjectFailure[];
}

const nameOf = ({ apiVersion, kind }: KindRef) => `${apiVersion}/${kind}`;

/** Each kind of `refs` once. */
export function kindsOf(refs: readonly KindRef[]): KindRef[] {
  return [
    ...new Map(refs.map(({ apiVersion, kind }) => [nameOf({ apiVersion, kind }), { apiVersion, kind }])).values(),
  ];
}

/** Looks up every kind, in discovery's cache as a rule, and opens the watches of `owner` for those that can be watched. */
export async function openKinds(
  kit: Kit,
  options: { owner: string; desired: readonly Desired[]; signal: AbortSignal },
): Promise<Kinds> {
  const { owner, desired, signal } = options;
  const kinds = kindsOf(desired.map(({ ref }) => ref));
  const found = await mapLimit(kinds, kit.concurrency, (kind) => resourceOf(kit, kind, signal));
  const resources = new Map(kinds.map((kind, index) => [nameOf(kind), found[index]]));
  const watched = kinds.filter((kind) => canWatch(resources.get(nameOf(kind))));
  await kit.views.open(owner, watched, signal);
  return { resources, failures: findFailures(desired, resources) };
}

async function resourceOf(kit: Kit, kind: KindRef, signal: AbortSignal): Promise<Resource | undefined> {
  try {
    return await kit.client.resourceOf(kind, { signal });
  } catch (error) {
    if (isKubeError(error, "KIND_NOT_SERVED")) return undefined;
    throw error;
  }
}

function canWatch(resource: Resource | undefined): boolean {
  return resource !== undefined && resource.verbs.includes("list") && resource.verbs.includes("watch");
}

function findFailures(
  desired: readonly Desired[],
  resources: ReadonlyMap<string, Resource | undefined>,
): ObjectFailure[] {
  const defined = new Set(desired.flatMap(({ object }) => servedKind(object)));
  const seen = new Set<string>();
  return desired.flatMap((one) => {
    const { ref, index, entry } = one;
    const twice = seen.has(entry.id);
    seen.add(entry.id);
    if (twice) return badObject(ref, index, "is given twice");
    const resource = resources.get(nameOf(ref));
    if (resource?.namespaced && ref.namespace === undefined) {
      return badObject(ref, index, `namespace not specified: ${ref.kind} is a namespaced kind`);
    }
    return resource === undefined && !defined.has(`${groupOf(ref.apiVersion)}/${ref.kind}`) ? notServed(one) : [];
  });
}

function notServed({ ref, index }: Desired): ObjectFailure {
  const problem = `not found: no matches for kind "${ref.kind}" in version "${ref.apiVersion}"`;
  return { ...badObject(ref, index, problem), reason: "NotFound" };
}

/** Waits until the server lists kinds whose definitions it has just established. Gives up after a few seconds: the dry run then says what is missing. */
export async function untilServed(kit: Kit, kinds: readonly KindRef[], signal: AbortSignal): Promise<void> {
  for (const waitMs of DISCOVERY_WAITS_MS) {
    kit.client.invalidateDiscovery();
    const found = await mapLimit(kinds, kit.concurrency, (kind) => resourceOf(kit, kind, signal));
    if (!found.includes(undefined)) return;
    await sleep(kit.clock, waitMs, signal);
  }
}
