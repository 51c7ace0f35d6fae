import { isObject, type Json, type JsonObject, ownKey } from "@sluice/base";

/** Finds the schema that a `$ref` names. */
export type RefResolver = (ref: string) => JsonObject | undefined;

/** Who owns what in a list. */
export type ListType = "atomic" | "set" | "map";

/**
 * One node of an OpenAPI schema with `$ref` and one-element `allOf` followed lazily, so that a recursive schema
 * (JSONSchemaProps) costs what is looked at. Nodes are immutable and cached: the same place gives the same node.
 */
export class OpenApiNode {
  /** The keywords as written, references followed. */
  readonly raw: JsonObject;
  /** Name of the shared definition (`io.k8s.api.core.v1.Container`) this node refers to, if it does. */
  readonly definition: string | undefined;
  readonly #nodes: NodeCache;
  readonly #properties = new Map<string, OpenApiNode | undefined>();
  readonly #junctions = new Map<string, readonly OpenApiNode[]>();
  readonly #derived = new Map<unknown, unknown>();
  #names: readonly string[] | undefined;
  #items: OpenApiNode | undefined | null = null;
  #additional: OpenApiNode | undefined | null = null;

  constructor(raw: JsonObject, definition: string | undefined, nodes: NodeCache) {
    this.raw = raw;
    this.definition = definition;
    this.#nodes = nodes;
  }

  /** What `make` says of this node, computed once for each function and node. */
  derive<T>(make: (node: OpenApiNode) => T): T {
    if (this.#derived.has(make)) return this.#derived.get(make) as T;
    const made = make(this);
    this.#derived.set(make, made);
    return made;
  }

  get type(): string | undefined {
    return typeof this.raw["type"] === "string" ? this.raw["type"] : undefined;
  }

  get format(): string | undefined {
    return typeof this.raw["format"] === "string" ? this.raw["format"] : undefined;
  }

  /** Names of the declared properties. */
  get propertyNames(): readonly string[] {
    this.#names ??= isObject(this.raw["properties"]) ? Object.keys(this.raw["properties"]) : [];
    return this.#names;
  }

  /** The declared property `name`; free keys are `additional`. */
  property(name: string): OpenApiNode | undefined {
    const known = this.#properties.get(name);
    if (known !== undefined || this.#properties.has(name)) return known;
    const properties = this.raw["properties"];
    const raw = isObject(properties) ? ownKey(properties, name) : undefined;
    if (raw === undefined) return undefined;
    const node = this.#nodes.of(raw);
    this.#properties.set(name, node);
    return node;
  }

  /** Schema of an array's items. */
  get items(): OpenApiNode | undefined {
    if (this.#items === null) this.#items = isObject(this.raw["items"]) ? this.#nodes.of(this.raw["items"]) : undefined;
    return this.#items;
  }

  /** Schema of the values under free keys. */
  get additional(): OpenApiNode | undefined {
    if (this.#additional === null) {
      const raw = this.raw["additionalProperties"];
      this.#additional = isObject(raw) ? this.#nodes.of(raw) : raw === true ? this.#nodes.of({}) : undefined;
    }
    return this.#additional;
  }

  /** The schemas of a junction: `anyOf`, `oneOf`, `allOf`; of `not`, which has one. */
  junction(key: string): readonly OpenApiNode[] {
    const known = this.#junctions.get(key);
    if (known) return known;
    const raw = this.raw[key];
    const made = (Array.isArray(raw) ? raw : isObject(raw) ? [raw] : []).map((choice) => this.#nodes.of(choice));
    this.#junctions.set(key, made);
    return made;
  }

  get default(): Json | undefined {
    return this.raw["default"];
  }

  get required(): readonly string[] {
    return stringsOf(this.raw["required"]);
  }

  get nullable(): boolean {
    return this.raw["nullable"] === true;
  }

  /** `x-kubernetes-list-type`, or what patch strategy and merge key imply; undefined: not said (atomic). */
  get listType(): ListType | undefined {
    const said = this.raw["x-kubernetes-list-type"];
    if (said === "atomic" || said === "set" || said === "map") return said;
    if (!this.patchStrategies.includes("merge")) return undefined;
    return this.patchMergeKey === undefined ? "set" : "map";
  }

  /** Keys that tell the items of a `map` list apart. */
  get mapKeys(): readonly string[] {
    const said = stringsOf(this.raw["x-kubernetes-list-map-keys"]);
    if (said.length > 0) return said;
    return this.patchMergeKey === undefined ? [] : [this.patchMergeKey];
  }

  get mapType(): "atomic" | "granular" {
    return this.raw["x-kubernetes-map-type"] === "atomic" ? "atomic" : "granular";
  }

  /** `merge`, `replace`, `retainKeys`: how a strategic merge patch treats this field. */
  get patchStrategies(): readonly string[] {
    const said = this.raw["x-kubernetes-patch-strategy"];
    return typeof said === "string" ? said.split(",") : [];
  }

  get patchMergeKey(): string | undefined {
    const said = this.raw["x-kubernetes-patch-merge-key"];
    return typeof said === "string" ? said : undefined;
  }

  get preserveUnknown(): boolean {
    return this.raw["x-kubernetes-preserve-unknown-fields"] === true;
  }

  get embeddedResource(): boolean {
    return this.raw["x-kubernetes-embedded-resource"] === true;
  }

  /** A number or a string: CRDs say so by extension, built-in kinds by the IntOrString definition. */
  get intOrString(): boolean {
    return this.raw["x-kubernetes-int-or-string"] === true || this.format === "int-or-string";
  }

  get isQuantity(): boolean {
    return this.definition === "io.k8s.apimachinery.pkg.api.resource.Quantity";
  }
}

/** Makes nodes, each definition once. */
export class NodeCache {
  readonly #resolve: RefResolver;
  readonly #definitions = new Map<string, OpenApiNode>();

  constructor(resolve: RefResolver) {
    this.#resolve = resolve;
  }

  /** The node of a definition by its full name. */
  definition(name: string): OpenApiNode | undefined {
    const known = this.#definitions.get(name);
    if (known) return known;
    const raw = this.#resolve(name);
    if (!raw) return undefined;
    const node = new OpenApiNode(raw, name, this);
    this.#definitions.set(name, node);
    return node;
  }

  /** The node of `raw`, wherever it stands. A reference beside other keywords gives both, its own keywords winning. */
  of(raw: Json): OpenApiNode {
    if (!isObject(raw)) return new OpenApiNode({}, undefined, this);
    const name = referenceOf(raw);
    const target = name === undefined ? undefined : this.definition(name);
    if (!target) return new OpenApiNode(raw, undefined, this);
    const { $ref: _ref, allOf: _allOf, ...own } = raw;
    if (Object.keys(own).length === 0) return target;
    return new OpenApiNode({ ...target.raw, ...own }, target.definition, this);
  }
}

const PREFIX = "#/components/schemas/";

function referenceOf(raw: JsonObject): string | undefined {
  const all = raw["allOf"];
  const only = Array.isArray(all) && all.length === 1 && isObject(all[0]) ? all[0]["$ref"] : undefined;
  const ref = raw["$ref"] ?? only;
  return typeof ref === "string" && ref.startsWith(PREFIX) ? ref.slice(PREFIX.length) : undefined;
}

function stringsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
