import { isObject, type Json, type JsonObject, parseJson, rfc3339, rfc3339Micro, setKey } from "@sluice/base";
import { type FieldType, type MessageTypes } from "./message-types.ts";
import { readFields, WireError, type WireField } from "./wire.ts";

const MAGIC = [0x6b, 0x38, 0x73, 0x00];
const META = "k8s.io.apimachinery.pkg.apis.meta.v1.";

/** An object as a client sent it in protobuf. */
export interface Envelope {
  apiVersion: string;
  kind: string;
  raw: Uint8Array;
}

/**
 * Opens the envelope in which Kubernetes wraps a protobuf message: a magic number and `runtime.Unknown`.
 * @throws {WireError}
 */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (MAGIC.some((byte, index) => bytes[index] !== byte))
    throw new WireError("the object does not start with the protobuf magic number");
  const envelope: Envelope = { apiVersion: "", kind: "", raw: new Uint8Array() };
  for (const { number, value } of readFields(bytes.subarray(MAGIC.length))) {
    if (number === 1) Object.assign(envelope, typeMeta(bytesOf(value)));
    else if (number === 2) envelope.raw = bytesOf(value);
  }
  return envelope;
}

function typeMeta(bytes: Uint8Array): { apiVersion?: string; kind?: string } {
  const meta: { apiVersion?: string; kind?: string } = {};
  for (const { number, value } of readFields(bytes)) {
    if (number === 1) meta.apiVersion = text(bytesOf(value));
    else if (number === 2) meta.kind = text(bytesOf(value));
  }
  return meta;
}

/**
 * The JSON form of an object in protobuf: what Go's two encoders would have written from the same struct, except that
 * fields with a zero value are present.
 * @param definition full name of its OpenAPI definition, such as `io.k8s.api.core.v1.Pod`.
 * @throws {WireError} if the bytes are damaged or the kind has no protobuf form.
 */
export function decodeProtobuf(envelope: Envelope, definition: string, types: MessageTypes): JsonObject {
  const decoder = new Decoder(types);
  const object = decoder.message(envelope.raw, definition.replace(/^io\.k8s\./, "k8s.io."));
  return { kind: envelope.kind, apiVersion: envelope.apiVersion, ...object };
}

class Decoder {
  readonly #types: MessageTypes;

  constructor(types: MessageTypes) {
    this.#types = types;
  }

  message(bytes: Uint8Array, name: string): JsonObject {
    const type = this.#types.get(name);
    if (!type) throw new WireError(`no protobuf form of ${name} is known`);
    const result: JsonObject = {};
    for (const field of readFields(bytes)) {
      const known = type.get(field.number);
      if (known) this.#set(result, known, field);
    }
    return result;
  }

  #set(target: JsonObject, { name, type, form }: FieldType, field: WireField): void {
    if (form === "inline") {
      const inner = this.message(bytesOf(field.value), type);
      for (const key of Object.keys(inner)) setKey(target, key, inner[key]);
    } else if (form === "list") target[name] = [...listAt(target, name), this.#value(type, field)];
    else if (form === "map") this.#setEntry(target, { name, type }, field);
    else target[name] = this.#value(type, field);
  }

  /** A map is a list of messages with a key and a value. */
  #setEntry(target: JsonObject, { name, type }: { name: string; type: string }, field: WireField): void {
    const map = isObject(target[name]) ? target[name] : {};
    let key = "";
    let value: Json = type === "string" || type === "bytes" ? "" : {};
    for (const part of readFields(bytesOf(field.value))) {
      if (part.number === 1) key = text(bytesOf(part.value));
      else if (part.number === 2) value = this.#value(type, part);
    }
    setKey(map, key, value);
    target[name] = map;
  }

  #value(type: string, { value }: WireField): Json {
    if (typeof value === "bigint") return type === "bool" ? value !== 0n : numberOf(type, value);
    if (type === "string") return text(value);
    if (type === "bytes") return Buffer.from(value).toString("base64");
    const special = this.#special(type, value);
    return special === undefined ? this.message(value, type) : special;
  }

  /** Types that JSON writes in a form of their own. */
  #special(type: string, bytes: Uint8Array): Json | undefined {
    switch (type) {
      case `${META}Time`:
      case `${META}MicroTime`:
        return timeOf(bytes, type.endsWith("MicroTime"));
      case "k8s.io.apimachinery.pkg.api.resource.Quantity":
        return text(firstBytes(bytes));
      case "k8s.io.apimachinery.pkg.util.intstr.IntOrString":
        return intOrString(bytes);
      case "k8s.io.apimachinery.pkg.runtime.RawExtension":
      case `${META}FieldsV1`:
        return parseJson(text(firstBytes(bytes)) || "null");
      default:
        return isWrappedList(type) ? (this.message(bytes, type)["items"] ?? []) : undefined;
    }
  }
}

/** Named list types are messages with one field. */
function isWrappedList(type: string): boolean {
  return type.endsWith(".ExtraValue") || type === `${META}Verbs`;
}

function numberOf(type: string, value: bigint): Json {
  if (type === "double") return doubleOf(value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function doubleOf(bits: bigint): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt.asUintN(64, bits));
  return view.getFloat64(0);
}

/** A time that was never set is an empty message. */
function timeOf(bytes: Uint8Array, micro: boolean): Json {
  const [seconds, nanos] = numbers(bytes);
  if (bytes.length === 0) return null;
  const ms = Number(seconds ?? 0n) * 1000 + Number(nanos ?? 0n) / 1e6;
  return micro ? rfc3339Micro(ms) : rfc3339(ms);
}

function intOrString(bytes: Uint8Array): Json {
  const [kind, number] = numbers(bytes);
  return kind === 1n ? text(firstBytes(bytes, 3)) : Number(number ?? 0n);
}

/** The numbers in fields 1 and 2. */
function numbers(bytes: Uint8Array): [bigint | undefined, bigint | undefined] {
  const found: [bigint | undefined, bigint | undefined] = [undefined, undefined];
  for (const { number, value } of readFields(bytes)) {
    if ((number === 1 || number === 2) && typeof value === "bigint") found[number - 1] = value;
  }
  return found;
}

function firstBytes(bytes: Uint8Array, wanted = 1): Uint8Array {
  for (const { number, value } of readFields(bytes)) if (number === wanted && typeof value !== "bigint") return value;
  return new Uint8Array();
}

function listAt(target: JsonObject, name: string): Json[] {
  const value = target[name];
  return Array.isArray(value) ? value : [];
}

function bytesOf(value: bigint | Uint8Array): Uint8Array {
  if (typeof value === "bigint") throw new WireError("a number where bytes were expected");
  return value;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}
