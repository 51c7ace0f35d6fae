import { type KubeObject } from "@sluice/api";
import { equalJson, type JsonObject } from "@sluice/base";
import { builtInSchema } from "../built-in-schema.ts";
import { ensureObject, objectAt, objectsAt } from "../defaults/set-default.ts";
import { TEMPLATE_GENERATION } from "../defaults/workloads.ts";
import { nullEmptyLists } from "../go-decode.ts";

/**
 * What the API server itself writes into an object of a built-in kind after it was defaulted and its managedFields were
 * tracked: nobody owns these fields. Services get their addresses elsewhere, since somebody must keep account of them.
 * @param live the stored object if this is an update
 * @source the `PrepareForCreate` and `PrepareForUpdate` of the registries, and the default admission plugins
 */
export function prepareBuiltIn(object: KubeObject, live: KubeObject | undefined): void {
  const { apiVersion, kind } = object;
  const prepare = preparations[`${apiVersion}/${kind}`];
  prepare?.(object, live);
  const schema = builtInSchema(apiVersion, kind);
  if (schema) nullEmptyLists(object, schema.openApi);
}

type Prepare = (object: KubeObject, live: KubeObject | undefined) => void;

const job: Prepare = (object, live) => {
  const spec = objectAt(object, "spec");
  if (live || spec["manualSelector"] === true) return;
  const uid = object.metadata.uid ?? "";
  const template = ensureObject(ensureObject(spec, "template"), "metadata");
  const labels = ensureObject(template, "labels");
  const { name } = object.metadata;
  const own = object.metadata.labels;
  const shared = own === undefined || equalJson(own, labels);
  Object.assign(labels, { "controller-uid": uid, "job-name": name });
  Object.assign(labels, { "batch.kubernetes.io/controller-uid": uid, "batch.kubernetes.io/job-name": name });
  if (shared) (object.metadata as JsonObject)["labels"] = { ...labels };
  const chosen = ensureObject(spec, "selector");
  Object.assign(ensureObject(chosen, "matchLabels"), { "batch.kubernetes.io/controller-uid": uid });
};

const notReady = (name: string): JsonObject => ({
  key: `node.kubernetes.io/${name}`,
  operator: "Exists",
  effect: "NoExecute",
  tolerationSeconds: 300,
});

const pod: Prepare = (object, live) => {
  if (live) return;
  const spec = ensureObject(object, "spec");
  spec["priority"] ??= 0;
  spec["preemptionPolicy"] ??= "PreemptLowerPriority";
  const tolerations = objectsAt(spec, "tolerations");
  for (const name of ["not-ready", "unreachable"]) {
    const key = `node.kubernetes.io/${name}`;
    if (!tolerations.some((one) => one["key"] === key || one["key"] === undefined)) tolerations.push(notReady(name));
  }
  spec["tolerations"] = tolerations;
  object["status"] = { phase: "Pending", qosClass: qosClass(spec) };
};

/** How well a pod's resources are guaranteed. @source `k8s.io/kubernetes/pkg/apis/core/helper/qos` */
function qosClass(spec: JsonObject): string {
  const containers = [...objectsAt(spec, "containers"), ...objectsAt(spec, "initContainers")];
  const wants = containers.map((one) => objectAt(one, "resources"));
  const asks = wants.some((one) => [...computeKeys(one, "limits"), ...computeKeys(one, "requests")].length > 0);
  if (!asks) return "BestEffort";
  const isGuaranteed = wants.every((one) => {
    const limits = objectAt(one, "limits");
    return (
      computeKeys(one, "limits").length === 2 &&
      computeKeys(one, "limits").every((key) => equalJson(limits[key], objectAt(one, "requests")[key]))
    );
  });
  return isGuaranteed ? "Guaranteed" : "Burstable";
}

function computeKeys(resources: JsonObject, list: string): string[] {
  return Object.keys(objectAt(resources, list)).filter((key) => key === "cpu" || key === "memory");
}

const finalizer =
  (name: string): Prepare =>
  (object, live) => {
    if (live || object.metadata.finalizers?.includes(name)) return;
    object.metadata.finalizers = [...(object.metadata.finalizers ?? []), name];
  };

const protectVolume = finalizer("kubernetes.io/pv-protection");

const persistentVolume: Prepare = (object, live) => {
  protectVolume(object, live);
  const { creationTimestamp } = object.metadata;
  const status = ensureObject(object, "status");
  if (!live && creationTimestamp) status["lastPhaseTransitionTime"] ??= creationTimestamp;
};

const daemonSet: Prepare = (object, live) => {
  if (!live) return;
  const annotations = ensureObject(object.metadata, "annotations");
  const before = Number(live.metadata.annotations?.[TEMPLATE_GENERATION] ?? "1");
  const moved = !equalJson(objectAt(object, "spec")["template"], objectAt(live, "spec")["template"]);
  annotations[TEMPLATE_GENERATION] = String(moved ? before + 1 : before);
};

const namespace: Prepare = (object, live) => {
  const spec = ensureObject(object, "spec");
  if (live) object["spec"] = live["spec"];
  else if (!Array.isArray(spec["finalizers"]) || !spec["finalizers"].includes("kubernetes")) {
    spec["finalizers"] = [...(Array.isArray(spec["finalizers"]) ? spec["finalizers"] : []), "kubernetes"];
  }
};

const service: Prepare = (object) => {
  const spec = ensureObject(object, "spec");
  if (spec["type"] === "ExternalName") return;
  spec["ipFamilies"] ??= ["IPv4"];
  spec["ipFamilyPolicy"] ??= "SingleStack";
  if (typeof spec["clusterIP"] === "string") spec["clusterIPs"] ??= [spec["clusterIP"]];
};

const node: Prepare = (object, live) => {
  if (live) return;
  const spec = ensureObject(object, "spec");
  const taints = objectsAt(spec, "taints");
  const key = "node.kubernetes.io/not-ready";
  if (!taints.some((taint) => taint["key"] === key)) spec["taints"] = [...taints, { key, effect: "NoSchedule" }];
};

const preparations: Readonly<Record<string, Prepare>> = {
  "v1/Pod": pod,
  "v1/Namespace": namespace,
  "v1/Node": node,
  "v1/Service": service,
  "v1/PersistentVolume": persistentVolume,
  "v1/PersistentVolumeClaim": finalizer("kubernetes.io/pvc-protection"),
  "apps/v1/DaemonSet": daemonSet,
  "batch/v1/Job": job,
};
