import { isObject, type Json, type JsonObject, ownKey, setKey } from "@sluice/base";
import { unescapeName } from "./escape.ts";
import { CelFailure, type Run } from "./run.ts";
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from "./time.ts";
import {
  CelDuration,
  CelMap,
  CelOptional,
  CelTimestamp,
  CelType,
  CelUint,
  type CelValue,
  isList,
  mapKey,
} from "./value.ts";

/**
 * Shows JSON as CEL values for one evaluation. Without a schema whole numbers of 64 bits are ints and others doubles; an
 * OpenAPI schema says otherwise by `type` and `format`, as in CRD validation rules.
 */
export class JsonView {
  readonly #lists = new Map<Json[], CelValue[]>();
  readonly #maps = new Map<JsonObject, JsonMap>();
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  read(value: Json, schema?: JsonObject): CelValue {
    if (typeof value === "number" || typeof value === "bigint") return readNumber(value, schema);
    if (typeof value === "string") return readText(value, ownKey(schema, "format"));
    if (Array.isArray(value)) return this.#readList(value, member(schema, "items"));
    return isObject(value) ? this.#readMap(value, schema) : value;
  }

  #readMap(source: JsonObject, schema: JsonObject | undefined): JsonMap {
    const known = this.#maps.get(source);
    if (known !== undefined) return known;
    const map = new JsonMap(source, this, schema);
    this.#maps.set(source, map);
    return map;
  }

  #readList(list: Json[], items: JsonObject | undefined): CelValue[] {
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    this.#run.spend(Math.ceil(list.length / 10));
    const read = list.map((item) => this.read(item, items));
    this.#lists.set(list, read);
    return read;
  }
}

function member(schema: JsonObject | undefined, name: string): JsonObject | undefined {
  const found = ownKey(schema, name);
  return isObject(found) ? found : undefined;
}

function readNumber(value: number | bigint, schema: JsonObject | undefined): CelValue {
  if (ownKey(schema, "type") === "number") return Number(value);
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  return BigInt.asIntN(64, value) === value ? value : Number(value);
}

function readText(text: string, format: Json | undefined): CelValue {
  if (format === "byte") return Buffer.from(text, "base64");
  if (format === "date") return parseTimestamp(`${text}T00:00:00Z`) ?? text;
  if (format === "date-time") return parseTimestamp(text) ?? text;
  return format === "duration" ? (parseDuration(text) ?? text) : text;
}

/** A JSON object seen as a CEL map; its values are converted when they are read. */
export class JsonMap extends CelMap {
  readonly #source: JsonObject;
  readonly #view: JsonView;
  readonly #properties: JsonObject | undefined;
  readonly #others: JsonObject | undefined;
  #names: readonly string[] | undefined;

  constructor(source: JsonObject, view: JsonView, schema?: JsonObject) {
    super();
    this.#source = source;
    this.#view = view;
    this.#properties = member(schema, "properties");
    this.#others = member(schema, "additionalProperties");
  }

  override get size(): number {
    return this.keys().length;
  }

  override get(key: CelValue): CelValue | undefined {
    if (typeof key !== "string") return undefined;
    const name = this.#properties === undefined ? key : unescapeName(key);
    const value = ownKey(this.#source, name);
    return value === undefined ? undefined : this.#view.read(value, member(this.#properties, name) ?? this.#others);
  }

  override keys(): readonly string[] {
    this.#names ??= Object.keys(this.#source).filter((name) => this.#source[name] !== undefined);
    return this.#names;
  }
}

/**
 * The JSON of a result, as protobuf's JSON mapping has it: bytes in base64, moments in RFC 3339, spans in seconds,
 * `"NaN"` and `"Infinity"` as texts; an empty optional is null.
 * @throws {CelFailure} for a map with two keys of one text, such as `1` and `"1"`.
 */
export function toJson(value: CelValue, run: Run): Json {
  run.spend(1);
  if (typeof value === "bigint") return smallest(value);
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map((item) => toJson(item, run));
  if (value instanceof CelMap) return mapToJson(value, run);
  if (value instanceof CelUint) return smallest(value.value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelType) return value.name;
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value, run);
  return value.toJson();
}

function smallest(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function mapToJson(map: CelMap, run: Run): JsonObject {
  const json: JsonObject = {};
  for (const key of map.keys()) {
    const name = mapKey(key)?.slice(1) ?? "";
    if (Object.hasOwn(json, name)) throw new CelFailure(`cannot write map: key "${name}" occurs twice`);
    setKey(json, name, toJson(map.get(key) ?? null, run));
  }
  return json;
}
