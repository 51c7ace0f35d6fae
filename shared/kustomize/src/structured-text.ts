import { parseJson, parsePlainScalar, type Json, type JsonObject } from "@sluice/base";
import { goJson } from "./content-hash.ts";
import { type CopyBudget } from "./copy-budget.ts";
import { FieldPathError, findFields, lookUp, type LeafKind } from "./field-path.ts";
import { nodeKind, textOf } from "./node.ts";

/** A text that is parsed and written again costs about as much as so many copies of it. */
const PASSES = 8;

/**
 * Sets a field inside a text that holds JSON, where a path leads through that text. Where the new value does not have the
 * type of the old, nothing happens, as in kustomize.
 * @returns false if the path leads through no text.
 * @throws {FieldPathError} if the path leads through a text that is not a JSON object or list; {KustomizeError} TOO_LARGE
 * @source kustomize api/filters/replacement `setValueInStructuredData`
 */
export function setStructured(
  root: JsonObject,
  path: readonly string[],
  how: { value: Json; text: string; create: LeafKind; budget: CopyBudget },
): boolean {
  const at = lengthToText(root, path);
  if (at === undefined) return false;
  const [slot] = findFields(root, path.slice(0, at), undefined);
  const text = textOf(slot?.value);
  how.budget.spendText(text.length * PASSES);
  const holder: JsonObject = { held: parseHeld(text) };
  const fields = findFields(holder, ["held", ...path.slice(at)], how.create);
  if (fields.length === 0) throw new FieldPathError("not found in the JSON text");
  for (const field of fields) {
    const next = nextValue(field.value, how);
    if (next === undefined) return true;
    field.set(next);
  }
  const isPretty = text.includes("\n") && text.includes("  ");
  slot?.set(goJson(holder["held"], isPretty ? { indent: "  " } : {}));
  return true;
}

/** What `old` becomes; undefined if the new value does not fit. A field that was just made is null and fits all. */
function nextValue(
  old: Json,
  { value, text, create }: { value: Json; text: string; create: LeafKind },
): Json | undefined {
  if (nodeKind(old) === "list" || nodeKind(old) === "mapping") return value;
  const scalar = nodeKind(value) === "scalar" ? text : "";
  if (typeof old === "string") return scalar;
  const next = parsePlainScalar(scalar);
  const isMade = old === null && create !== undefined;
  return isMade || scalarType(next) === scalarType(old) ? next : undefined;
}

function scalarType(value: Json): string {
  if (value === null) return "null";
  return typeof value === "bigint" ? "number" : typeof value;
}

/** How many parts of the path lead to a scalar, if there are more after it. */
function lengthToText(root: JsonObject, path: readonly string[]): number | undefined {
  for (let length = 1; length < path.length; length += 1) {
    if (nodeKind(lookUpQuietly(root, path.slice(0, length))) === "scalar") return length;
  }
  return undefined;
}

function lookUpQuietly(root: JsonObject, path: readonly string[]): Json | undefined {
  try {
    return lookUp(root, path);
  } catch (thrown) {
    if (thrown instanceof FieldPathError) return undefined;
    throw thrown;
  }
}

function parseHeld(text: string): Json {
  if (!/^\s*[{[]/.test(text)) throw new FieldPathError("a scalar is in the way, and it does not hold JSON");
  try {
    return parseJson(text);
  } catch {
    throw new FieldPathError("a text is in the way, and it does not hold JSON");
  }
}
