import { isObject, type Json, type JsonObject } from "./json.ts";
import { compareKeys } from "./yaml-key-order.ts";
import { writeText } from "./yaml-text.ts";

/**
 * YAML text of `value`, ending in a newline, as `kustomize build` and `sigs.k8s.io/yaml` print it: sorted keys, lists at the
 * column of their key, members that are undefined left out. Linear in the size of `value`.
 * @source go.yaml.in/yaml v2 as sigs.k8s.io/yaml `JSONToYAML` uses it
 */
export function dumpYaml(value: Json): string {
  const writer = new Writer();
  writer.root(value);
  return writer.text();
}

/** Longest key in bytes that is written on one line with its value. */
const LIMIT_SIMPLE_KEY_BYTES = 128;

class Writer {
  readonly #parts: string[] = [];
  readonly #keys = new Map<string, string>();

  text(): string {
    return this.#parts.join("");
  }

  root(value: Json): void {
    if (isFullMapping(value)) this.#mapping(value, 0, "");
    else if (Array.isArray(value) && value.length > 0) this.#list(value, 0, "");
    else this.#parts.push(ended(scalar(value, { column: 0, indent: 2 })));
  }

  /** @param lead what stands before the first line: "" when it already stands at its column. */
  #mapping(value: JsonObject, indent: number, lead: string): void {
    const pad = " ".repeat(indent);
    let before = lead;
    for (const key of sortedKeys(value)) {
      const member = value[key];
      if (member === undefined) continue;
      if (isSimple(key)) this.#member(`${before}${this.#key(key)}:`, member, indent);
      else this.#longMember(before, key, member, indent);
      before = pad;
    }
  }

  #member(start: string, value: Json, indent: number): void {
    if (isFullMapping(value)) {
      this.#parts.push(start, "\n");
      this.#mapping(value, indent + 2, " ".repeat(indent + 2));
    } else if (Array.isArray(value) && value.length > 0) {
      this.#parts.push(start, "\n");
      this.#list(value, indent, " ".repeat(indent));
    } else {
      // The start of the first member of a list item lacks the "- " before it; its column counts from the indentation.
      const column = indent + start.trimStart().length + 1;
      this.#parts.push(start, " ", ended(scalar(value, { column, indent: indent + 2 })));
    }
  }

  /** A key that is long or has several lines goes after "? ", its value after ": ". */
  #longMember(before: string, key: string, value: Json, indent: number): void {
    const inner = { column: indent + 2, indent: indent + 2 };
    this.#parts.push(before, "? ", ended(writeText(key, inner)), " ".repeat(indent), ": ");
    if (isFullMapping(value)) this.#mapping(value, indent + 2, "");
    else if (Array.isArray(value) && value.length > 0) this.#list(value, indent + 2, "");
    else this.#parts.push(ended(scalar(value, inner)));
  }

  #list(items: readonly Json[], indent: number, lead: string): void {
    const pad = " ".repeat(indent);
    let before = lead;
    for (const item of items) {
      this.#parts.push(before, "- ");
      if (isFullMapping(item)) this.#mapping(item, indent + 2, "");
      else if (Array.isArray(item) && item.length > 0) this.#list(item, indent + 2, "");
      else this.#parts.push(ended(scalar(item, { column: indent + 2, indent: indent + 2 })));
      before = pad;
    }
  }

  #key(key: string): string {
    const known = this.#keys.get(key);
    if (known !== undefined) return known;
    const text = writeText(key, { column: 0, indent: 0, simpleKey: true });
    this.#keys.set(key, text);
    return text;
  }
}

function sortedKeys(value: JsonObject): string[] {
  const keys = Object.keys(value);
  return keys.length > 1 ? keys.sort(compareKeys) : keys;
}

function isSimple(key: string): boolean {
  return key.length <= LIMIT_SIMPLE_KEY_BYTES && !/[\n\r\u0085\u2028\u2029]/.test(key) && byteLength(key) <= 128;
}

function byteLength(key: string): number {
  return key.length * 3 <= LIMIT_SIMPLE_KEY_BYTES ? 0 : Buffer.byteLength(key);
}

function isFullMapping(value: Json | undefined): value is JsonObject {
  if (!isObject(value)) return false;
  for (const key in value) if (value[key] !== undefined) return true;
  return false;
}

function ended(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
}

function scalar(value: Json, place: { column: number; indent: number }): string {
  if (typeof value === "string") return writeText(value, place);
  if (typeof value === "number") return numberText(value);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return String(value);
  return Array.isArray(value) ? "[]" : "{}";
}

/** A number as Go's JSON encoder and YAML writer print it one after the other: whole numbers that 64 bits hold in plain digits. */
function numberText(value: number): string {
  if (Number.isInteger(value) && value > -(2 ** 63) && value < 2 ** 64) return String(value === 0 ? 0 : value);
  const [digits = "", exponent = "0"] = value.toExponential().split("e");
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(value);
  return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
}
