import { groupOf, type KubeObject, type ObjectRef, refOf } from "@sluice/api";
import { canonicalJson, isObject, type Json, type JsonObject, ownKey, setKey, sha256Hex } from "@sluice/base";
import { entryOf } from "./inventory.ts";
import { compareForApply, type StageName, stageNames, stageOf } from "./order.ts";
import { type Policy, policyOf } from "./policy.ts";
import { type InventoryEntry } from "./types.ts";

/** One wanted object, ready to be planned. */
export interface Desired {
  /** Position in the request. */
  readonly index: number;
  readonly ref: ObjectRef;
  readonly entry: InventoryEntry;
  /** What is sent. */
  readonly object: KubeObject;
  /** Digest of what is sent. */
  readonly digest: string;
  readonly policy: Policy;
  readonly stage: StageName;
  /** A Job with a time to live. */
  readonly vanishes: boolean;
}

/** Wanted objects in the order of application: by stage, then by kind, namespace and name. */
export function desiredOf(objects: readonly KubeObject[], customKinds: ReadonlySet<string>): Desired[] {
  const all = objects.map((object, index) => desire(object, index, customKinds));
  const stage = (desired: Desired) => stageNames.indexOf(desired.stage);
  return all.sort((a, b) => stage(a) - stage(b) || compareForApply(a.ref, b.ref));
}

function desire(original: KubeObject, index: number, customKinds: ReadonlySet<string>): Desired {
  const object = normalise(original);
  const ref = refOf(object);
  return {
    index,
    ref,
    entry: entryOf(ref),
    object,
    digest: sha256Hex(canonicalJson(object)),
    policy: policyOf(object.metadata),
    stage: stageOf(ref, customKinds),
    vanishes: hasTimeToLive(object),
  };
}

function hasTimeToLive({ kind, apiVersion, ...object }: KubeObject): boolean {
  const spec = object["spec"];
  return (
    kind === "Job" &&
    groupOf(apiVersion) === "batch" &&
    isObject(spec) &&
    typeof ownKey(spec, "ttlSecondsAfterFinished") === "number"
  );
}

/**
 * The form in which an object is sent: without status (a definition keeps its own) and an empty creationTimestamp, and a Secret's `stringData` merged into `data`,
 * because the server forgets `stringData` and could not tell that somebody changed it. Shares what it does not change with the original.
 * @source spec/flux-api.md 2.6
 */
export function normalise(original: KubeObject): KubeObject {
  const object: KubeObject = { ...original };
  if (original.metadata.creationTimestamp === null) {
    const { creationTimestamp: _, ...metadata } = original.metadata;
    object.metadata = metadata;
  }
  if (object.kind !== "CustomResourceDefinition") delete object["status"];
  if (object.kind === "Secret" && groupOf(object.apiVersion) === "") mergeStringData(object);
  return object;
}

/** Leaves anything that is not text as it is: the server refuses it in its own words. */
function mergeStringData(object: KubeObject): void {
  const { stringData, data } = object;
  if (!isObject(stringData) || !Object.values(stringData).every((value) => typeof value === "string")) return;
  const merged: JsonObject = isObject(data) ? { ...data } : {};
  for (const [key, value] of Object.entries(stringData)) setKey(merged, key, encode(value));
  object["data"] = merged;
  delete object["stringData"];
}

function encode(value: Json | undefined): string {
  return Buffer.from(String(value)).toString("base64");
}
