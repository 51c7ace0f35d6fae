import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { ageColumn, type Column, column, nameColumn } from "./column.ts";
import { age, humanDuration } from "./duration-text.ts";
import { labelsText, selectorText } from "./label-text.ts";
import { at, numberAt, objectAt, objectsAt, orNone, textAt } from "./read.ts";

const integer = { type: "integer" } as const;
const wide = { priority: 1 } as const;

function count(name: string, path: string): Column {
  return column(name, (object) => numberAt(object, path), integer);
}

function containers(path: string): Column[] {
  const list = (object: KubeObject, key: string) =>
    objectsAt(object, path)
      .map((container) => textAt(container, key))
      .join(",");
  return [
    column("Containers", (object) => list(object, "name"), wide),
    column("Images", (object) => list(object, "image"), wide),
  ];
}

const TEMPLATE = "spec.template.spec.containers";
const selector = column("Selector", (object) => selectorText(at(object, "spec.selector")), wide);

export const deploymentColumns: Column[] = [
  nameColumn,
  column("Ready", (object) => `${numberAt(object, "status.readyReplicas")}/${numberAt(object, "spec.replicas")}`),
  column("Up-to-date", (object) => numberAt(object, "status.updatedReplicas")),
  column("Available", (object) => numberAt(object, "status.availableReplicas")),
  ageColumn,
  ...containers(TEMPLATE),
  selector,
];

export const replicaSetColumns: Column[] = [
  nameColumn,
  count("Desired", "spec.replicas"),
  count("Current", "status.replicas"),
  count("Ready", "status.readyReplicas"),
  ageColumn,
  ...containers(TEMPLATE),
  selector,
];

export const statefulSetColumns: Column[] = [
  nameColumn,
  column("Ready", (object) => `${numberAt(object, "status.readyReplicas")}/${numberAt(object, "spec.replicas")}`),
  ageColumn,
  ...containers(TEMPLATE),
];

export const daemonSetColumns: Column[] = [
  nameColumn,
  count("Desired", "status.desiredNumberScheduled"),
  count("Current", "status.currentNumberScheduled"),
  count("Ready", "status.numberReady"),
  count("Up-to-date", "status.updatedNumberScheduled"),
  count("Available", "status.numberAvailable"),
  column("Node Selector", (object) => labelsText(objectAt(object, "spec.template.spec.nodeSelector"))),
  ageColumn,
  ...containers(TEMPLATE),
  selector,
];

export const jobColumns: Column[] = [
  nameColumn,
  column("Status", jobState),
  column("Completions", jobCompletions),
  column("Duration", jobDuration),
  ageColumn,
  ...containers(TEMPLATE),
  selector,
];

function jobState(job: KubeObject): string {
  const is = (type: string) =>
    objectsAt(job, "status.conditions").some(
      (condition) => condition["type"] === type && condition["status"] === "True",
    );
  if (is("Complete")) return "Complete";
  if (is("Failed")) return "Failed";
  if (job.metadata.deletionTimestamp !== undefined) return "Terminating";
  if (is("Suspended")) return "Suspended";
  return is("FailureTarget") ? "FailureTarget" : is("SuccessCriteriaMet") ? "SuccessCriteriaMet" : "Running";
}

function jobCompletions(job: KubeObject): string {
  const succeeded = numberAt(job, "status.succeeded");
  if (at(job, "spec.completions") !== undefined) return `${succeeded}/${numberAt(job, "spec.completions")}`;
  const parallelism = numberAt(job, "spec.parallelism");
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function jobDuration(job: KubeObject, now: number): string {
  const start = textAt(job, "status.startTime");
  if (start === "") return "";
  const end = textAt(job, "status.completionTime");
  return humanDuration((end === "" ? now : Date.parse(end)) - Date.parse(start));
}

export const cronJobColumns: Column[] = [
  nameColumn,
  column("Schedule", (object) => textAt(object, "spec.schedule")),
  column("Timezone", (object) => orNone(textAt(object, "spec.timeZone"))),
  column("Suspend", (object) => (at(object, "spec.suspend") === true ? "True" : "False"), { type: "boolean" }),
  column("Active", (object) => objectsAt(object, "status.active").length, integer),
  column("Last Schedule", (object, now) => {
    const last = textAt(object, "status.lastScheduleTime");
    return last === "" ? "<none>" : age(last, now);
  }),
  ageColumn,
  ...containers("spec.jobTemplate.spec.template.spec.containers"),
  column("Selector", (object) => selectorText(at(object, "spec.jobTemplate.spec.selector")), wide),
];

export const podTemplateColumns: Column[] = [
  nameColumn,
  column("Containers", (object) =>
    objectsAt(object, "template.spec.containers")
      .map((item) => textAt(item, "name"))
      .join(","),
  ),
  column("Images", (object) =>
    objectsAt(object, "template.spec.containers")
      .map((item) => textAt(item, "image"))
      .join(","),
  ),
  column("Pod Labels", (object) => labelsText(objectAt(object, "template.metadata.labels"))),
];

export const controllerRevisionColumns: Column[] = [
  nameColumn,
  column("Controller", (object) => {
    const owner = object.metadata.ownerReferences?.find((reference) => reference.controller === true);
    return owner ? `${owner.kind.toLowerCase()}.${owner.apiVersion.split("/")[0]}/${owner.name}` : "<none>";
  }),
  column("Revision", (object) => numberAt(object, "revision")),
  ageColumn,
];

export const podColumns: Column[] = [
  nameColumn,
  column("Ready", (pod) => {
    const ready = objectsAt(pod, "status.containerStatuses").filter((container) => container["ready"] === true).length;
    return `${ready}/${objectsAt(pod, "spec.containers").length}`;
  }),
  column("Status", podState),
  column("Restarts", (pod) =>
    String(objectsAt(pod, "status.containerStatuses").reduce((sum, item) => sum + numberAt(item, "restartCount"), 0)),
  ),
  ageColumn,
  column("IP", (pod) => orNone(textAt(pod, "status.podIP")), wide),
  column("Node", (pod) => orNone(textAt(pod, "spec.nodeName")), wide),
  column("Nominated Node", (pod) => orNone(textAt(pod, "status.nominatedNodeName")), wide),
  column("Readiness Gates", (pod) => readinessGates(pod), wide),
];

/** @source `pkg/printers/internalversion` printPod, for pods without init containers that wait */
function podState(pod: KubeObject): string {
  if (pod.metadata.deletionTimestamp !== undefined) return "Terminating";
  let state = textAt(pod, "status.reason") || textAt(pod, "status.phase");
  for (const container of objectsAt(pod, "status.containerStatuses").reverse())
    state = containerState(container) || state;
  return state;
}

function containerState(container: JsonObject): string {
  const waiting = textAt(container, "state.waiting.reason");
  if (waiting !== "") return waiting;
  const terminated = objectAt(container, "state.terminated");
  if (Object.keys(terminated).length === 0) return "";
  return textAt(terminated, "reason") || `ExitCode:${numberAt(terminated, "exitCode")}`;
}

function readinessGates(pod: KubeObject): string {
  const gates = objectsAt(pod, "spec.readinessGates").map((gate) => textAt(gate, "conditionType"));
  if (gates.length === 0) return "<none>";
  const conditions = objectsAt(pod, "status.conditions");
  const passed = gates.filter((type) =>
    conditions.some((condition) => condition["type"] === type && condition["status"] === "True"),
  );
  return `${passed.length}/${gates.length}`;
}
