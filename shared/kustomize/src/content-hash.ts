import { inBatches, isObject, ownKey, sha256Hex, type Json, type JsonObject, type Steps } from "@sluice/base";
import { compareText } from "./identity.ts";
import { textOf } from "./node.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";

/** Appends the hash of its content to the name of every generated resource that wants it. */
export function addHashes(set: ResourceSet): Steps<void> {
  return inBatches(set.resources, (resource) => {
    if (!resource.needsHash) return;
    const hash = contentHash(resource);
    resource.rememberId();
    resource.setName(`${resource.name}-${hash}`);
    set.changed(resource);
  });
}

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["0", "g"],
  ["1", "h"],
  ["3", "k"],
  ["a", "m"],
  ["e", "t"],
]);

/**
 * The ten characters that stand for the content of a ConfigMap or Secret.
 * @source kustomize api/hasher
 */
export function contentHash(resource: Resource): string {
  const hex = sha256Hex(goJson(hashedPart(resource.value, resource)));
  return Array.from(hex.slice(0, 10), (digit) => LETTERS.get(digit) ?? digit).join("");
}

/** The name is always blank: kustomize looks it up by a key that no object has, and hashes depend on it ever since. */
function hashedPart(value: JsonObject, { kind }: Resource): JsonObject {
  const part: JsonObject = { kind, name: "", data: fieldValue(value, "data") };
  const optional = kind === "Secret" ? "stringData" : "binaryData";
  if (kind === "Secret") part["type"] = fieldValue(value, "type");
  if (isObject(ownKey(value, optional))) part[optional] = fieldValue(value, optional);
  return part;
}

function fieldValue(value: JsonObject, field: string): Json {
  const found = ownKey(value, field);
  return typeof found === "object" && found !== null ? found : textOf(found);
}

/**
 * JSON as Go's `encoding/json` writes it: sorted keys, and characters escaped that could end an HTML script.
 * @param layout.indent a line for each element and member, each level indented by this; one line by default.
 */
export function goJson(value: Json | undefined, layout: { indent?: string } = {}): string {
  return written(value, layout.indent === undefined ? "" : "\n", layout.indent ?? "");
}

/** `line` is what ends a line and indents the next at the level of `value`. */
function written(value: Json | undefined, line: string, indent: string): string {
  if (typeof value === "string") return goString(value);
  if (typeof value === "bigint") return value.toString();
  if (Array.isArray(value))
    return `[${lines(
      value.map((item) => written(item, line + indent, indent)),
      line,
      indent,
    )}]`;
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const colon = line === "" ? ":" : ": ";
  const members = Object.keys(value)
    .sort(compareText)
    .map((key) => `${goString(key)}${colon}${written(value[key], line + indent, indent)}`);
  return `{${lines(members, line, indent)}}`;
}

function lines(parts: readonly string[], line: string, indent: string): string {
  return parts.length === 0 ? "" : `${line}${indent}${parts.join(`,${line}${indent}`)}${line}`;
}

function goString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
