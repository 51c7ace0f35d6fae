import { cloneJson, isObject, type Json, type JsonObject, setKey } from "@sluice/base";
import { definitionNode, type GoFields, goFieldsOf } from "./definitions.ts";
import { decodeTime } from "./go-time.ts";
import { type OpenApiNode } from "./open-api-node.ts";
import { canonicalQuantity, quantityError } from "./quantity.ts";

const TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.Time";
const MICRO_TIME = "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime";
const INT_OR_STRING = "io.k8s.apimachinery.pkg.util.intstr.IntOrString";

/** Why Go's decoder refuses a value; the message is its own. */
class DecodeFailure extends Error {}

/** Where the decoder is: the innermost struct, the path from the root, and the Go type of this place. */
interface Place {
  struct: OpenApiNode;
  path: string;
  type: string;
}

/**
 * Brings `object` in place into the form that a round trip through the Go struct of `node` gives: canonical quantities and
 * times, no nulls, no zero values that Go omits, and the fields that Go always writes.
 * @returns the decoder's first error, such as `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas
 * of type int32`; undefined if there is none. Unknown fields are left alone.
 */
export function goDecode(object: JsonObject, node: OpenApiNode): string | undefined {
  const decoder = new Decoder();
  try {
    decoder.struct(object, node, "");
  } catch (error) {
    if (error instanceof DecodeFailure) return error.message;
    throw error;
  }
  return decoder.mismatch;
}

/** A new value of the struct that `definition` names, as Go writes it when nothing is set. */
export function goZero(definition: string): JsonObject {
  const value: JsonObject = {};
  const node = definitionNode(definition);
  if (node) new Decoder().struct(value, node, "");
  return value;
}

/**
 * Empties lists, in place, to null where Go always writes the field: storage does not tell an empty list from none.
 */
export function nullEmptyLists(value: Json | undefined, node: OpenApiNode): void {
  if (Array.isArray(value) && node.items) for (const item of value) nullEmptyLists(item, node.items);
  if (!isObject(value)) return;
  const keep = node.definition === undefined ? undefined : goFieldsOf(node.definition).k;
  for (const key of Object.keys(value)) {
    const child = value[key];
    const below = node.property(key) ?? node.additional;
    if (Array.isArray(child) && child.length === 0 && keep?.[key] === null) value[key] = null;
    else if (below && typeof child === "object") nullEmptyLists(child, below);
  }
}

class Decoder {
  /** The first value of the wrong type; decoding goes on after it, so that a worse error is told instead. */
  mismatch: string | undefined;

  struct(value: JsonObject, node: OpenApiNode, path: string): void {
    const facts = node.definition === undefined ? {} : goFieldsOf(node.definition);
    for (const key of Object.keys(value)) {
      const child = node.property(key);
      if (child) this.#field(value, key, { node: child, facts, struct: node, path });
    }
    for (const key of facts.d ?? []) if (Object.hasOwn(value, key) && isZero(value[key])) delete value[key];
    const keep = facts.k ?? {};
    for (const key of Object.keys(keep)) if (!Object.hasOwn(value, key)) this.#fill(value, key, node, keep[key]);
  }

