import { isObject, type Json, type JsonObject } from "@sluice/base";
import { goType } from "../merge/go-format.ts";
import { goFieldsOf } from "../schema/definitions.ts";
import { type OpenApiNode } from "../schema/open-api-node.ts";

/**
 * Why the result of a strategic merge patch does not fit its kind: other words than those of the JSON decoder, because the
 * API server converts the patched maps without going through JSON.
 * @returns the first problem, such as `unrecognized type: int32`; undefined: none of those that this conversion names itself.
 * @source `k8s.io/apimachinery/pkg/runtime` `fromUnstructured`
 */
export function convertProblem(value: Json | undefined, node: OpenApiNode, goName = ""): string | undefined {
  if (value === null || value === undefined || decodesItself(node)) return undefined;
  if (node.type === "array") return listProblem(value, node, goName);
  if (node.type !== "object") return scalarProblem(value, node, goName);
  if (node.propertyNames.length === 0 && node.additional) return mapProblem(value, node.additional);
  return isObject(value) ? structProblem(value, node) : `cannot restore struct from: ${goKind(value)}`;
}

/** Quantities, times and the like are decoded as in JSON. */
function decodesItself(node: OpenApiNode): boolean {
  return node.isQuantity || (node.definition !== undefined && node.propertyNames.length === 0);
}

function structProblem(value: JsonObject, node: OpenApiNode): string | undefined {
  const { t: types = {} } = node.definition === undefined ? {} : goFieldsOf(node.definition);
  for (const name of node.propertyNames) {
    const child = node.property(name);
    const problem = child && Object.hasOwn(value, name) ? convertProblem(value[name], child, types[name]) : undefined;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function mapProblem(value: Json, element: OpenApiNode): string | undefined {
  if (!isObject(value)) return `cannot restore map from ${goKind(value)}`;
  return firstProblem(Object.values(value), element);
}

function listProblem(value: Json, { items }: OpenApiNode, goName: string): string | undefined {
  if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`;
  return items && firstProblem(value, items, goName.replace(/^\[\]/, ""));
}

function firstProblem(values: readonly (Json | undefined)[], node: OpenApiNode, goName = ""): string | undefined {
  for (const value of values) {
    const problem = convertProblem(value, node, goName);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** Go converts numbers to text and to each other, which is refused here; of all else it does not know how to. */
function scalarProblem(value: Json, node: OpenApiNode, goName: string): string | undefined {
  const want = scalarKind(node);
  const got = goKind(value);
  if (want === undefined || got === want || (got === "int64" && want !== "string" && want !== "bool")) return undefined;
  const isNumber = got === "int64" || got === "float64";
  if (!isNumber || want === "bool") return `unrecognized type: ${want}`;
  return `cannot convert ${got} to ${goName || want}`;
}

function scalarKind({ type, format }: OpenApiNode): string | undefined {
  if (type === "string") return format === "byte" ? undefined : "string";
  if (type === "boolean") return "bool";
  if (type === "integer") return format === "int32" ? "int32" : "int64";
  return type === "number" ? "float64" : undefined;
}

/** The `reflect.Kind` of a decoded value. */
function goKind(value: Json): string {
  if (Array.isArray(value)) return "slice";
  return isObject(value) ? "map" : goType(value);
}
