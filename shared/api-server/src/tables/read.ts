import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, ownKey } from "@sluice/base";

/** The value at a dotted path of plain keys; undefined if any step is missing. */
export function at(source: JsonObject | KubeObject, path: string): Json | undefined {
  let value: Json | undefined = source as JsonObject;
  for (const key of path.split(".")) value = isObject(value) ? ownKey(value, key) : undefined;
  return value;
}

export function objectAt(source: JsonObject | KubeObject, path: string): JsonObject {
  const value = at(source, path);
  return isObject(value) ? value : {};
}

/** The objects in a list; other items are passed over. */
export function objectsAt(source: JsonObject | KubeObject, path: string): JsonObject[] {
  const value = at(source, path);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Strings of a list. */
export function textsAt(source: JsonObject | KubeObject, path: string): string[] {
  const value = at(source, path);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

export function textAt(source: JsonObject | KubeObject, path: string): string {
  const value = at(source, path);
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "bigint"
      ? String(value)
      : "";
}

/** The number, 0 if it is absent: what Go's integers start from. */
export function numberAt(source: JsonObject | KubeObject, path: string): number {
  const value = at(source, path);
  return typeof value === "number" ? value : 0;
}

/** `text`, or `<none>` if it is empty. */
export function orNone(text: string): string {
  return text === "" ? "<none>" : text;
}

/** `text`, or `<unset>` if it is empty. */
export function orUnset(text: string): string {
  return text === "" ? "<unset>" : text;
}
