import { type KubeObject, type ManagedFieldsEntry } from "@sluice/api";
import { canonicalJson, cloneJson, equalJson, isObject, type Json, type JsonObject, ownKey } from "@sluice/base";
import { ObjectError } from "../schema/errors.ts";
import { type KindSchema } from "../schema/kind-schema.ts";
import { checkErrorText, checkTyped } from "./check-typed.ts";
import { compareValues } from "./compare-values.ts";
import { conflictError } from "./conflict.ts";
import { FieldSet } from "./field-set.ts";
import {
  asksForReset,
  capUpdaters,
  decodeManagers,
  encodeManagers,
  LAST_APPLIED,
  lastApplied,
  type ManagerFields,
  type Managers,
  managerKey,
} from "./managed-fields.ts";
import { type MergeType, mergeTypeOf } from "./merge-type.ts";
import { ownedFields } from "./owned-fields.ts";
import { reconcileManagers } from "./reconcile-fields.ts";
import { applyConfig, type FieldConflict, type Operation, ownChanges } from "./updater.ts";

/** What both ways of writing an object have in common. */
interface WriteInput {
  /** The stored object; absent: this write creates it. */
  live?: KubeObject;
  manager: string;
  schema: KindSchema;
  /** RFC 3339, whole seconds. */
  now: string;
  /** `status`, `scale`; absent for the object itself. */
  subresource?: string;
  /**
   * Fields that the endpoint resets, such as `[["status"]]`, so that nobody owns them through it. Default: for the object
   * itself `status` if the schema has it, for `status` all but the status. Pass `[]` for a custom resource without a status subresource.
   */
  resetFields?: readonly (readonly string[])[];
}

export interface ApplyInput extends WriteInput {
  /** The request's object as sent, neither pruned nor defaulted. */
  applied: KubeObject;
  /** Whether to take fields that others own. */
  force: boolean;
}

/**
 * The object that a server-side apply makes of `live`, with its managedFields, defaulted. When nothing but times
 * changed, it equals `live`. Shares nothing with its input.
 * @throws {ObjectError} APPLY_CONFLICT if others own changed fields and `force` is false; APPLY_INVALID if the applied
 * object carries managedFields, is of another version, or does not fit the schema.
 * @source kube-apiserver's field managers and structured-merge-diff v6
 */
export function applyServerSide(input: ApplyInput): KubeObject {
  const { applied, manager, schema, now } = input;
  checkApplied(input);
  const type = mergeTypeOf(schema.openApi);
  const live: JsonObject = input.live ? withoutManagedFields(input.live) : startOf(applied, schema);
  const managers = decodeLive(input.live);
  reconcileManagers(managers, type);
  if (managers.size === 0 && input.live) {
    const first = operationOf({ ...input, manager: "before-first-apply" }, { type, kind: "Update" });
    ownChanges(startOf(applied, schema), live, managers, first);
  }
  const operation = operationOf(input, { type, kind: "Apply" });
  const object = applyOnce(live, input, managers, operation);
  const result = (object ? cloneJson(object) : cloneJson(live)) as KubeObject;
  if (object) touch(managers, operation.actor, now);
  if (manager === "kubectl") refreshLastApplied(result, input);
  withManagers(result, managers);
  schema.defaults(result);
  return input.live && isNoOp(input.live, result) ? cloneJson<KubeObject>(input.live) : result;
}

function applyOnce(
  live: JsonObject,
  input: ApplyInput,
  managers: Managers,
  operation: Operation,
): JsonObject | undefined {
  const { applied, force } = input;
  const first = applyConfig(live, applied, managers, { ...operation, force });
  if (first.conflicts.length === 0) return first.object;
  const serious =
    input.manager === "kubectl" ? beyondClientSide(first.conflicts, live, operation.type) : first.conflicts;
  if (serious.length > 0) throw conflictError(serious);
  return applyConfig(live, applied, managers, { ...operation, force: true }).object;
}

/**
 * The conflicts that remain when `kubectl apply --server-side` takes over an object from client-side `kubectl apply`:
 * fields that are still as the last-applied annotation says are its own. @source `lastAppliedManager`
 */
