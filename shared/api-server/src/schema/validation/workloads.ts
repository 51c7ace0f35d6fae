import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { checkPodTemplate } from "./pod.ts";
import { checkCountOrPercent } from "./ports.ts";
import { checkSelector, isEmptySelector, isUsableSelector, selects } from "./selector.ts";

const UNMATCHED = "`selector` does not match template `labels`";

/** The selector of a workload must be there, say something, and select the workload's own pods. */
function checkOwnSelector(faults: Faults, spec: JsonObject, kind: string): void {
  const { selector } = spec;
  const labels = objectAt(objectAt(spec, "template"), "metadata")["labels"] ?? null;
  if (!isObject(selector)) {
    faults.required("spec.selector");
    if (kind === "deployment") faults.invalid("spec.template.metadata.labels", labels, UNMATCHED);
    return;
  }
  checkSelector(faults, selector, "spec.selector");
  if (isEmptySelector(selector))
    return faults.invalid("spec.selector", selector, `empty selector is invalid for ${kind}`);
  if (!isUsableSelector(selector)) return faults.invalid("spec.selector", selector, "invalid label selector");
  if (!selects(selector, isObject(labels) ? labels : {}))
    faults.invalid("spec.template.metadata.labels", labels, UNMATCHED);
}

function checkTemplate(faults: Faults, spec: JsonObject, more: readonly string[] = []): void {
  const template = objectAt(spec, "template");
  checkPodTemplate(faults, template, "spec.template", more);
  const policy = objectAt(template, "spec")["restartPolicy"];
  if (policy !== "Always" && typeof policy === "string" && ["OnFailure", "Never"].includes(policy)) {
    faults.unsupported("spec.template.spec.restartPolicy", policy, ["Always"]);
  }
}

function checkFixedSelector(faults: Faults, spec: JsonObject, old: KubeObject | undefined): void {
  if (!old) return;
  const before = objectAt(old, "spec")["selector"];
  faults.unchanged("spec.selector", { now: spec["selector"], before, same: equalJson(spec["selector"], before) });
}

export function checkDeployment(faults: Faults, deployment: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(deployment, "spec");
  for (const key of ["replicas", "minReadySeconds", "revisionHistoryLimit"])
    faults.notNegative(`spec.${key}`, spec[key]);
  checkOwnSelector(faults, spec, "deployment");
  checkTemplate(faults, spec);
  checkStrategy(faults, objectAt(spec, "strategy"));
  const deadline = Number(spec["progressDeadlineSeconds"] ?? 0);
  faults.notNegative("spec.progressDeadlineSeconds", spec["progressDeadlineSeconds"]);
  const ready = Number(spec["minReadySeconds"] ?? 0);
  if (deadline <= ready && ready > 0) {
    faults.invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds");
  }
  checkFixedSelector(faults, spec, old);
}

function checkStrategy(faults: Faults, strategy: JsonObject): void {
  const { type, rollingUpdate } = strategy;
  if (type === "Recreate") {
    if (rollingUpdate !== undefined) {
      faults.forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'");
    }
  } else if (type === "RollingUpdate")
    checkRolling(faults, objectAt(strategy, "rollingUpdate"), "spec.strategy.rollingUpdate");
  else faults.unsupported("spec.strategy", strategy, ["Recreate", "RollingUpdate"]);
}

function checkRolling(faults: Faults, rolling: JsonObject, at: string): void {
  const { maxUnavailable, maxSurge } = rolling;
  checkCountOrPercent(faults, maxUnavailable, `${at}.maxUnavailable`);
  checkCountOrPercent(faults, maxSurge, `${at}.maxSurge`);
  if (isNone(maxUnavailable) && isNone(maxSurge)) {
    faults.invalid(`${at}.maxUnavailable`, maxUnavailable, "may not be 0 when `maxSurge` is 0");
  }
  if (
    typeof maxUnavailable === "string" &&
    /^[0-9]+%$/.test(maxUnavailable) &&
    Number.parseInt(maxUnavailable, 10) > 100
  ) {
    faults.invalid(`${at}.maxUnavailable`, maxUnavailable, "must not be greater than 100%");
  }
}

function isNone(value: Json | undefined): boolean {
  return value === 0 || value === "0%";
}

export function checkReplicaSet(faults: Faults, set: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(set, "spec");
  for (const key of ["replicas", "minReadySeconds"]) faults.notNegative(`spec.${key}`, spec[key]);
  checkOwnSelector(faults, spec, "replicaset");
  checkTemplate(faults, spec);
  checkFixedSelector(faults, spec, old);
}

export function checkDaemonSet(faults: Faults, set: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(set, "spec");
  for (const key of ["minReadySeconds", "revisionHistoryLimit"]) faults.notNegative(`spec.${key}`, spec[key]);
  checkOwnSelector(faults, spec, "daemonset");
  checkTemplate(faults, spec);
  const strategy = objectAt(spec, "updateStrategy");
  if (strategy["type"] === "RollingUpdate") {
    const { maxUnavailable, maxSurge } = objectAt(strategy, "rollingUpdate");
    const at = "spec.updateStrategy.rollingUpdate";
    checkCountOrPercent(faults, maxUnavailable, `${at}.maxUnavailable`);
    if (isNone(maxUnavailable) && isNone(maxSurge))
      faults.required(`${at}.maxUnavailable`, "cannot be 0 when maxSurge is 0");
  } else faults.oneOf("spec.updateStrategy.type", strategy["type"], ["RollingUpdate", "OnDelete"]);
  checkFixedSelector(faults, spec, old);
}

const STATEFUL_MUTABLE = [
  "replicas",
  "ordinals",
  "template",
  "updateStrategy",
  "revisionHistoryLimit",
  "persistentVolumeClaimRetentionPolicy",
  "minReadySeconds",
];
const STATEFUL_UPDATE =
  "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";

export function checkStatefulSet(faults: Faults, set: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(set, "spec");
  const policy = spec["podManagementPolicy"];
  if (policy !== "OrderedReady" && policy !== "Parallel") {
    faults.invalid("spec.podManagementPolicy", policy, "must be 'OrderedReady' or 'Parallel'");
  }
  const strategy = objectAt(spec, "updateStrategy");
  if (strategy["type"] !== "RollingUpdate" && strategy["type"] !== "OnDelete") {
    faults.invalid("spec.updateStrategy", strategy, "must be 'RollingUpdate' or 'OnDelete'");
  }
  for (const key of ["replicas", "minReadySeconds"]) faults.notNegative(`spec.${key}`, spec[key]);
  checkOwnSelector(faults, spec, "statefulset");
  const claims = objectsAt(spec, "volumeClaimTemplates").map((claim) =>
    String(objectAt(claim, "metadata")["name"] ?? ""),
  );
  checkTemplate(faults, spec, claims);
  if (old && !equalJson(without(spec, STATEFUL_MUTABLE), without(objectAt(old, "spec"), STATEFUL_MUTABLE))) {
    faults.forbidden("spec", STATEFUL_UPDATE);
  }
}

function without(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)));
}
