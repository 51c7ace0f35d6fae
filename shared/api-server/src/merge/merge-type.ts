import { type Json } from "@sluice/base";
import { type OpenApiNode } from "../schema/open-api-node.ts";

/** How values of one place merge. A place may admit more than one form; the value then decides. */
export interface MergeType {
  readonly scalar?: "numeric" | "string" | "boolean" | "untyped" | undefined;
  readonly list?: ListMerge | undefined;
  readonly map?: MapMerge | undefined;
}

export interface ListMerge {
  /** An atomic list is one value; the items of others are told apart by their keys, or, without keys, by their value. */
  readonly atomic: boolean;
  readonly keys: readonly string[];
  readonly items: MergeType;
}

export interface MapMerge {
  readonly atomic: boolean;
  /** The type of a declared field. */
  field(name: string): MergeType | undefined;
  /** The value that a list key has where an item leaves it out. */
  defaultOf(name: string): Json | undefined;
  /** The type of free keys; undefined: there are none. */
  readonly element: MergeType | undefined;
  /** A map without declared fields whose values' types are found out from the values. */
  readonly isDeduced: boolean;
}

const untyped: MergeType = {
  scalar: "untyped",
  get list() {
    return { atomic: true, keys: [], items: untyped };
  },
  get map() {
    return mapOf({ atomic: true, element: untyped, isDeduced: false });
  },
};

/** The type of values about which the schema says nothing: maps merge key by key, lists are atomic. */
const deduced: MergeType = {
  scalar: "untyped",
  get list() {
    return { atomic: true, keys: [], items: untyped };
  },
  get map() {
    return mapOf({ atomic: false, element: deduced, isDeduced: true });
  },
};

function mapOf(map: Omit<MapMerge, "field" | "defaultOf">): MapMerge {
  return { ...map, field: () => undefined, defaultOf: () => undefined };
}

/** How values of `node` merge. @source kube-openapi `schemaconv.ToSchemaFromOpenAPI` */
export function mergeTypeOf(node: OpenApiNode): MergeType {
  return node.derive(declaredType);
}

const declaredType = (node: OpenApiNode): MergeType => new NodeType(node, node.preserveUnknown);
const preservingType = (node: OpenApiNode): MergeType => new NodeType(node, true);

/** A type that reads its parts from the schema when they are asked for, so that recursive schemas work. */
class NodeType implements MergeType {
  readonly scalar: MergeType["scalar"];
  readonly #node: OpenApiNode;
  readonly #preserve: boolean;
  #list: ListMerge | undefined;
  #map: MapMerge | undefined;

  constructor(node: OpenApiNode, preserve: boolean) {
    this.#node = node;
    this.#preserve = preserve;
    this.scalar = scalarOf(node);
  }

  get list(): ListMerge | undefined {
    const { type } = this.#node;
    if (isRawExtension(this.#node)) return untyped.list;
    if (this.#node.isQuantity || (type !== undefined && type !== "array")) return undefined;
    this.#list ??= this.#makeList();
    return this.#list;
  }

  get map(): MapMerge | undefined {
    const { type } = this.#node;
    if (isRawExtension(this.#node)) return untyped.map;
    if (this.#node.isQuantity || (type !== undefined && type !== "object")) return undefined;
    this.#map ??= this.#makeMap();
    return this.#map;
  }

  #typeOf(node: OpenApiNode): MergeType {
    return this.#preserve && node.definition === undefined ? node.derive(preservingType) : mergeTypeOf(node);
  }

  #makeList(): ListMerge {
    const { items, listType, mapKeys } = this.#node;
    const atomic = listType === undefined || listType === "atomic";
    return { atomic, keys: listType === "map" ? mapKeys : [], items: items ? this.#typeOf(items) : untyped };
  }

  #makeMap(): MapMerge {
    const node = this.#node;
    const free = node.additional;
    const open = free === undefined && (this.#preserve || node.propertyNames.length === 0);
    const element = free === undefined ? (open ? deduced : undefined) : isAny(free) ? deduced : this.#typeOf(free);
    const fields = new Map<string, MergeType>();
    return {
      atomic: node.mapType === "atomic",
      element,
      isDeduced: element === deduced && node.propertyNames.length === 0,
      field: (name) => {
        const known = fields.get(name);
        if (known) return known;
        const property = node.property(name);
        if (!property) return undefined;
        const type = this.#typeOf(property);
        fields.set(name, type);
        return type;
      },
      defaultOf: (name) => node.property(name)?.default,
    };
  }
}

function isAny(node: OpenApiNode): boolean {
  return Object.keys(node.raw).length === 0;
}

function isRawExtension(node: OpenApiNode): boolean {
  return node.definition === "io.k8s.apimachinery.pkg.runtime.RawExtension";
}

function scalarOf(node: OpenApiNode): MergeType["scalar"] {
  if (isRawExtension(node) || node.isQuantity) return "untyped";
  switch (node.type) {
    case undefined:
      return "untyped";
    case "integer":
    case "number":
      return "numeric";
    case "boolean":
      return "boolean";
    case "string":
      return node.format === undefined || node.format === "byte" ? "string" : "untyped";
    default:
      return undefined;
  }
}

/** The one form of `type` that fits `value`; `type` itself if none does, or if the value is null or absent. */
export function formOf(type: MergeType, value: Json | undefined): MergeType {
  if (value === undefined || value === null) return type;
  if (Array.isArray(value)) return type.list ? only(type, { list: type.list }) : type;
  if (typeof value === "object") return type.map ? only(type, { map: type.map }) : type;
  return type.scalar ? only(type, { scalar: type.scalar }) : type;
}

/** `form`, or the type it is of if that has no other. */
function only(type: MergeType, form: MergeType): MergeType {
  const others = Number(type.scalar !== undefined) + Number(type.list !== undefined) + Number(type.map !== undefined);
  return others === 1 ? type : form;
}

/** Whether two forms of one type are the same form. */
export function sameForm(a: MergeType, b: MergeType): boolean {
  return (
    a.scalar === b.scalar &&
    (a.list !== undefined) === (b.list !== undefined) &&
    (a.map !== undefined) === (b.map !== undefined)
  );
}