function beyondClientSide(conflicts: FieldConflict[], live: JsonObject, type: MergeType): FieldConflict[] {
  const metadata = live["metadata"] as KubeObject["metadata"] | undefined;
  const last = lastApplied(metadata?.annotations);
  if (!isObject(last) || last["apiVersion"] !== live["apiVersion"]) return conflicts;
  if (checkTyped(last, type, { duplicates: false }).length > 0) return conflicts;
  const changes = compareValues(last, live, type);
  const mine = ownedFields(last, type)
    .difference(changes.modified)
    .difference(changes.added)
    .difference(changes.removed);
  return conflicts.filter(({ path }) => !mine.has(path));
}

/** Keeps the last-applied annotation right where client-side apply once wrote it. @source `lastAppliedUpdater` */
function refreshLastApplied(result: KubeObject, input: ApplyInput): void {
  const annotations = input.live?.metadata.annotations;
  if (!annotations || annotations[LAST_APPLIED] === undefined || annotations[LAST_APPLIED] === "") return;
  const copy = cloneJson(input.applied);
  if (copy.metadata.annotations) delete copy.metadata.annotations[LAST_APPLIED];
  result.metadata.annotations = { ...result.metadata.annotations, [LAST_APPLIED]: `${canonicalJson(copy)}\n` };
}

export interface UpdateInput extends WriteInput {
  /** The object to be stored, defaulted; its managedFields are what the request sent. */
  updated: KubeObject;
}

/**
 * `updated` with the managedFields of a create, an update or a patch: the manager owns what changed, nobody else does.
 * managedFields of `[]` or `[{}]` in a request forget all managers; malformed or absent ones leave the stored ones.
 * Call it after `schema.defaults()` and before the server writes fields of its own (addresses, generated labels,
 * finalizers): nobody owns those.
 * @returns `updated` itself, changed in place.
 * @source kube-apiserver `FieldManager.Update`
 */
export function trackUpdate(input: UpdateInput): KubeObject {
  const { updated, schema, now } = input;
  const managers = startingManagers(input);
  const untracked = managers.size === 0 && input.live !== undefined;
  delete updated.metadata.managedFields;
  if (!untracked) {
    const type = mergeTypeOf(schema.openApi);
    const live = input.live ? withoutManagedFields(input.live) : startOf(updated, schema);
    const operation = operationOf(input, { type, kind: "Update" });
    reconcileManagers(managers, type);
    if (!typesFit(live, updated, type)) managers.clear();
    else if (ownChanges(live, updated, managers, operation)) touch(managers, operation.actor, now);
    capUpdaters(managers);
  }
  return withManagers(updated, managers);
}

function typesFit(live: JsonObject, updated: JsonObject, type: MergeType): boolean {
  return [live, updated].every((object) => checkTyped(object, type, { duplicates: true }).length === 0);
}

