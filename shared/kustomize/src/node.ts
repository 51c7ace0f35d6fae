import { isObject, type Json } from "@sluice/base";

/** The text of a scalar; "" for null, absence and collections. */
export function textOf(value: Json | undefined): string {
  if (typeof value === "string") return value;
  if (value === undefined || value === null || typeof value === "object") return "";
  return String(value);
}

/** True for null and for what is not there. */
export function isMissing(value: Json | undefined): value is null | undefined {
  return value === undefined || value === null;
}

/** True for null, absence, and collections without content. */
export function isEmptyNode(value: Json | undefined): boolean {
  if (isMissing(value)) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

/** What kind of YAML node a value is; undefined for null and absence. */
export type NodeKind = "scalar" | "mapping" | "list";

export function nodeKind(value: Json | undefined): NodeKind | undefined {
  if (isMissing(value)) return undefined;
  if (typeof value !== "object") return "scalar";
  return Array.isArray(value) ? "list" : "mapping";
}
