import { inBatches, isObject, type Json, type JsonObject, ownKey, setKey, type Steps } from "@sluice/base";
import { failure, type KustomizeError } from "./errors.ts";
import { type FieldSpec, PathError, visitFields, visitPath } from "./field-spec.ts";
import { describeId, type Gvk, selectsGvk } from "./identity.ts";
import { isMissing, nodeKind, textOf } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";

/** Kinds whose names never get a prefix or suffix. */
const NAMED_FOR_GOOD: readonly Partial<Gvk>[] = [
  { kind: "CustomResourceDefinition" },
  { group: "apiregistration.k8s.io", kind: "APIService" },
  { kind: "Namespace" },
];

/** A prefix or suffix and the fields that get it. */
export interface Affix {
  side: "prefix" | "suffix";
  text: string;
  specs: readonly FieldSpec[];
}

/**
 * Puts a prefix before, or a suffix after, the name of every resource.
 * @source kustomize api/internal/builtins `PrefixTransformer`, `SuffixTransformer`
 */
export function affixNames(set: ResourceSet, { side, text, specs }: Affix): Steps<void> {
  const change = (value: Json) => (side === "prefix" ? text + textOf(value) : textOf(value) + text);
  return inBatches(set.resources, (resource) => {
    const original = resource.originalId;
    if (NAMED_FOR_GOOD.some((gvk) => selectsGvk(gvk, original))) return;
    const { gvk } = resource;
    for (const spec of specs.filter((each) => selectsGvk(each, original))) {
      if (spec.path === "metadata/name") noteAffix(resource, side, text);
      if (selectsGvk(spec, gvk))
        visitPath(resource, spec, { create: "text", visit: (slot) => slot.set(change(scalar(slot.value))) });
    }
    set.changed(resource);
  });
}

function noteAffix(resource: Resource, side: Affix["side"], text: string): void {
  if (side === "prefix") resource.prefixes = [...resource.prefixes, text];
  else resource.suffixes = [...resource.suffixes, text];
  resource.rememberId();
}

function scalar(value: Json): Json {
  const kind = nodeKind(value);
  if (kind === "mapping" || kind === "list") throw new PathError(`a ${kind} where a text is due`);
  return value;
}

const ROLE_BINDINGS: readonly string[] = ["RoleBinding", "ClusterRoleBinding"];

/** Which subjects of role bindings move along: those named "default", all service accounts, or none. */
export type SubjectMode = "defaultOnly" | "allServiceAccounts" | "none";

export interface NamespaceChange {
  namespace: string;
  specs: readonly FieldSpec[];
  /** Leaves namespaces alone that are set already. */
  unsetOnly?: boolean;
  /** `defaultOnly` if absent. */
  subjects?: SubjectMode;
}

/**
 * Puts every resource that is not known to be cluster-scoped into a namespace, renames Namespace objects, and follows with
 * subjects and the namespaces of webhook services.
 * @throws {KustomizeError} CONFLICT if two resources become one.
 * @source kustomize api/filters/namespace, api/internal/builtins `NamespaceTransformer`
 */
export function setNamespace(set: ResourceSet, change: NamespaceChange): Steps<void> {
  const { namespace, unsetOnly = false } = change;
  const next = (old: Json | undefined) => (unsetOnly && textOf(old) !== "" ? textOf(old) : namespace);
  return inBatches(set.resources, (resource) => {
    resource.rememberId();
    if (!resource.isClusterScoped) resource.setNamespace(next(resource.namespace));
    if (ROLE_BINDINGS.includes(resource.kind)) moveSubjects(resource, change.subjects ?? "defaultOnly", next);
    visitFields(resource, applicable(resource, change.specs), {
      create: "text",
      visit: (slot) => slot.set(next(scalar(slot.value))),
    });
    set.changed(resource);
    if (set.withId(resource.id).length > 1) {
      const fact = `in namespace "${namespace}", two resources are ${describeId(resource.id)}`;
      throw failure("CONFLICT", fact, { place: resource.origin });
    }
  });
}

/** Puts one resource, and subjects named "default", into a namespace; its history does not tell. */
export function moveIntoNamespace(resource: Resource, namespace: string): void {
  if (!resource.isClusterScoped) resource.setNamespace(namespace);
  if (ROLE_BINDINGS.includes(resource.kind)) moveSubjects(resource, "defaultOnly", () => namespace);
}

function applicable(resource: Resource, specs: readonly FieldSpec[]): FieldSpec[] {
  return specs.filter((spec) => {
    if (spec.path === "metadata/namespace") return false;
    if (spec.path === "metadata/name") return resource.apiVersion === "v1";
    return !(spec.path === "subjects/namespace" && ROLE_BINDINGS.includes(spec.kind));
  });
}

function moveSubjects(resource: Resource, mode: SubjectMode, next: (old: Json | undefined) => string): void {
  const subjects = ownKey(resource.value, "subjects");
  if (mode === "none" || !Array.isArray(subjects)) return;
  for (const subject of subjects) {
    if (isMissing(subject)) continue;
    if (!isObject(subject)) throw unfit(resource, "a subject that is not a mapping");
    const key = mode === "defaultOnly" ? "name" : "kind";
    const wanted = mode === "defaultOnly" ? "default" : "ServiceAccount";
    if (scalarMember(resource, subject, key) !== wanted) continue;
    setKey(subject, "namespace", next(scalarMember(resource, subject, "namespace")));
  }
}

function scalarMember(resource: Resource, subject: JsonObject, key: string): Json | undefined {
  const value = ownKey(subject, key);
  const kind = nodeKind(value);
  if (kind === undefined || kind === "scalar") return value;
  throw unfit(resource, `a subject whose ${key} is no text`);
}

function unfit(resource: Resource, fact: string): KustomizeError {
  return failure("TRANSFORM_FAILED", `${describeId(resource.id)} has ${fact}`, { place: resource.origin });
}
