import { type ManagedFieldsEntry, type ObjectMeta, ownerNameLabel, ownerNamespaceLabel } from "@sluice/api";
import { canonicalJson, sha256Hex } from "@sluice/base";
import { type OwnerRef } from "./health-types.ts";
import { type Policy, policyOf } from "./policy.ts";

/** What is remembered of an object in the cluster: little, because there may be many thousands. */
export type Live = {
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number | undefined;
  /** `namespace/name` of the Kustomization whose labels it carries, or undefined. */
  readonly claim: string | undefined;
  /** Digest of the fields that our Apply entry owns, or undefined if there is none. */
  readonly ours: string | undefined;
  /** When our entry last changed, as the server wrote it (whole seconds). */
  readonly oursTime: string | undefined;
  /** Whether fields of managers that are folded into ours are on it. */
  readonly foreign: boolean;
  readonly deleting: boolean;
  readonly policy: Policy;
};

/** Who we are in `managedFields`, and who counts as us from before. */
export interface Managers {
  /** Our own name, for server-side apply. */
  readonly self: string;
  /** More names whose fields are taken over (`--override-manager`). */
  readonly overridden: readonly string[];
}

/** Sums up an object's metadata as the API server sent them. */
export function liveOf(metadata: ObjectMeta, managers: Managers): Live {
  const ours = ourEntry(metadata.managedFields, managers.self);
  return {
    uid: metadata.uid ?? "",
    resourceVersion: metadata.resourceVersion ?? "",
    generation: metadata.generation,
    claim: claimOf(metadata),
    ours: ours === undefined ? undefined : fieldsDigest(ours),
    oursTime: ours?.time,
    foreign: (metadata.managedFields ?? []).some((entry) => isTakenOver(entry, managers)),
    deleting: metadata.deletionTimestamp !== undefined,
    policy: policyOf(metadata),
  };
}

/** Our server-side apply entry. */
export function ourEntry(
  entries: readonly ManagedFieldsEntry[] | undefined,
  self: string,
): ManagedFieldsEntry | undefined {
  return entries?.find((entry) => entry.manager === self && entry.operation === "Apply" && !entry.subresource);
}

/** Digest of what an entry owns: fields only, neither time nor API version, so that it moves only when ownership does. */
function fieldsDigest(entry: ManagedFieldsEntry): string {
  return sha256Hex(canonicalJson(entry.fieldsV1));
}

/**
 * Whether an entry's fields are folded into ours before an apply: those of kubectl in any form, of our own name from before server-side apply,
 * and of the managers that an operator named. Fields written through a subresource stay where they are.
 * @source spec/flux-api.md 2.6
 */
export function isTakenOver(entry: ManagedFieldsEntry, { self, overridden }: Managers): boolean {
  const { manager = "", operation, subresource } = entry;
  if (subresource) return false;
  if (manager === self) return operation === "Update";
  return manager.startsWith("kubectl") || manager === "before-first-apply" || overridden.includes(manager);
}

/** `namespace/name` of the Kustomization that an object's labels name. */
function claimOf({ labels }: Pick<ObjectMeta, "labels">): string | undefined {
  const [namespace, name] = [labels?.[ownerNamespaceLabel], labels?.[ownerNameLabel]];
  return namespace === undefined || name === undefined ? undefined : `${namespace}/${name}`;
}

/** The claim that an owner's labels make; also the key of an owner. */
export function ownerKey(owner: OwnerRef): string {
  return `${owner.namespace}/${owner.name}`;
}

/** The owner behind a claim. */
export function ownerOf(claim: string): OwnerRef {
  const slash = claim.indexOf("/");
  return { namespace: claim.slice(0, slash), name: claim.slice(slash + 1) };
}

/**
 * Whether version `a` of an object is older than version `b` of the same object. Resource versions of one kind are decimal numbers that grow;
 * where one is not, it counts as newer, so that nothing is overlooked.
 * @source Kubernetes API concepts, "Resource versions"; comparable since 1.35 and in fact before
 */
export function isOlder(a: string, b: string): boolean {
  if (!/^[0-9]+$/.test(a) || !/^[0-9]+$/.test(b)) return false;
  return a.length === b.length ? a < b : a.length < b.length;
}
