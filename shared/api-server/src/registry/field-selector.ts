import { type KubeObject } from "@sluice/api";
import { isObject, type Json, ownKey } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { badRequest } from "./status-error.ts";

/** True if the object satisfies the selector. */
export type FieldSelector = (object: KubeObject) => boolean;

const COMMON = ["metadata.name", "metadata.namespace"];
const EVENT_OBJECT = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

/** Fields besides name and namespace that can be selected, by `group/plural`; each with its value where it is not simply the field's. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  "/pods": [
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "spec.hostNetwork",
    "status.phase",
    "status.podIP",
    "status.nominatedNodeName",
  ],
  "/events": [
    ...EVENT_OBJECT.map((field) => `involvedObject.${field}`),
    "reason",
    "reportingComponent",
    "source",
    "type",
  ],
  "events.k8s.io/events": [
    ...EVENT_OBJECT.map((field) => `regarding.${field}`),
    "reason",
    "reportingController",
    "type",
  ],
  "/secrets": ["type"],
  "/namespaces": ["status.phase"],
  "/nodes": ["spec.unschedulable"],
  "/services": ["spec.clusterIP", "spec.type"],
  "/replicationcontrollers": ["status.replicas"],
  "apps/replicasets": ["status.replicas"],
  "batch/jobs": ["status.successful"],
  "certificates.k8s.io/certificatesigningrequests": ["spec.signerName"],
};

/** Kinds whose API server code answers in an older wording. */
const OLD_WORDING = new Set(Object.keys(FIELDS));

/**
 * Parses `metadata.name=x,status.phase!=Running` for one resource; "" selects everything.
 * @throws {StatusError} 400 if it is malformed or names a field that the resource does not index.
 */
export function parseFieldSelector(text: string, resource: Resource): FieldSelector {
  const terms = splitTerms(text).map((term) => parseTerm(term));
  for (const { field } of terms) checkField(field, resource);
  return (object) => terms.every(({ field, value, equal }) => (fieldText(object, field) === value) === equal);
}

type Term = { field: string; value: string; equal: boolean };

function splitTerms(text: string): string[] {
  return text.split(/(?<!\\),/).filter((term) => term !== "");
}

function parseTerm(term: string): Term {
  const match = /^((?:\\.|[^\\=!])*?)(!=|==|=)(.*)$/s.exec(term);
  if (!match) throw badRequest(`invalid selector: '${term}'; can't understand '${term}'`);
  const [, field = "", operator, value = ""] = match;
  return { field, equal: operator !== "!=", value: value.replace(/\\([\\,=])/g, "$1") };
}

function checkField(field: string, resource: Resource): void {
  if (COMMON.includes(field)) return;
  const known = selectableFields(resource);
  if (known.includes(field)) return;
  if (resource.custom || OLD_WORDING.has(`${resource.group}/${resource.plural}`)) {
    throw badRequest(`field label not supported: ${field}`);
  }
  throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`);
}

function selectableFields(resource: Resource): readonly string[] {
  return resource.custom?.selectableFields ?? FIELDS[`${resource.group}/${resource.plural}`] ?? [];
}

/** The value that a selector compares: "" for an absent field. */
function fieldText(object: KubeObject, field: string): string {
  if (object.kind === "Event" && field === "source") return eventSource(object);
  if (object.kind === "Job" && field === "status.successful") return text(at(object, "status.succeeded")) || "0";
  const value = at(object, field);
  if (value === undefined && (field === "spec.unschedulable" || field === "spec.hostNetwork")) return "false";
  if (value === undefined && field === "status.replicas") return "0";
  return text(value);
}

function eventSource(object: KubeObject): string {
  return text(at(object, "source.component")) || text(at(object, "reportingComponent"));
}

function at(object: KubeObject, path: string): Json | undefined {
  let value: Json | undefined = object;
  for (const key of path.split(".")) value = isObject(value) ? ownKey(value, key) : undefined;
  return value;
}

function text(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" || typeof value === "bigint" ? String(value) : "";
}
