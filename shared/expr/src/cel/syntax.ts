import type { CelValue } from "./value.ts";

/** A node of an expression. Operators are calls of functions named `_+_`, `!_` and so on. */
export type Node = NodeBase &
  (
    | { readonly kind: "literal"; readonly value: CelValue }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "select"; readonly target: Node; readonly field: string; readonly optional: boolean }
    | { readonly kind: "has"; readonly target: Node; readonly field: string }
    | { readonly kind: "index"; readonly target: Node; readonly index: Node; readonly optional: boolean }
    | { readonly kind: "call"; readonly name: string; readonly args: readonly Node[] }
    | { readonly kind: "list"; readonly items: readonly ListItem[] }
    | { readonly kind: "map"; readonly entries: readonly MapEntry[] }
    | { readonly kind: "and" | "or"; readonly terms: readonly Node[] }
    | { readonly kind: "conditional"; readonly test: Node; readonly yes: Node; readonly no: Node }
    | Fold
  );

interface NodeBase {
  /** Offset in the expression. */
  readonly at: number;
  /** Levels of nodes from here down. */
  readonly depth: number;
}

export interface ListItem {
  readonly value: Node;
  /** Written `?value`: left out if the optional is empty. */
  readonly optional: boolean;
}

export interface MapEntry extends ListItem {
  readonly key: Node;
}

/** A macro that evaluates its bodies once for each element of `target`, or for the value of an optional. */
export interface Fold {
  readonly kind: "fold";
  readonly macro: FoldMacro;
  readonly target: Node;
  /** The loop variables: one, or two for index and element (key and value of a map). */
  readonly names: readonly string[];
  /** The bodies: a filter, if there are two, and what to compute. */
  readonly bodies: readonly Node[];
}

export type FoldMacro =
  | "all"
  | "exists"
  | "existsOne"
  | "map"
  | "filter"
  | "transformList"
  | "transformMap"
  | "transformMapEntry"
  | "sortBy"
  | "optMap"
  | "optFlatMap";

/** An expression is wrong before it runs; `at` is the offset of the mistake. */
export class CelSyntaxError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}
