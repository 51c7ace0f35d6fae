import type { Json } from "@sluice/base";

/**
 * A value while an expression runs. CEL's int is a `bigint`, its double a `number`; JSON enters through {@link JsonMap}
 * and `fromJson`.
 */
export type CelValue =
  | null
  | boolean
  | bigint
  | number
  | string
  | Uint8Array
  | CelList
  | CelMap
  | CelUint
  | CelTimestamp
  | CelDuration
  | CelType
  | CelOptional
  | CelObject;

export type CelList = readonly CelValue[];

/** CEL's unsigned 64-bit integer. */
export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** A moment, in nanoseconds since 1970-01-01 UTC. */
export class CelTimestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A span of time in nanoseconds. */
export class CelDuration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** The value of `type(x)` and of a type's name. */
export class CelType {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** An optional value; undefined stands for `optional.none()`. */
export class CelOptional {
  static readonly none = new CelOptional(undefined);
  readonly value: CelValue | undefined;

  constructor(value: CelValue | undefined) {
    this.value = value;
  }
}

/** A map: keys are strings, integers or booleans, and `1`, `1u` and `1.0` are the same key. */
export abstract class CelMap {
  abstract readonly size: number;
  /** The value under `key`, or undefined if there is none. */
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): readonly CelValue[];
}

/** The kinds of values that Kubernetes' libraries add. */
type ObjectKind = "url" | "quantity" | "ip" | "cidr" | "format" | "semver";

/** A value that only functions of a library look into. */
export abstract class CelObject {
  abstract readonly kind: ObjectKind;
  abstract equals(other: CelObject): boolean;
  /** What stands for it in a result. */
  abstract toJson(): Json;
}

/** What functions are chosen by. */
export type Kind =
  | "null"
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "list"
  | "map"
  | "timestamp"
  | "duration"
  | "type"
  | "optional"
  | ObjectKind;

/** The kind of `value`. */
export function kindOf(value: CelValue): Kind {
  if (typeof value === "string") return "string";
  if (typeof value === "bigint") return "int";
  if (typeof value === "boolean") return "bool";
  return typeof value === "number" ? "double" : kindOfObject(value);
}

function kindOfObject(value: Exclude<CelValue, boolean | bigint | number | string>): Kind {
  if (value === null) return "null";
  if (isList(value)) return "list";
  if (value instanceof CelMap) return "map";
  if (value instanceof CelUint) return "uint";
  if (value instanceof CelTimestamp) return "timestamp";
  if (value instanceof CelDuration) return "duration";
  if (value instanceof CelType) return "type";
  if (value instanceof CelOptional) return "optional";
  return value instanceof CelObject ? value.kind : "bytes";
}

/** True for a list; narrows where `Array.isArray` does not, as lists are read-only. */
export function isList(value: CelValue): value is CelList {
  return Array.isArray(value);
}

const TYPE_NAMES: Readonly<Partial<Record<Kind, string>>> = {
  null: "null_type",
  timestamp: "google.protobuf.Timestamp",
  duration: "google.protobuf.Duration",
  optional: "optional_type",
  url: "kubernetes.URL",
  quantity: "kubernetes.Quantity",
  ip: "net.IP",
  cidr: "net.CIDR",
  format: "kubernetes.NamedFormat",
  semver: "kubernetes.Semver",
};

/** The name of a kind in CEL. */
export function typeName(kind: Kind): string {
  return TYPE_NAMES[kind] ?? kind;
}

const NAMED_KINDS: readonly Kind[] = [
  ...(["null", "bool", "int", "uint", "double", "string", "bytes", "list", "map", "type"] as const),
  ...(["timestamp", "duration", "optional", "url", "quantity", "ip", "cidr", "semver"] as const),
];

/** Types that an expression may name, such as `int` and `google.protobuf.Timestamp`. */
export const namedTypes: ReadonlyMap<string, CelType> = new Map(
  NAMED_KINDS.map((kind) => [typeName(kind), new CelType(typeName(kind))]),
);

/** A map that an expression built. */
export class EntryMap extends CelMap {
  readonly #entries: ReadonlyMap<string, readonly [key: CelValue, value: CelValue]>;

  /** @param entries by {@link mapKey} */
  constructor(entries: ReadonlyMap<string, readonly [key: CelValue, value: CelValue]>) {
    super();
    this.#entries = entries;
  }

  override get size(): number {
    return this.#entries.size;
  }

  override get(key: CelValue): CelValue | undefined {
    const name = mapKey(key);
    return name === undefined ? undefined : this.#entries.get(name)?.[1];
  }

  override keys(): CelValue[] {
    return Array.from(this.#entries.values(), ([key]) => key);
  }
}

/** A text that is the same for equal keys, or undefined for a value that cannot be a key. */
export function mapKey(key: CelValue): string | undefined {
  if (typeof key === "string") return `s${key}`;
  if (typeof key === "boolean") return `b${key}`;
  if (typeof key === "bigint") return `i${key}`;
  if (key instanceof CelUint) return `i${key.value}`;
  return typeof key === "number" && Number.isInteger(key) ? `i${BigInt(key)}` : undefined;
}
