import { equalJson, isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { type RecordedAnswer } from "./recorded-case.ts";

/** Metadata that differs from run to run. */
const VOLATILE: ReadonlySet<string> = new Set([
  "uid",
  "resourceVersion",
  "creationTimestamp",
  "selfLink",
  "generation",
]);

/** An answer without what differs from run to run: ids, times, addresses that the server chose. */
export function normalizeAnswer(code: number, body: Json): RecordedAnswer {
  if (isObject(body) && body["kind"] === "Status") return { code, body: normalizeStatus(body) };
  return { code, body: normalizeValue(body) };
}

/** Of an error its reason, its message and its causes count. Those are in no particular order. */
function normalizeStatus(status: JsonObject): Json {
  const details = isObject(status["details"]) ? status["details"] : {};
  const causes = Array.isArray(details["causes"]) ? details["causes"].filter(isObject) : [];
  const lines = [...new Set(causes.map((cause) => `${cause["field"]}: ${cause["message"]}`))].sort();
  const message = lines.length > 1 ? "" : String(status["message"] ?? "");
  return {
    reason: status["reason"] ?? "",
    message: inOneOrder(withoutPatchedObject(message)),
    causes: lines.map(withoutPatchedObject),
  };
}

/** A message that lists errors of a typed patch lists them in the order of a Go map: at random. */
function inOneOrder(message: string): string {
  const [head = "", ...errors] = message.split("\n  ");
  return head.endsWith(": errors:") ? [head, ...errors.sort()].join("\n  ") : message;
}

/** Some messages repeat a whole object: as Go's structs print it, with its ids, or as a difference; or quote a CEL compiler. */
function withoutPatchedObject(message: string): string {
  const [plain = ""] = message.split("\n@@");
  return plain
    .replace(/compilation failed: .*/s, "compilation failed")
    .replace(/ value: ("?)[[{]{1,2}.*[}\]]("?)(?=: |$)/s, " value: {...}");
}

function normalizeValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(normalizeValue);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const child = value[key] ?? null;
    if (key === "metadata" && isObject(child)) setKey(result, key, normalizeMetadata(child));
    else if (key === "clusterIP" || key === "clusterIPs") setKey(result, key, withoutAddresses(child));
    else if (key === "controller-uid" || key === "batch.kubernetes.io/controller-uid") setKey(result, key, "");
    else if (key === "nodePort") setKey(result, key, 0);
    else if (key === "lastPhaseTransitionTime") setKey(result, key, "");
    else setKey(result, key, normalizeValue(child));
  }
  return result;
}

function normalizeMetadata(metadata: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(metadata)) {
    if (VOLATILE.has(key)) continue;
    const value = metadata[key] ?? null;
    setKey(
      result,
      key,
      key === "managedFields" && Array.isArray(value) ? normalizeManagers(value) : normalizeValue(value),
    );
  }
  return result;
}

function normalizeManagers(entries: readonly Json[]): Json[] {
  const timeless = entries.filter(isObject).map(({ time: _, ...entry }): JsonObject => entry);
  return timeless.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function keyOf({ manager, operation, apiVersion, subresource }: JsonObject): string {
  return JSON.stringify([operation, manager, apiVersion, subresource ?? ""]);
}

function withoutAddresses(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutAddresses);
  return typeof value === "string" && /^[0-9.]+$/.test(value) ? "0.0.0.0" : value;
}

/** The places where two answers differ, one line each; empty if they agree. */
export function differences(want: Json | undefined, got: Json | undefined, at = ""): string[] {
  if (equalJson(want, got)) return [];
  if (isObject(want) && isObject(got)) {
    const keys = new Set([...Object.keys(want), ...Object.keys(got)]);
    return [...keys].flatMap((key) => differences(want[key], got[key], `${at}.${key}`));
  }
  if (Array.isArray(want) && Array.isArray(got) && want.length === got.length) {
    return want.flatMap((item, index) => differences(item, got[index], `${at}[${index}]`));
  }
  return [`${at === "" ? "." : at}: want ${JSON.stringify(want)}, got ${JSON.stringify(got)}`];
}