  #fill(value: JsonObject, key: string, node: OpenApiNode, zero: Json | undefined): void {
    const fresh = cloneJson(zero) ?? null;
    const child = node.property(key);
    if (isObject(fresh) && child) this.struct(fresh, child, "");
    setKey(value, key, fresh);
  }

  #field(
    owner: JsonObject,
    key: string,
    at: { node: OpenApiNode; facts: GoFields; struct: OpenApiNode; path: string },
  ): void {
    const path = at.path === "" ? key : `${at.path}.${key}`;
    const type = at.facts.t?.[key] ?? plainType(at.node);
    const decoded = this.#value(owner[key] ?? null, at.node, { struct: at.struct, path, type });
    if (decoded === null) delete owner[key];
    else owner[key] = decoded;
  }

  #value(value: Json, node: OpenApiNode, place: Place): Json {
    if (value === null) return null;
    if (node.isQuantity) return quantity(value);
    if (node.definition === TIME || node.definition === MICRO_TIME) return this.#time(value, node, place);
    if (node.definition === INT_OR_STRING) return this.#intOrString(value, place);
    if (node.type === "object") return this.#object(value, node, place);
    if (node.type === "array") return this.#list(value, node, place);
    if (node.type !== undefined) this.#scalar(value, node, place);
    return value;
  }

  #object(value: Json, node: OpenApiNode, place: Place): Json {
    if (!isObject(value)) return this.#refuse(value, place, place.type);
    if (node.propertyNames.length > 0) this.struct(value, node, place.path);
    else if (node.additional) this.#map(value, node.additional, { ...place, type: elementType(place.type) });
    return value;
  }

  #map(value: JsonObject, element: OpenApiNode, place: Place): void {
    for (const key of Object.keys(value)) {
      const child = value[key] ?? null;
      if (child === null) setKey(value, key, zeroOf(element));
      else setKey(value, key, this.#value(child, element, place));
    }
  }

  #list(value: Json, node: OpenApiNode, place: Place): Json {
    if (!Array.isArray(value)) return this.#refuse(value, place, place.type);
    const { items } = node;
    if (!items) return value;
    const below = { ...place, type: elementType(place.type) };
    for (const [index, item] of value.entries()) {
      value[index] = item === null ? zeroOf(items) : this.#value(item, items, below);
    }
    return value;
  }

  #scalar(value: Json, node: OpenApiNode, place: Place): void {
    const kind = typeof value;
    const isNumber = kind === "number" || kind === "bigint";
    if (node.type === "string" && kind !== "string") this.#refuse(value, place, place.type);
    else if (node.type === "boolean" && kind !== "boolean") this.#refuse(value, place, place.type);
    else if ((node.type === "integer" || node.type === "number") && !isNumber) this.#refuse(value, place, place.type);
    else if (node.type === "integer" && isNumber && !fits(Number(value), node.format)) {
      this.#fail(
        `json: cannot unmarshal number ${value} into Go struct field ${shortName(place.struct)}.${place.path} of type ${place.type}`,
      );
    }
    if (node.format === "byte" && typeof value === "string") checkBase64(value);
  }

  #time(value: Json, node: OpenApiNode, place: Place): Json {
    if (typeof value !== "string") return this.#refuse(value, place, "string");
    const decoded = decodeTime(value, node.definition === MICRO_TIME);
    if ("error" in decoded) throw new DecodeFailure(decoded.error);
    return decoded.time;
  }

  #intOrString(value: Json, place: Place): Json {
    if (typeof value === "string" || (typeof value === "number" && fits(value, "int32"))) return value;
    if (typeof value === "number" || typeof value === "bigint") {
      this.#fail(
        `json: cannot unmarshal number ${value} into Go struct field ${shortName(place.struct)}.${place.path} of type int32`,
      );
      return value;
    }
    return this.#refuse(value, place, "int32");
  }

  #refuse(value: Json, place: Place, type: string): Json {
    this.#fail(
      `json: cannot unmarshal ${jsonType(value)} into Go struct field ${shortName(place.struct)}.${place.path} of type ${type}`,
    );
    return value;
  }

  #fail(message: string): void {
    this.mismatch ??= message;
  }
}

function quantity(value: Json): string {
  const isWritten = typeof value === "string" || typeof value === "number" || typeof value === "bigint";
  const canonical = isWritten ? canonicalQuantity(value) : undefined;
  if (canonical === undefined) throw new DecodeFailure(quantityError(isWritten ? String(value) : ""));
  return canonical;
}

function checkBase64(value: string): void {
  const clean = value.replaceAll(/[\r\n]/g, "");
  const bad = /[^A-Za-z0-9+/=]/.exec(clean);
  if (bad) throw new DecodeFailure(`illegal base64 data at input byte ${bad.index}`);
  const padding = /^[^=]*(={0,2})$/.exec(clean);
  if (!padding || clean.length % 4 !== 0) {
    const first = clean.indexOf("=");
    throw new DecodeFailure(
      `illegal base64 data at input byte ${first < 0 ? clean.length - (clean.length % 4) : first}`,
    );
  }
}

function fits(value: number, format: string | undefined): boolean {
  if (!Number.isInteger(value)) return false;
  return format !== "int32" || (value >= -2147483648 && value <= 2147483647);
}

/** Go's zero value, as far as it vanishes under `omitempty`. */
function isZero(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function zeroOf(node: OpenApiNode): Json {
  if (node.type === "string" && node.definition === undefined) return "";
  if (node.type === "integer" || node.type === "number") return 0;
  if (node.type === "boolean") return false;
  if (node.isQuantity) return "0";
  if (node.definition !== undefined && node.propertyNames.length > 0) return goZero(node.definition);
  return null;
}

/** The Go struct's own name: `io.k8s.api.core.v1.Container` is `Container`. */
function shortName(node: OpenApiNode): string {
  return node.definition?.slice(node.definition.lastIndexOf(".") + 1) ?? "";
}

function plainType(node: OpenApiNode): string {
  if (node.type === "integer") return node.format === "int32" ? "int32" : "int64";
  if (node.type === "boolean") return "bool";
  return node.type === "number" ? "float64" : "string";
}

/** `[]v1.Container` -> `v1.Container`, `map[string]string` -> `string`. */
function elementType(type: string): string {
  const element = type.replace(/^(?:\[\]|map\[[^\]]*\])\*?/, "");
  return element === type ? "string" : element;
}

/** What Go's decoder calls the type of a JSON value that is not null. */
export function jsonType(value: Json): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "number";
  return typeof value;
}
