import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { type Faults, IMMUTABLE } from "./faults.ts";
import { dnsSubdomain } from "./names.ts";
import { nanosOf } from "./resources.ts";

const ACCESS_MODES = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const CLAIM_UPDATE =
  "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

export function checkClaim(faults: Faults, claim: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(claim, "spec");
  checkAccessModes(faults, spec, "spec");
  const requests = objectAt(objectAt(spec, "resources"), "requests");
  if (requests["storage"] === undefined) faults.required("spec.resources[storage]");
  else checkCapacity(faults, requests["storage"], "spec.resources[storage]");
  if (spec["storageClassName"] !== "") faults.named("spec.storageClassName", spec["storageClassName"], dnsSubdomain);
  faults.oneOf("spec.volumeMode", spec["volumeMode"], ["Block", "Filesystem"]);
  if (old) checkClaimUpdate(faults, claim, old);
}

function checkCapacity(faults: Faults, amount: Json, field: string): void {
  if (nanosOf(amount) <= 0n) faults.invalid(field, amount, "must be greater than zero");
}

function checkAccessModes(faults: Faults, spec: JsonObject, at: string): void {
  const modes = Array.isArray(spec["accessModes"]) ? spec["accessModes"] : [];
  if (modes.length === 0) faults.required(`${at}.accessModes`, "at least 1 access mode is required");
  for (const mode of modes) faults.oneOf(`${at}.accessModes`, mode, ACCESS_MODES);
}

/** A claim is fixed but for its size once it is bound, and its volume's name while it is not. */
function checkClaimUpdate(faults: Faults, claim: KubeObject, old: KubeObject): void {
  const spec = objectAt(claim, "spec");
  const before = objectAt(old, "spec");
  const isBound = objectAt(old, "status")["phase"] === "Bound";
  const next: JsonObject = { ...spec };
  if (before["volumeName"] === undefined) delete next["volumeName"];
  if (isBound) next["resources"] = before["resources"];
  const classless = before["storageClassName"] === undefined;
  if (classless) delete next["storageClassName"];
  if (!equalJson(next, before)) return faults.forbidden("spec", CLAIM_UPDATE);
  const size = (one: JsonObject) => objectAt(objectAt(one, "resources"), "requests")["storage"];
  if (nanosOf(size(spec)) < nanosOf(size(before))) {
    faults.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
  }
}

const NOT_SOURCES: ReadonlySet<string> = new Set([
  "accessModes",
  "capacity",
  "claimRef",
  "mountOptions",
  "nodeAffinity",
  "persistentVolumeReclaimPolicy",
  "storageClassName",
  "volumeAttributesClassName",
  "volumeMode",
]);

function sourceOf(spec: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(spec).filter(([key]) => !NOT_SOURCES.has(key)));
}

export function checkVolume(faults: Faults, volume: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(volume, "spec");
  checkAccessModes(faults, spec, "spec");
  const capacity = spec["capacity"];
  if (!isObject(capacity) || Object.keys(capacity).length === 0) faults.required("spec.capacity");
  if (!isObject(capacity) || capacity["storage"] === undefined || Object.keys(capacity).length > 1) {
    faults.errors.push({
      type: "Unsupported value",
      field: "spec.capacity",
      detail: 'supported values: "storage"',
      value: capacity ?? null,
    });
  } else checkCapacity(faults, capacity["storage"], "spec.capacity[storage]");
  const source = sourceOf(spec);
  if (Object.keys(source).length === 0) faults.required("spec", "must specify a volume type");
  if (old && !equalJson(source, sourceOf(objectAt(old, "spec")))) {
    faults.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
  }
}

export function checkStorageClass(faults: Faults, storage: KubeObject, old: KubeObject | undefined): void {
  if (!storage["provisioner"]) faults.required("provisioner");
  faults.oneOf("reclaimPolicy", storage["reclaimPolicy"], ["Delete", "Retain"]);
  faults.oneOf("volumeBindingMode", storage["volumeBindingMode"], ["Immediate", "WaitForFirstConsumer"]);
  if (!old) return;
  for (const key of ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"]) {
    if (!equalJson(storage[key], old[key])) faults.invalid(key, storage[key], IMMUTABLE);
  }
}
