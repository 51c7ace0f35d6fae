import { type ManagedFieldsEntry } from "@sluice/api";
import { type Json, isObject, ownKey, parseJson } from "@sluice/base";
import { type FieldSet, parseFieldsV1, toFieldsV1 } from "./field-set.ts";

/** What one manager owns. */
export interface ManagerFields {
  manager: string;
  operation: "Apply" | "Update";
  apiVersion: string;
  subresource: string;
  /** RFC 3339; undefined: never recorded. */
  time: string | undefined;
  fields: FieldSet;
}

/** The managers of one object, by `managerKey`. */
export type Managers = Map<string, ManagerFields>;

/**
 * Tells the managers of one object apart. An applier is the same in every version that it applies; an updater is not.
 * @source `managedfields.BuildManagerIdentifier`
 */
export function managerKey(manager: Omit<ManagerFields, "fields" | "time">): string {
  const apiVersion = manager.operation === "Apply" ? "" : manager.apiVersion;
  return JSON.stringify([manager.manager, manager.operation, apiVersion, manager.subresource]);
}

/**
 * The managers that `entries` tell.
 * @throws {SyntaxError} if an entry is malformed; the message is the API server's.
 */
export function decodeManagers(entries: readonly Json[] | undefined): Managers {
  const managers: Managers = new Map();
  for (const [index, entry] of (entries ?? []).entries()) {
    const manager = decodeEntry(isObject(entry) ? entry : {}, index);
    managers.set(managerKey(manager), manager);
  }
  return managers;
}

function decodeEntry(entry: ManagedFieldsEntry, index: number): ManagerFields {
  const { operation, apiVersion, fieldsType } = entry;
  if (operation !== "Apply" && operation !== "Update") throw new SyntaxError("operation must be `Apply` or `Update`");
  if (!apiVersion) throw new SyntaxError("apiVersion must not be empty");
  if (!fieldsType) throw new SyntaxError(`missing fieldsType in managed fields entry ${index}`);
  if (fieldsType !== "FieldsV1") {
    throw new SyntaxError(`invalid fieldsType ${JSON.stringify(fieldsType)} in managed fields entry ${index}`);
  }
  const fields = parseFieldsV1(entry.fieldsV1 ?? {});
  const { manager = "", subresource = "", time } = entry;
  return { manager, operation, apiVersion, subresource, time: time ?? undefined, fields };
}

/** The entries of `managers`: appliers before updaters, older before newer. @source `sortEncodedManagedFields` */
export function encodeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(compareManagers).map(encodeEntry);
}

function encodeEntry(manager: ManagerFields): ManagedFieldsEntry {
  const { apiVersion, operation, subresource, time, fields } = manager;
  return {
    ...(manager.manager === "" ? {} : { manager: manager.manager }),
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: toFieldsV1(fields),
    ...(subresource === "" ? {} : { subresource }),
  };
}

function compareManagers(a: ManagerFields, b: ManagerFields): number {
  return (
    compareText(a.operation, b.operation) ||
    secondsOf(a.time) - secondsOf(b.time) ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function secondsOf(time: string | undefined): number {
  return time === undefined ? 0 : Math.floor(Date.parse(time) / 1000);
}

/** Whether a request's `managedFields` ask to forget all managers: `[]` or `[{}]`. */
export function asksForReset(entries: Json | undefined): boolean {
  if (!Array.isArray(entries)) return false;
  return entries.length === 0 || (entries.length === 1 && isObject(entries[0]) && Object.keys(entries[0]).length === 0);
}

/** Most `Update` entries that an object keeps; the oldest beyond it are merged. @source `DefaultMaxUpdateManagers` */
const MAX_UPDATERS = 10;
const OLD_UPDATERS = "ancient-changes";

/** Merges the oldest updaters of a version into one, so that no more than ten remain. @source `capManagersManager` */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, { operation }]) => operation === "Update");
  let count = updaters.length;
  updaters.sort(([a, x], [b, y]) => secondsOf(x.time) - secondsOf(y.time) || compareText(a, b));
  const firstOfVersion = new Map<string, string>();
  for (const [key, entry] of updaters) {
    if (count <= MAX_UPDATERS) return;
    const first = firstOfVersion.get(entry.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(entry.apiVersion, key);
      continue;
    }
    mergeIntoBucket(managers, { first, key, entry });
    count--;
  }
}

function mergeIntoBucket(managers: Managers, old: { first: string; key: string; entry: ManagerFields }): void {
  const { apiVersion, time } = old.entry;
  const bucket = { manager: OLD_UPDATERS, operation: "Update" as const, apiVersion, subresource: "" };
  const bucketKey = managerKey(bucket);
  const kept = managers.get(bucketKey) ?? managers.get(old.first);
  if (!managers.has(bucketKey)) managers.delete(old.first);
  managers.delete(old.key);
  const fields = kept ? old.entry.fields.union(kept.fields) : old.entry.fields;
  managers.set(bucketKey, { ...bucket, time, fields });
}

/** The object that client-side `kubectl apply` recorded, or undefined. */
export function lastApplied(annotations: { [key: string]: string } | undefined): Json | undefined {
  const text = ownKey(annotations, LAST_APPLIED);
  if (typeof text !== "string" || text === "") return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
