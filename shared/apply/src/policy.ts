import { type ObjectMeta } from "@sluice/api";

/** What the annotations or labels of one object ask for. Absent members mean the default. */
export type Policy = {
  /** `reconcile: disabled` or `ssa: Ignore`: leave the object alone, for apply and prune. */
  readonly excluded?: true;
  /** `ssa: IfNotPresent`: create it, but never change it. */
  readonly createOnly?: true;
  /** `ssa: Merge`: do not take over what kubectl and other tools wrote. */
  readonly merge?: true;
  /** `prune: disabled`. */
  readonly keep?: true;
  /** `force: enabled`: re-create it when it cannot be changed in place. */
  readonly force?: true;
};

const PREFIX = "kustomize.toolkit.fluxcd.io/";

/** The one policy of objects that ask for nothing: most of them, so it is shared. */
const NO_POLICY: Policy = Object.freeze({});

/**
 * Reads the policy of an object; annotations and labels count alike and values match in any case.
 * @source spec/flux-api.md 1.3
 */
export function policyOf(metadata: Pick<ObjectMeta, "annotations" | "labels">): Policy {
  const says = (key: string, value: string) =>
    [metadata.annotations, metadata.labels].some((map) => map?.[PREFIX + key]?.toLowerCase() === value);
  if (!hasAny(metadata.annotations) && !hasAny(metadata.labels)) return NO_POLICY;
  const policy: Policy = {
    ...(says("reconcile", "disabled") || says("ssa", "ignore") ? { excluded: true } : {}),
    ...(says("ssa", "ifnotpresent") ? { createOnly: true } : {}),
    ...(says("ssa", "merge") ? { merge: true } : {}),
    ...(says("prune", "disabled") ? { keep: true } : {}),
    ...(says("force", "enabled") ? { force: true } : {}),
  };
  return Object.keys(policy).length === 0 ? NO_POLICY : policy;
}

function hasAny(map: { [key: string]: string } | undefined): boolean {
  for (const key in map) if (key.startsWith(PREFIX)) return true;
  return false;
}

/** Whether two policies ask for the same. */
export function samePolicy(a: Policy, b: Policy): boolean {
  return (
    a === b ||
    (a.excluded === b.excluded &&
      a.createOnly === b.createOnly &&
      a.merge === b.merge &&
      a.keep === b.keep &&
      a.force === b.force)
  );
}
