import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type JsonObject } from "@sluice/base";
import { type FieldError } from "../field-error.ts";
import { labelValue, type NameCheck, qualifiedName } from "./names.ts";

/** Most bytes of all annotations of an object together. */
const MAX_ANNOTATION_BYTES = 256 * 1024;

/**
 * What is wrong with an object's metadata, in the API server's words.
 * @source `k8s.io/apimachinery/pkg/api/validation` ValidateObjectMeta, ValidateObjectMetaUpdate
 */
export function validateObjectMeta(
  object: KubeObject,
  old: KubeObject | undefined,
  nameCheck: NameCheck,
): FieldError[] {
  const metadata: JsonObject = object.metadata;
  return [
    ...(old ? [] : validateName(metadata, nameCheck)),
    ...validateOwners(metadata),
    ...validateLabels(metadata["labels"], "metadata.labels"),
    ...validateAnnotations(metadata["annotations"], "metadata.annotations"),
    ...validateFinalizers(metadata["finalizers"]),
    ...(old ? validateUnchanged(metadata, old.metadata) : []),
  ];
}

function validateName(metadata: JsonObject, nameCheck: NameCheck): FieldError[] {
  const { name, generateName } = metadata;
  if (typeof name !== "string" || name === "") {
    if (typeof generateName === "string" && generateName !== "") return [];
    return [{ type: "Required value", field: "metadata.name", detail: "name or generateName is required" }];
  }
  return nameCheck(name).map((detail) => ({ type: "Invalid value", field: "metadata.name", detail, value: name }));
}

/** @param field where the labels stand */
export function validateLabels(labels: unknown, field: string): FieldError[] {
  if (!isObject(labels)) return [];
  return Object.entries(labels).flatMap(([key, value]): FieldError[] => {
    const text = String(value);
    return [
      ...qualifiedName(key).map((detail): FieldError => ({ type: "Invalid value", field, detail, value: key })),
      ...labelValue(text).map((detail): FieldError => ({ type: "Invalid value", field, detail, value: text })),
    ];
  });
}

/** @param field where the annotations stand */
export function validateAnnotations(annotations: unknown, field: string): FieldError[] {
  if (!isObject(annotations)) return [];
  const entries = Object.entries(annotations);
  const errors = entries.flatMap(([key]) =>
    qualifiedName(key.toLowerCase()).map(
      (detail): FieldError => ({ type: "Invalid value", field, detail, value: key }),
    ),
  );
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  if (bytes > MAX_ANNOTATION_BYTES)
    errors.push({ type: "Too long", field, detail: `may not be more than ${MAX_ANNOTATION_BYTES} bytes` });
  return errors;
}

function validateFinalizers(finalizers: unknown): FieldError[] {
  if (!Array.isArray(finalizers)) return [];
  return finalizers.flatMap((name) =>
    qualifiedName(String(name)).map(
      (detail): FieldError => ({ type: "Invalid value", field: "metadata.finalizers", detail, value: String(name) }),
    ),
  );
}

function validateOwners(metadata: JsonObject): FieldError[] {
  const owners = metadata["ownerReferences"];
  if (!Array.isArray(owners)) return [];
  const controllers: string[] = [];
  const errors = owners.flatMap((owner) => {
    if (!isObject(owner)) return [];
    if (owner["controller"] === true) controllers.push(`${String(owner["kind"])}/${String(owner["name"])}`);
    return validateOwner(owner, "metadata.ownerReferences");
  });
  if (controllers.length > 1) {
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controllers[0]} and ${controllers[1]}`;
    errors.push({ type: "Invalid value", field: "metadata.ownerReferences", detail, value: owners });
  }
  return errors;
}

function validateOwner(owner: JsonObject, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const demand = (key: string, value: string) => {
    if (!owner[key])
      errors.push({ type: "Invalid value", field: `${field}.${key}`, detail: value, value: owner[key] ?? "" });
  };
  demand("apiVersion", "version must not be empty");
  demand("kind", "must not be empty");
  demand("name", "must not be empty");
  demand("uid", "must not be empty");
  return errors;
}

const UNCHANGED = [
  "name",
  "namespace",
  "uid",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
] as const;

function validateUnchanged(metadata: JsonObject, old: JsonObject): FieldError[] {
  return UNCHANGED.filter((key) => !equalJson(metadata[key], old[key])).map((key) => ({
    type: "Invalid value",
    field: `metadata.${key}`,
    detail: "field is immutable",
    value: metadata[key] ?? null,
  }));
}