/** The managers from which an update starts: the request's if it sent usable ones and writes the object itself. */
function startingManagers({ live, updated, subresource }: UpdateInput): Managers {
  if (subresource) return decodeLive(live);
  const sent: unknown = updated.metadata.managedFields;
  if (asksForReset(sent as ManagedFieldsEntry[] | undefined)) return new Map();
  try {
    const managers = decodeManagers(Array.isArray(sent) ? (sent as ManagedFieldsEntry[]) : []);
    if (managers.size > 0) return managers;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  return decodeLive(live);
}

/** The stored managers; malformed ones count as none. */
function decodeLive(live: KubeObject | undefined): Managers {
  try {
    return decodeManagers(live?.metadata.managedFields);
  } catch (error) {
    if (error instanceof SyntaxError) return new Map();
    throw error;
  }
}

function checkApplied({ applied, schema, live }: ApplyInput): void {
  const metadata: JsonObject = isObject(applied.metadata) ? applied.metadata : {};
  if (Array.isArray(metadata["managedFields"])) {
    throw new ObjectError("APPLY_INVALID", "metadata.managedFields must be nil", { status: 400 });
  }
  if (live && (applied.apiVersion !== live.apiVersion || applied.kind !== live.kind)) {
    throw new ObjectError("APPLY_INVALID", `invalid object type: ${kindText(applied)}`, { status: 400 });
  }
  const errors = checkTyped(applied, mergeTypeOf(schema.openApi), { duplicates: false });
  if (errors.length === 0) return;
  const what = `${textOf(metadata["namespace"])}/${textOf(metadata["name"])}; ${kindText(applied)}`;
  throw new ObjectError("APPLY_INVALID", `failed to create typed patch object (${what}): ${checkErrorText(errors)}`, {
    status: 500,
  });
}

function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A kind as Go's `GroupVersionKind` prints itself: `apps/v1, Kind=Deployment`, and `/v1, Kind=Pod` in the core group. */
export function kindText({ apiVersion, kind }: JsonObject): string {
  const version = textOf(apiVersion);
  return `${version.includes("/") ? "" : "/"}${version}, Kind=${textOf(kind)}`;
}

function operationOf(input: WriteInput, as: { type: MergeType; kind: "Apply" | "Update" }): Operation {
  const actor: ManagerFields = {
    manager: input.manager === "" ? "unknown" : input.manager,
    operation: as.kind,
    apiVersion: apiVersionOf(input),
    subresource: input.subresource ?? "",
    time: input.now,
    fields: new FieldSet(),
  };
  return { type: as.type, actor, reset: resetSet(input) };
}

function apiVersionOf(input: WriteInput & { applied?: KubeObject; updated?: KubeObject }): string {
  return input.applied?.apiVersion ?? input.updated?.apiVersion ?? input.live?.apiVersion ?? "";
}

function resetSet(input: WriteInput): FieldSet {
  const paths = input.resetFields ?? defaultReset(input);
  return FieldSet.of(...paths.map((path) => path.map((name) => `f:${name}`)));
}

function defaultReset({ schema, subresource }: WriteInput): readonly (readonly string[])[] {
  if (subresource === "status") {
    const { definition } = schema.openApi;
    if (definition === undefined) return [["metadata"], ["spec"]];
    return definition.endsWith(".Deployment") ? [["spec"], ["metadata", "labels"]] : [["spec"]];
  }
  return schema.openApi.property("status") ? [["status"]] : [];
}

function touch(managers: Managers, actor: ManagerFields, now: string): void {
  const key = managerKey(actor);
  const entry = managers.get(key);
  if (entry) managers.set(key, { ...entry, time: now });
}

function startOf({ apiVersion, kind }: KubeObject, schema: KindSchema): JsonObject {
  return { ...schema.empty(), apiVersion, kind };
}

function withoutManagedFields(object: KubeObject): JsonObject {
  const { managedFields, ...metadata } = object.metadata;
  return managedFields === undefined ? object : { ...object, metadata };
}

function withManagers(object: KubeObject, managers: Managers): KubeObject {
  if (managers.size > 0) object.metadata.managedFields = encodeManagers(managers);
  else delete object.metadata.managedFields;
  return object;
}

/**
 * Whether `next` differs from `live` in nothing but the times of its managedFields, and null for an empty list, which
 * storage does not tell apart; such an object need not be written.
 * @source kube-apiserver `IgnoreManagedFieldsTimestampsTransformer`
 */
export function isNoOp(live: KubeObject, next: KubeObject): boolean {
  const { managedFields: before = [], ...liveMetadata } = live.metadata;
  const { managedFields: after = [], ...nextMetadata } = next.metadata;
  const { metadata: _, ...liveRest } = live;
  const { metadata: __, ...nextRest } = next;
  if (!sameStored(liveRest, nextRest) || !sameStored(liveMetadata, nextMetadata)) return false;
  const timeless = ({ time: _time, ...entry }: ManagedFieldsEntry): ManagedFieldsEntry => entry;
  return equalJson(before.map(timeless), after.map(timeless));
}

function sameStored(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b || (isNothing(a) && isNothing(b))) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameStored(item, b[index]));
  if (!isObject(a) || !isObject(b)) return equalJson(a, b);
  for (const key of Object.keys(a)) if (!sameStored(a[key], ownKey(b, key))) return false;
  for (const key of Object.keys(b)) if (!Object.hasOwn(a, key) && !isNothing(b[key])) return false;
  return true;
}

function isNothing(value: Json | undefined): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0);
}
