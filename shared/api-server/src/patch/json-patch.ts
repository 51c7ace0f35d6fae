import { cloneJson, equalJson, isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { ObjectError } from "../schema/errors.ts";

/** Most operations of one patch. @source kube-apiserver `maxJSONPatchOperations` */
const MAX_OPERATIONS = 10_000;

/**
 * Applies a JSON patch (RFC 6902) as the API server does. Nothing of `target` is changed.
 *
 * Where Go's library departs from the RFC, so does this: replacing a missing field adds it, a missing `value` is null,
 * indices may be negative or have leading zeros, and the part of a path before its first slash is not looked at.
 * @throws {ObjectError} PATCH_INVALID: 400 if `operations` is no list of operations, 413 if there are too many, 422 if one fails.
 * @source evanphx/json-patch v4
 */
export function jsonPatch(target: Json, operations: Json): Json {
  const steps = readOperations(operations);
  const document = { root: cloneJson(target) };
  for (const step of steps) {
    try {
      applyOperation(document, step);
    } catch (error) {
      if (error instanceof Misfit) throw rejected(error);
      throw error;
    }
  }
  return document.root;
}

/** An operation that does not fit the document. Users are not told which; it goes along as the cause. */
class Misfit extends Error {}

function rejected(cause: Misfit): ObjectError<"PATCH_INVALID"> {
  return new ObjectError(
    "PATCH_INVALID",
    "the server rejected our request due to an error in our request",
    { status: 422 },
    { cause },
  );
}

function readOperations(operations: Json): JsonObject[] {
  if (!Array.isArray(operations)) throw undecodable(operations, "[]handlers.jsonPatchOp");
  if (operations.length > MAX_OPERATIONS) {
    const text = `The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`;
    throw new ObjectError("PATCH_INVALID", text, { status: 413 });
  }
  return operations.map((operation) => {
    if (isObject(operation)) return operation;
    throw undecodable(operation, "handlers.jsonPatchOp");
  });
}

/** The error of a patch that is not of the form that its media type wants. @param goType what Go would decode it into */
export function undecodable(patch: Json, goType: string): ObjectError<"PATCH_INVALID"> {
  const kind = Array.isArray(patch)
    ? "array"
    : typeof patch === "boolean"
      ? "bool"
      : typeof patch === "bigint"
        ? "number"
        : typeof patch;
  const text = `error decoding patch: json: cannot unmarshal ${kind} into Go value of type ${goType}`;
  return new ObjectError("PATCH_INVALID", text, { status: 400 });
}

interface Document {
  root: Json;
}

/** A place in the document: the object or list that holds it, and the key or index there. */
interface Place {
  holder: JsonObject | Json[];
  key: string;
}

function applyOperation(document: Document, operation: JsonObject): void {
  const value = operation["value"] ?? null;
  switch (String(operation["op"])) {
    case "add":
      return add(placeAt(document, operation["path"]), cloneJson(value));
    case "replace":
      return replace(placeAt(document, operation["path"]), cloneJson(value));
    case "remove":
      return remove(placeAt(document, operation["path"]));
    case "move":
      return move(document, operation);
    case "copy":
      return add(placeAt(document, operation["path"]), cloneJson(read(placeAt(document, operation["from"])) ?? null));
    case "test":
      return test(placeAt(document, operation["path"]), value);
    default:
      throw new Misfit(`Unexpected kind: ${String(operation["op"])}`);
  }
}

function placeAt({ root }: Document, path: Json | undefined): Place {
  if (typeof path !== "string") throw new Misfit("a path must be a text");
  const parts = path
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const key = parts.pop();
  if (key === undefined) throw new Misfit(`no field is named by ${JSON.stringify(path)}`);
  let holder: Json | undefined = root;
  for (const part of parts) holder = holder && typeof holder === "object" ? read({ holder, key: part }) : undefined;
  if (holder === null || typeof holder !== "object") throw new Misfit(`missing path ${JSON.stringify(path)}`);
  return { holder, key };
}

function read({ holder, key }: Place): Json | undefined {
  if (!Array.isArray(holder)) return ownKey(holder, key);
  return holder[indexOf(key, holder.length, holder.length - 1)];
}

function add({ holder, key }: Place, value: Json): void {
  if (!Array.isArray(holder)) setKey(holder, key, value);
  else if (key === "-") holder.push(value);
  else holder.splice(indexOf(key, holder.length + 1, holder.length), 0, value);
}

function replace(place: Place, value: Json): void {
  const { holder, key } = place;
  if (!Array.isArray(holder)) setKey(holder, key, value);
  else holder[indexOf(key, holder.length, holder.length - 1)] = value;
}

function remove({ holder, key }: Place): void {
  if (Array.isArray(holder)) holder.splice(indexOf(key, holder.length, holder.length - 1), 1);
  else if (Object.hasOwn(holder, key)) delete holder[key];
  else throw new Misfit(`Unable to remove nonexistent key: ${key}`);
}

function move(document: Document, operation: JsonObject): void {
  const from = placeAt(document, operation["from"]);
  const value = read(from) ?? null;
  remove(from);
  add(placeAt(document, operation["path"]), value);
}

function test(place: Place, value: Json): void {
  const found = read(place) ?? null;
  if (!equalJson(found, value)) throw new Misfit(`Testing path ${place.key} failed`);
}

/** @param size what a negative index counts back from. @param most the largest index allowed. */
function indexOf(key: string, size: number, most: number): number {
  if (!/^[+-]?[0-9]+$/.test(key)) throw new Misfit(`not an index: ${key}`);
  const index = Number(key) < 0 ? size + Number(key) : Number(key);
  if (index < 0 || index > most) throw new Misfit(`Unable to access invalid index: ${key}`);
  return index;
}
