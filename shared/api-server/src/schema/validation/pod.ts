import { type KubeObject } from "@sluice/api";
import { cloneJson, equalJson, isObject, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { checkContainers } from "./containers.ts";
import { type Faults, ID_RANGE } from "./faults.ts";
import { dnsSubdomain, labelValue, qualifiedName } from "./names.ts";
import { validateAnnotations, validateLabels } from "./object-meta.ts";
import { checkLabels, checkSelector } from "./selector.ts";
import { checkVolumes } from "./volumes.ts";

/** Checks a pod's spec, wherever it stands. @param volumes names of volumes that come from elsewhere */
function checkPodSpec(faults: Faults, spec: JsonObject, path: string, more: readonly string[] = []): void {
  const volumes = checkVolumes(faults, spec, path);
  for (const name of more) volumes.add(name);
  checkContainers(faults, spec, { path, volumes });
  checkPolicies(faults, spec, path);
  checkPlacement(faults, spec, path);
  const security = objectAt(spec, "securityContext");
  for (const key of ["runAsUser", "runAsGroup", "fsGroup"])
    faults.between(`${path}.securityContext.${key}`, security[key], ID_RANGE);
}

/** Checks a pod template's metadata and spec. */
export function checkPodTemplate(
  faults: Faults,
  template: JsonObject,
  path: string,
  more: readonly string[] = [],
): void {
  const metadata = objectAt(template, "metadata");
  faults.add(validateLabels(metadata["labels"], `${path}.labels`));
  faults.add(validateAnnotations(metadata["annotations"], `${path}.annotations`));
  checkPodSpec(faults, objectAt(template, "spec"), `${path}.spec`, more);
}

function checkPolicies(faults: Faults, spec: JsonObject, path: string): void {
  faults.oneOf(`${path}.restartPolicy`, spec["restartPolicy"], ["Always", "OnFailure", "Never"]);
  faults.oneOf(`${path}.dnsPolicy`, spec["dnsPolicy"], ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
  faults.between(`${path}.activeDeadlineSeconds`, spec["activeDeadlineSeconds"], [1, 2147483647]);
  faults.named(`${path}.serviceAccountName`, spec["serviceAccountName"], dnsSubdomain);
}

function checkPlacement(faults: Faults, spec: JsonObject, path: string): void {
  faults.named(`${path}.nodeName`, spec["nodeName"], dnsSubdomain);
  checkLabels(faults, spec["nodeSelector"], `${path}.nodeSelector`);
  for (const [index, toleration] of objectsAt(spec, "tolerations").entries()) {
    checkToleration(faults, toleration, `${path}.tolerations[${index}]`);
  }
  for (const [index, constraint] of objectsAt(spec, "topologySpreadConstraints").entries()) {
    checkSpread(faults, constraint, `${path}.topologySpreadConstraints[${index}]`);
  }
}

const EXISTS_FOR_ALL = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';

function checkToleration(faults: Faults, toleration: JsonObject, at: string): void {
  const { key, operator, value, effect, tolerationSeconds } = toleration;
  if (key) faults.named(`${at}.key`, key, qualifiedName);
  if (!key && operator !== "Exists") faults.invalid(`${at}.operator`, operator ?? "", EXISTS_FOR_ALL);
  if (tolerationSeconds !== undefined && effect !== "NoExecute") {
    faults.invalid(`${at}.effect`, effect ?? "", "effect must be 'NoExecute' when `tolerationSeconds` is set");
  }
  if (operator === "Exists") {
    if (value) faults.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'");
  } else if (operator === undefined || operator === "Equal") faults.named(`${at}.value`, value, labelValue);
  else faults.unsupported(`${at}.operator`, operator, ["Equal", "Exists"]);
  faults.oneOf(`${at}.effect`, effect, ["NoSchedule", "PreferNoSchedule", "NoExecute"]);
}

function checkSpread(faults: Faults, constraint: JsonObject, at: string): void {
  const { maxSkew, topologyKey } = constraint;
  if (typeof maxSkew === "number" && maxSkew <= 0)
    faults.invalid(`${at}.maxSkew`, maxSkew, "must be greater than zero");
  if (!topologyKey) faults.required(`${at}.topologyKey`, "can not be empty");
  faults.oneOf(`${at}.whenUnsatisfiable`, constraint["whenUnsatisfiable"] ?? "", ["DoNotSchedule", "ScheduleAnyway"]);
  checkSelector(faults, constraint["labelSelector"], `${at}.labelSelector`);
}

/** Checks a pod of its own. */
export function checkPod(faults: Faults, pod: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(pod, "spec");
  checkPodSpec(faults, spec, "spec");
  if (old) checkPodUpdate(faults, spec, objectAt(old, "spec"));
}

const POD_UPDATE =
  "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

function checkPodUpdate(faults: Faults, spec: JsonObject, old: JsonObject): void {
  for (const key of ["containers", "initContainers"]) {
    if (objectsAt(spec, key).length === objectsAt(old, key).length) continue;
    const what = key === "containers" ? "containers" : "init containers";
    return faults.forbidden(`spec.${key}`, `pod updates may not add or remove ${what}`);
  }
  if (!equalJson(withoutMutable(spec, old), old)) faults.forbidden("spec", POD_UPDATE);
}

/** The spec with what may change put back to what it was. */
function withoutMutable(spec: JsonObject, old: JsonObject): JsonObject {
  const result = cloneJson(spec);
  for (const key of ["activeDeadlineSeconds", "tolerations", "nodeName", "schedulingGates"]) result[key] = old[key];
  for (const key of ["containers", "initContainers"]) {
    for (const [index, container] of objectsAt(result, key).entries()) {
      const before = objectsAt(old, key)[index];
      if (isObject(before)) container["image"] = before["image"];
    }
  }
  return result;
}
