import { type KubeObject, type OpenApiSchema } from "@sluice/api";
import { isObject, type Json, type JsonObject } from "@sluice/base";
import { defaultFields } from "./custom/default-fields.ts";
import { pruneCustom } from "./custom/prune-fields.ts";
import { compileRules, hasRules, validateRules } from "./custom/rules.ts";
import { structuralErrors } from "./custom/structural.ts";
import { validateLists } from "./custom/validate-lists.ts";
import { NOWHERE, validateValues } from "./custom/validate-values.ts";
import { definitions } from "./definitions.ts";
import { ObjectError } from "./errors.ts";
import { type FieldError, fieldErrorText } from "./field-error.ts";
import { type KindSchema } from "./kind-schema.ts";
import { decodeMetadata, OBJECT_META, pruneMetadata } from "./object-meta.ts";
import { NodeCache, type OpenApiNode } from "./open-api-node.ts";
import { validateObjectMeta } from "./validation/object-meta.ts";
import { dnsSubdomain } from "./validation/names.ts";

/**
 * The schema of one version of a custom resource.
 * @throws {ObjectError} SCHEMA_INVALID if it is not structural; its problems are paths below the schema.
 * @throws {ExprError} CEL_INVALID if a validation rule does not compile.
 */
export function crdSchema(crdVersionSchema: OpenApiSchema): KindSchema {
  const problems = structuralErrors(crdVersionSchema);
  if (problems.length > 0) {
    const text = problems.map(fieldErrorText).join(", ");
    throw new ObjectError("SCHEMA_INVALID", `Schema is not structural: ${text}`, { problems });
  }
  const schema = new CustomSchema(crdVersionSchema);
  compileRules(schema.declared);
  return schema;
}

/** Errors after which CEL rules are not run, because they could not trust the values. */
const BLOCKING: ReadonlySet<string> = new Set(["Required value", "Unsupported value", "Too long", "Too many"]);

const rulesNotRun: FieldError = {
  type: "Invalid value",
  field: NOWHERE,
  detail:
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
  value: null,
};

class CustomSchema implements KindSchema {
  readonly openApi: OpenApiNode;
  /** The schema as the CRD declares it, without what every resource has. */
  readonly declared: OpenApiNode;

  constructor(raw: JsonObject) {
    const nodes = new NodeCache((name) => definitions()[name]);
    this.declared = nodes.of(raw);
    this.openApi = nodes.of(withResourceFields(raw));
  }

  empty(): JsonObject {
    return {};
  }

  defaults(object: KubeObject): void {
    const { managedFields } = object.metadata;
    const problem = decodeMetadata(object, this.declared);
    if (problem !== undefined) throw decodeError(object, problem);
    if (Array.isArray(managedFields) && managedFields.length === 0) object.metadata.managedFields = [];
    const { apiVersion, kind, metadata } = object;
    defaultFields(object, this.declared);
    Object.assign(object, { apiVersion, kind, metadata });
  }

  prune(object: KubeObject): string[] {
    return [...pruneMetadata(object, this.declared), ...pruneCustom(object, this.declared)].sort();
  }

  validate(object: KubeObject, old?: KubeObject): FieldError[] {
    const meta = validateObjectMeta(object, old, dnsSubdomain);
    const { declared } = this;
    const errors = [...validateValues(object, old, declared), ...validateLists(object, old, declared)];
    const isBlocked = errors.some((error) => error.blocking === true || BLOCKING.has(error.type));
    if (!declared.derive(hasRules)) return [...meta, ...errors];
    if (!isBlocked) return [...meta, ...errors, ...validateRules(object, old, declared)];
    return [...meta, ...errors, rulesNotRun];
  }
}

/** The schema with the fields that every resource has, and that embedded resources have. */
function withResourceFields(raw: JsonObject): JsonObject {
  return addMeta(mapChildren(raw));
}

function addMeta(raw: JsonObject): JsonObject {
  const properties = isObject(raw["properties"]) ? raw["properties"] : {};
  const metadata = { $ref: `#/components/schemas/${OBJECT_META}` };
  return { ...raw, properties: { ...properties, apiVersion: { type: "string" }, kind: { type: "string" }, metadata } };
}

function mapChildren(raw: JsonObject): JsonObject {
  const result: JsonObject = { ...raw };
  for (const key of ["items", "additionalProperties"]) if (isObject(raw[key])) result[key] = embedded(raw[key]);
  if (isObject(raw["properties"])) {
    const mapped = Object.entries(raw["properties"]).map(([name, child]): [string, Json] => [
      name,
      isObject(child) ? embedded(child) : (child ?? null),
    ]);
    result["properties"] = Object.fromEntries(mapped);
  }
  return result;
}

function embedded(raw: JsonObject): JsonObject {
  const mapped = mapChildren(raw);
  return raw["x-kubernetes-embedded-resource"] === true ? addMeta(mapped) : mapped;
}

function decodeError({ apiVersion, kind }: KubeObject, problem: string): ObjectError<"DECODE_INVALID"> {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`;
  return new ObjectError("DECODE_INVALID", message, { status: 400, problem });
}
