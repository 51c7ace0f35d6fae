import {
  cloneJson,
  equalJson,
  isObject,
  ownKey,
  parseJson,
  parseYaml,
  setKey,
  type Json,
  type JsonObject,
} from "@sluice/base";

/** A JSON 6902 patch that does not parse or does not apply; the caller adds the patch and the resource. */
export class JsonPatchError extends Error {}

export interface JsonPatchOperation {
  op: "add" | "remove" | "replace" | "move" | "copy" | "test";
  path: readonly string[];
  from: readonly string[];
  value: Json;
}

const NAMES = ["add", "remove", "replace", "move", "copy", "test"] as const;

/**
 * Parses a patch: JSON if the text starts with `[`, else YAML 1.1.
 * @returns undefined for a text that holds nothing.
 * @throws {JsonPatchError | YamlError} for anything but a list of operations.
 */
export function parseJsonPatch(text: string): JsonPatchOperation[] | undefined {
  const value = text.startsWith("[") ? parseList(text) : parseYaml(firstDocument(text), { dialect: "sigs" });
  if (value === null) return undefined;
  if (!Array.isArray(value)) throw new JsonPatchError("a JSON patch is a list of operations");
  return value.map(operationOf);
}

/** The parser's own message would quote the text, which may be secret. */
function parseList(text: string): Json {
  try {
    return parseJson(text);
  } catch {
    throw new JsonPatchError("a text that starts with [ must be JSON, and this is not");
  }
}

/** What stands before the second document, which is ignored. */
function firstDocument(text: string): string {
  const body = text.replace(/^---[^\n]*\n/, "");
  const end = body.search(/^---(?:\s|$)/m);
  return end < 0 ? body : body.slice(0, end);
}

function operationOf(value: Json): JsonPatchOperation {
  if (!isObject(value)) throw new JsonPatchError("an operation is a mapping");
  const op = NAMES.find((name) => name === ownKey(value, "op"));
  if (op === undefined) throw new JsonPatchError(`unknown operation ${JSON.stringify(ownKey(value, "op") ?? null)}`);
  const needsFrom = op === "move" || op === "copy";
  return {
    op,
    path: pointer(value, "path"),
    from: needsFrom ? pointer(value, "from") : [],
    value: ownKey(value, "value") ?? null,
  };
}

function pointer(operation: JsonObject, field: string): string[] {
  const text = ownKey(operation, field);
  if (typeof text !== "string") throw new JsonPatchError(`an operation lacks "${field}"`);
  if (text !== "" && !text.startsWith("/"))
    throw new JsonPatchError(`"${text}" is not a JSON pointer: it starts without /`);
  return text
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/**
 * Applies operations to `target` in place, in order.
 * @param copy how values are copied, for callers that bound it.
 * @throws {JsonPatchError} at the first that does not apply; `target` is then half changed.
 * @source RFC 6902; negative indexes count from the end, as in evanphx/json-patch v4
 */
export function applyJsonPatch(
  target: JsonObject,
  operations: readonly JsonPatchOperation[],
  copy: (value: Json) => Json = cloneJson,
): JsonObject {
  const root: JsonObject = { root: target };
  for (const operation of operations) apply(root, operation, copy);
  const result = root["root"];
  if (!isObject(result)) throw new JsonPatchError("the patch leaves something that is no object");
  return result;
}

function apply(root: JsonObject, operation: JsonPatchOperation, copy: (value: Json) => Json): void {
  const { op, path } = operation;
  if (op === "test") return test(root, operation);
  if (op === "remove") return remove(root, path);
  if (op === "replace") return replace(root, path, copy(operation.value));
  if (op === "add") return add(root, path, copy(operation.value));
  parentOf(root, operation.from);
  const value = find(root, operation.from) ?? null;
  if (op === "copy") return add(root, path, copy(value));
  remove(root, operation.from);
  return add(root, path, value);
}

function test(root: JsonObject, { path, value }: JsonPatchOperation): void {
  const found = find(root, path) ?? null;
  if (!equalJson(found, value)) throw new JsonPatchError(`test of "${shown(path)}" failed`);
}

function remove(root: JsonObject, path: readonly string[]): void {
  const { parent, key } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, "present"), 1);
  else if (ownKey(parent, key) === undefined) throw missing(path);
  else delete parent[key];
}

/** A key that a mapping lacks is added, too: the library that kustomize uses does not look. */
function replace(root: JsonObject, path: readonly string[], value: Json): void {
  const { parent, key } = parentOf(root, path);
  if (Array.isArray(parent)) parent[indexOf(parent, key, "present")] = value;
  // The library that kustomize uses takes a missing member for one that may be replaced.
  else setKey(parent, key, value);
}

function add(root: JsonObject, path: readonly string[], value: Json): void {
  const { parent, key } = parentOf(root, path);
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, "new"), 0, value);
  else setKey(parent, key, value);
}

interface Parent {
  parent: JsonObject | Json[];
  key: string;
}

function parentOf(root: JsonObject, path: readonly string[]): Parent {
  if (path.length === 0) return { parent: root, key: "root" };
  const parent = find(root, path.slice(0, -1));
  if (!isObject(parent) && !Array.isArray(parent)) throw missing(path);
  return { parent, key: path.at(-1) ?? "" };
}

function find(root: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = root["root"];
  for (const key of path) {
    if (Array.isArray(value)) value = value[indexOf(value, key, "present")];
    else if (isObject(value)) value = ownKey(value, key);
    else return undefined;
  }
  return value;
}

function indexOf(list: readonly Json[], key: string, place: "present" | "new"): number {
  if (key === "-" && place === "new") return list.length;
  const index = /^-?[0-9]+$/.test(key) ? Number(key) : Number.NaN;
  const size = place === "new" ? list.length + 1 : list.length;
  const counted = index < 0 ? index + size : index;
  if (!(counted >= 0 && counted < size)) throw new JsonPatchError(`"${key}" is no index of a list of ${list.length}`);
  return counted;
}

function missing(path: readonly string[]): JsonPatchError {
  return new JsonPatchError(`"${shown(path)}" does not exist`);
}

function shown(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}
