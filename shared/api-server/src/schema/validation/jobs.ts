import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type JsonObject } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { checkPodTemplate } from "./pod.ts";
import { isUsableSelector, selects } from "./selector.ts";

const JOB_NUMBERS = ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"];

export function checkJob(faults: Faults, job: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(job, "spec");
  checkJobSpec(faults, spec, "spec");
  checkJobSelector(faults, spec, job);
  if (old) checkJobUpdate(faults, spec, objectAt(old, "spec"));
}

function checkJobSpec(faults: Faults, spec: JsonObject, path: string): void {
  for (const key of JOB_NUMBERS) faults.notNegative(`${path}.${key}`, spec[key]);
  faults.oneOf(`${path}.completionMode`, spec["completionMode"], ["Indexed", "NonIndexed"]);
  const template = objectAt(spec, "template");
  checkPodTemplate(faults, template, `${path}.template`);
  if (objectAt(template, "spec")["restartPolicy"] === "Always") {
    faults.required(`${path}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"');
  }
}

function checkJobSelector(faults: Faults, spec: JsonObject, job: KubeObject): void {
  const { selector } = spec;
  if (!isObject(selector)) return faults.required("spec.selector");
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  const generated = { matchLabels: { "batch.kubernetes.io/controller-uid": job.metadata.uid ?? "" } };
  const legacy = { matchLabels: { "controller-uid": job.metadata.uid ?? "" } };
  const isManual = spec["manualSelector"] === true;
  if (!isManual && !equalJson(selector, generated) && !equalJson(selector, legacy)) {
    faults.invalid("spec.selector", selector, "`selector` not auto-generated");
  }
  if (isUsableSelector(selector) && !selects(selector, labels)) {
    faults.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`");
  }
}

/** Scheduling directives that may change while a job is suspended. */
function checkJobUpdate(faults: Faults, spec: JsonObject, old: JsonObject): void {
  for (const key of [
    "completions",
    "selector",
    "completionMode",
    "podFailurePolicy",
    "backoffLimitPerIndex",
    "managedBy",
  ]) {
    const indexed =
      key === "completions" && spec["completionMode"] === "Indexed" && spec["completions"] === spec["parallelism"];
    if (!indexed)
      faults.unchanged(`spec.${key}`, { now: spec[key], before: old[key], same: equalJson(spec[key], old[key]) });
  }
  const template = objectAt(spec, "template");
  const before = objectAt(old, "template");
  const same = equalJson(fixedPart(template, old), fixedPart(before, old));
  if (same) return;
  const inSpec = !equalJson(fixedPart(template, old)["spec"], fixedPart(before, old)["spec"]);
  if (inSpec && old["suspend"] === true)
    faults.unchanged("spec.template.spec", { now: template["spec"], before, same });
  else faults.unchanged("spec.template", { now: template, before, same });
}

const DIRECTIVES = ["nodeSelector", "affinity", "tolerations", "schedulingGates"];

function fixedPart(template: JsonObject, old: JsonObject): JsonObject {
  if (old["suspend"] !== true) return template;
  const spec = Object.fromEntries(
    Object.entries(objectAt(template, "spec")).filter(([key]) => !DIRECTIVES.includes(key)),
  );
  return { spec };
}

export function checkCronJob(faults: Faults, cron: KubeObject): void {
  const spec = objectAt(cron, "spec");
  checkJobSpec(faults, objectAt(objectAt(spec, "jobTemplate"), "spec"), "spec.jobTemplate.spec");
  const schedule = String(spec["schedule"] ?? "");
  if (schedule === "") faults.required("spec.schedule");
  else {
    const fault = scheduleFault(schedule);
    if (fault !== undefined) faults.invalid("spec.schedule", schedule, fault);
  }
  for (const key of ["startingDeadlineSeconds", "successfulJobsHistoryLimit", "failedJobsHistoryLimit"]) {
    faults.notNegative(`spec.${key}`, spec[key]);
  }
  faults.oneOf("spec.concurrencyPolicy", spec["concurrencyPolicy"], ["Allow", "Forbid", "Replace"]);
  const zone = spec["timeZone"];
  if (typeof zone === "string" && !isTimeZone(zone)) faults.invalid("spec.timeZone", zone, `unknown time zone ${zone}`);
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const FIELDS: readonly (readonly [string, number, number, readonly string[]])[] = [
  ["minute", 0, 59, []],
  ["hour", 0, 23, []],
  ["day of month", 1, 31, []],
  ["month", 1, 12, ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]],
  ["day of week", 0, 6, ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]],
];

/** Why a schedule does not parse. @source `github.com/robfig/cron` ParseStandard */
function scheduleFault(schedule: string): string | undefined {
  if (schedule.startsWith("@")) {
    const known = /^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)$/.test(schedule);
    return known ? undefined : `unrecognized descriptor: ${schedule}`;
  }
  const parts = schedule.split(/\s+/).filter((part) => part !== "");
  if (parts.length !== 5) return `expected exactly 5 fields, found ${parts.length}: [${parts.join(" ")}]`;
  for (const [index, part] of parts.entries()) {
    const field = FIELDS[index];
    const fault =
      field &&
      part
        .split(",")
        .map((range) => rangeFault(range, field))
        .find((found) => found !== undefined);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function rangeFault(range: string, [, least, most, names]: (typeof FIELDS)[number]): string | undefined {
  const [ends = "", step, more] = range.split("/");
  if (more !== undefined) return `too many slashes: ${range}`;
  if (step !== undefined && !/^[0-9]+$/.test(step))
    return `failed to parse int from ${step}: strconv.Atoi: parsing "${step}": invalid syntax`;
  if (step === "0") return `step of range should be a positive number: ${range}`;
  if (ends === "*" || ends === "?") return undefined;
  const bounds = ends.split("-").map((end) => {
    const named = names.indexOf(end.toLowerCase());
    return named >= 0 ? named + least : /^[0-9]+$/.test(end) ? Number(end) : Number.NaN;
  });
  if (bounds.length > 2) return `too many hyphens: ${range}`;
  const bad = ends.split("-")[bounds.findIndex((bound) => Number.isNaN(bound))];
  if (bad !== undefined) return `failed to parse int from ${bad}: strconv.Atoi: parsing "${bad}": invalid syntax`;
  const [first = 0, last = first] = bounds;
  if (first < least) return `beginning of range (${first}) below minimum (${least}): ${range}`;
  if (last > most) return `end of range (${last}) above maximum (${most}): ${range}`;
  return first > last ? `beginning of range (${first}) beyond end of range (${last}): ${range}` : undefined;
}
