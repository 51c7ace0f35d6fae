import { equalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { type Comparison, compareValues } from "./compare-values.ts";
import { FieldSet } from "./field-set.ts";
import { type ManagerFields, type Managers, managerKey } from "./managed-fields.ts";
import { type MergeType } from "./merge-type.ts";
import { mergeValues } from "./merge-values.ts";
import { ownedFields, withNamedParents } from "./owned-fields.ts";
import { type PathElement } from "./path-element.ts";
import { removeFields } from "./remove-fields.ts";

/** A field that the operation wants and that another manager owns. */
export interface FieldConflict {
  owner: ManagerFields;
  path: PathElement[];
}

export interface Operation {
  type: MergeType;
  /** Fields that this endpoint resets and that nobody can own through it (with all that lies below). */
  reset: FieldSet;
  /** Who acts; `fields` and `time` are not read. */
  actor: ManagerFields;
}

/** Fields that are never owned. @source `stripMetaManager` */
const neverOwned = FieldSet.of(
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...["name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation"].map((name) => [
    "f:metadata",
    `f:${name}`,
  ]),
  ["f:metadata", "f:managedFields"],
  ["f:metadata", "f:resourceVersion"],
);

/**
 * Makes the actor own what changed from `live` to `updated`, and takes it away from all others. Changes `managers`.
 * @returns whether the actor took any field
 * @source structured-merge-diff `Updater.Update`
 */
export function ownChanges(live: JsonObject, updated: JsonObject, managers: Managers, operation: Operation): boolean {
  const { type, reset, actor } = operation;
  const changes = compareValues(live, updated, type);
  disown(managers, withoutReset(changes, reset), undefined);
  const taken = changes.modified.union(changes.added).recursiveDifference(reset).difference(neverOwned);
  if (taken.isEmpty) return false;
  const key = managerKey(actor);
  const previous = managers.get(key)?.fields;
  managers.set(key, { ...actor, fields: previous ? taken.union(previous) : taken });
  return true;
}

/** What an apply makes of an object. */
export interface Applied {
  /** Absent: nothing changed. */
  object?: JsonObject;
  conflicts: FieldConflict[];
}

/**
 * Applies `config`: merges it, drops what the actor applied last and no longer does, and makes the actor own what it sent.
 * Changes `managers`, unless there are conflicts and no force.
 * @source structured-merge-diff `Updater.Apply`
 */
export function applyConfig(
  live: JsonObject,
  config: JsonObject,
  managers: Managers,
  operation: Operation & { force: boolean },
): Applied {
  const { type, reset, actor, force } = operation;
  const key = managerKey(actor);
  const merged = mergeValues(live, config, type) ?? {};
  const last = managers.get(key)?.fields;
  const fields = ownedFields(config, type).recursiveDifference(reset);
  const next: Managers = new Map(managers).set(key, { ...actor, time: managers.get(key)?.time, fields });
  const keepsAll = last === undefined || last.difference(fields).isEmpty;
  const pruned = keepsAll ? merged : prune(merged, { type, last, managers: next });
  const object = isObject(pruned) ? pruned : {};
  const conflicts = disownOthers(live, object, next, { type, reset, key, force });
  if (conflicts.length > 0) return { conflicts };
  stripNeverOwned(next, key);
  managers.clear();
  for (const [name, manager] of next) managers.set(name, manager);
  return equalJson(live, object) ? { conflicts } : { conflicts, object };
}

function disownOthers(
  live: JsonObject,
  object: JsonObject,
  managers: Managers,
  by: { type: MergeType; reset: FieldSet; key: string; force: boolean },
): FieldConflict[] {
  const changes = withoutReset(compareValues(live, object, by.type), by.reset);
  const conflicts = by.force ? [] : conflictsOf(managers, changes, by.key);
  if (conflicts.length === 0) disown(managers, changes, by.key);
  return conflicts;
}

function conflictsOf(managers: Managers, changes: Comparison, actor: string): FieldConflict[] {
  const touched = changes.modified.union(changes.added);
  const conflicts: FieldConflict[] = [];
  for (const [key, owner] of managers) {
    if (key === actor) continue;
    for (const path of owner.fields.intersection(touched).paths()) conflicts.push({ owner, path });
  }
  return conflicts;
}

/** Takes what changed away from every manager but the actor; managers without fields go. */
function disown(managers: Managers, changes: Comparison, actor: string | undefined): void {
  const lost = changes.modified.union(changes.added).union(changes.removed);
  for (const [key, manager] of managers) {
    const fields = key === actor || lost.isEmpty ? manager.fields : manager.fields.difference(lost);
    if (fields.isEmpty) managers.delete(key);
    else if (fields !== manager.fields) managers.set(key, { ...manager, fields });
  }
}

function withoutReset(changes: Comparison, reset: FieldSet): Comparison {
  if (reset.isEmpty) return changes;
  return {
    added: changes.added.recursiveDifference(reset),
    modified: changes.modified.recursiveDifference(reset),
    removed: changes.removed.recursiveDifference(reset),
  };
}

function stripNeverOwned(managers: Managers, key: string): void {
  const manager = managers.get(key);
  if (!manager) return;
  const fields = manager.fields.difference(neverOwned);
  if (fields.isEmpty) managers.delete(key);
  else managers.set(key, { ...manager, fields });
}

/**
 * Removes from `merged` what the actor applied last time, does not apply now, and nobody else owns.
 * @source structured-merge-diff `Updater.prune`
 */
function prune(merged: Json, by: { type: MergeType; last: FieldSet; managers: Managers }): Json {
  const { type } = by;
  const last = withNamedParents(by.last, type);
  const all = withNamedParents(ownedFields(merged, type), type);
  let owned = new FieldSet();
  for (const { fields } of by.managers.values()) owned = owned.union(fields);
  const stays = (value: Json) => withNamedParents(ownedFields(value, type), type);
  const without = removeFields(merged, last, type);
  const withOwned = removeFields(merged, all.difference(stays(without).union(withNamedParents(owned, type))), type);
  return removeFields(merged, all.difference(stays(withOwned)).intersection(last), type);
}
