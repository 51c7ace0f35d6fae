import { groupOf, type ManagedFieldsEntry, type ObjectMeta, type ObjectRef } from "@sluice/api";
import { type Json } from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { type FieldSet, unionFields } from "./fields.ts";
import { isTakenOver, type Managers, ourEntry } from "./live.ts";

/** What earlier tools left on objects and what would mislead them. @source spec/flux-api.md 2.6 */
const OLD_ANNOTATIONS = [
  "kubectl.kubernetes.io/last-applied-configuration",
  "kustomize.toolkit.fluxcd.io/checksum",
  "fluxcd.io/sync-checksum",
];
const OLD_LABELS = ["fluxcd.io/sync-gc-mark"];

/** How often the patch is tried when others write the object at the same time. */
const TRIES = 3;

/**
 * Folds the fields of kubectl and other former managers into our own entry, so that the apply that follows removes those that the manifest does not have.
 * Does nothing if there are none, or no object.
 */
export async function foldManagers(
  client: KubeClient,
  ref: ObjectRef,
  options: { managers: Managers; signal: AbortSignal },
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { metadata } = await client.get(ref, { metadataOnly: true, signal: options.signal });
      const body = foldPatch(metadata, ref.apiVersion, options.managers);
      if (body === undefined) return;
      await client.patch(ref, { type: "json", body }, { fieldManager: options.managers.self, metadataOnly: true });
      return;
    } catch (error) {
      if (isKubeError(error, "NOT_FOUND")) return;
      if (attempt === TRIES || !isKubeError(error, "CONFLICT", "INVALID")) throw error;
    }
  }
}

/** The JSON patch that folds former managers into ours, or undefined if there is nothing to fold. It applies to this very version of the object only. */
export function foldPatch(metadata: ObjectMeta, apiVersion: string, managers: Managers): Json[] | undefined {
  const entries = metadata.managedFields ?? [];
  if (!entries.some((entry) => isTakenOver(entry, managers))) return undefined;
  return [
    { op: "test", path: "/metadata/resourceVersion", value: metadata.resourceVersion ?? "" },
    { op: "replace", path: "/metadata/managedFields", value: folded(entries, apiVersion, managers) },
    ...removals("annotations", OLD_ANNOTATIONS, metadata.annotations),
    ...removals("labels", OLD_LABELS, metadata.labels),
  ];
}

function folded(entries: readonly ManagedFieldsEntry[], apiVersion: string, managers: Managers): ManagedFieldsEntry[] {
  const taken = entries.filter((entry) => isTakenOver(entry, managers));
  const ours = ourEntry(entries, managers.self);
  const time = ours?.time ?? taken[0]?.time;
  const fields = taken.reduce((all, entry) => unionFields(all, fieldsOf(entry)), fieldsOf(ours));
  const merged: ManagedFieldsEntry = {
    manager: managers.self,
    operation: "Apply",
    apiVersion:
      ours?.apiVersion ??
      taken.find((entry) => groupOf(entry.apiVersion ?? "") === groupOf(apiVersion))?.apiVersion ??
      apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields,
  };
  return [merged, ...entries.filter((entry) => entry !== ours && !taken.includes(entry))];
}

function fieldsOf(entry: ManagedFieldsEntry | undefined): FieldSet {
  return (entry?.fieldsV1 ?? {}) as FieldSet;
}

function removals(map: string, keys: readonly string[], present: { [key: string]: string } | undefined): Json[] {
  return keys
    .filter((key) => present !== undefined && Object.hasOwn(present, key))
    .map((key) => ({ op: "remove", path: `/metadata/${map}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}` }));
}
