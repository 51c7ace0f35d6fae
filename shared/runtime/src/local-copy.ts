import { type KubeObject } from "@sluice/api";

/**
 * True if `a` is a later state than `b` of the object, or of the objects, of one kind and name. A version that is not a number is never newer.
 * @source Kubernetes compares resourceVersions as integers since 1.35
 */
export function isNewer(a: KubeObject, b: KubeObject): boolean {
  const [one, two] = [versionOf(a), versionOf(b)];
  return one !== undefined && two !== undefined && one > two;
}

/** True if both are states of one object: another one of the same name has another uid. */
export function isSameObject(a: KubeObject, b: KubeObject): boolean {
  return a.metadata.uid === b.metadata.uid;
}

/** Drops what no local copy keeps: managedFields are often larger than the object. */
export function asCopied<T extends KubeObject>(answer: KubeObject): T {
  delete answer.metadata.managedFields;
  return answer as T;
}

function versionOf({ metadata }: KubeObject): bigint | undefined {
  const { resourceVersion = "" } = metadata;
  return /^[0-9]+$/.test(resourceVersion) ? BigInt(resourceVersion) : undefined;
}
