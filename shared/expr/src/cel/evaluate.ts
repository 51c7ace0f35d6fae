import { evaluateFold } from "./fold.ts";
import { addEntry, condition, type Frame, logical, type Machine } from "./machine.ts";
import { CelFailure, noOverload } from "./run.ts";
import type { Node } from "./syntax.ts";
import {
  CelMap,
  CelOptional,
  CelUint,
  type CelValue,
  EntryMap,
  isList,
  kindOf,
  mapKey,
  namedTypes,
  typeName,
} from "./value.ts";

/**
 * Evaluates one node.
 * @throws {CelFailure} where CEL has an error. @throws {CostExceeded} when the run has done too much.
 */
export function evaluate(node: Node, frame: Frame, machine: Machine): CelValue {
  machine.run.spend(1);
  switch (node.kind) {
    case "literal":
      return node.value;
    case "name":
      return variable(node.name, frame);
    case "select":
      return select(node, frame, machine);
    case "has":
      return present(evaluate(node.target, frame, machine), node.field);
    case "index":
      return index(node, frame, machine);
    case "call":
      return call(
        node.name,
        node.args.map((arg) => evaluate(arg, frame, machine)),
        machine,
      );
    case "list":
      return list(node, frame, machine);
    case "map":
      return map(node, frame, machine);
    case "and":
    case "or":
      return logical(node.terms, node.kind === "or", (term) => evaluate(term, frame, machine));
    case "conditional":
      return evaluate(condition(node.test, frame, machine) ? node.yes : node.no, frame, machine);
    case "fold":
      return evaluateFold(node, frame, machine);
  }
}

type NodeOf<K extends Node["kind"]> = Extract<Node, { kind: K }>;

function variable(name: string, frame: Frame): CelValue {
  const held = frame.lookup(name);
  const value = held === undefined ? namedTypes.get(name) : held;
  if (value === undefined) throw new CelFailure(`no such attribute: ${name}`);
  return value;
}

function select(node: NodeOf<"select">, frame: Frame, machine: Machine): CelValue {
  const type = machine.typeOf(node);
  const named = type === undefined ? undefined : namedTypes.get(type);
  if (named !== undefined) return named;
  const target = evaluate(node.target, frame, machine);
  return access(target, node.optional, (container) => {
    if (container instanceof CelMap) return entryAt(container, node.field);
    const refusal = noOverload(`.${node.field}`, [container]);
    if (isList(container)) throw refusal;
    return refusal;
  });
}

function index(node: NodeOf<"index">, frame: Frame, machine: Machine): CelValue {
  const target = evaluate(node.target, frame, machine);
  const key = evaluate(node.index, frame, machine);
  return access(target, node.optional, (container) => {
    if (isList(container)) return itemAt(container, key);
    return container instanceof CelMap ? entryAt(container, key) : noOverload("_[_]", [container, key]);
  });
}

function entryAt(map: CelMap, key: CelValue): CelValue | CelFailure {
  const value = map.get(key);
  if (value !== undefined) return value;
  return new CelFailure(`no such key: ${mapKey(key)?.slice(1) ?? typeName(kindOf(key))}`);
}

function itemAt(list: readonly CelValue[], key: CelValue): CelValue | CelFailure {
  const position = key instanceof CelUint ? key.value : key;
  const whole = typeof position === "number" && Number.isInteger(position) ? BigInt(position) : position;
  if (typeof whole !== "bigint") throw noOverload("_[_]", [list, key]);
  const item = whole < 0n ? undefined : list[Number(whole)];
  return item === undefined ? new CelFailure(`index out of bounds: ${whole}`) : item;
}

/**
 * Looks into `target`, which may be an optional. What is missing is an error where neither the access nor the target is
 * optional, and else an empty optional.
 */
function access(target: CelValue, optional: boolean, look: (container: CelValue) => CelValue | CelFailure): CelValue {
  const chained = target instanceof CelOptional;
  const container = chained ? target.value : target;
  if (container === undefined) return CelOptional.none;
  const found = look(container);
  if (found instanceof CelFailure) {
    if (optional || chained) return CelOptional.none;
    throw found;
  }
  return optional || chained ? new CelOptional(found) : found;
}

function present(target: CelValue, field: string): boolean {
  const container = target instanceof CelOptional ? target.value : target;
  return container instanceof CelMap && container.get(field) !== undefined;
}

/** Calls the form of a function that fits `args`. */
function call(name: string, args: readonly CelValue[], { functions, run }: Machine): CelValue {
  const overload = functions.find(name, args);
  if (overload === undefined) throw noOverload(name.replace(/^\./, ""), args);
  return overload.call(args, run);
}

function list({ items }: NodeOf<"list">, frame: Frame, machine: Machine): CelValue {
  return items.flatMap(({ value, optional }) => {
    const item = evaluate(value, frame, machine);
    const kept = optional ? unwrap(item) : item;
    return kept === undefined ? [] : [kept];
  });
}

function map({ entries }: NodeOf<"map">, frame: Frame, machine: Machine): CelValue {
  const found = new Map<string, [CelValue, CelValue]>();
  for (const entry of entries) {
    const key = evaluate(entry.key, frame, machine);
    const item = evaluate(entry.value, frame, machine);
    const value = entry.optional ? unwrap(item) : item;
    if (value !== undefined) addEntry(found, key, value);
  }
  return new EntryMap(found);
}

function unwrap(value: CelValue): CelValue | undefined {
  if (value instanceof CelOptional) return value.value;
  throw new CelFailure(`cannot initialize optional entry from ${typeName(kindOf(value))}`);
}
