import { compare } from "./compare.ts";
import { addEntry, condition, type Frame, logical, type Machine } from "./machine.ts";
import { CelFailure, noOverload } from "./run.ts";
import type { Fold, Node } from "./syntax.ts";
import { CelMap, CelOptional, type CelValue, EntryMap, isList } from "./value.ts";

/** A frame with the variables of one step around an outer frame. */
function within(outer: Frame, names: readonly string[], values: readonly CelValue[]): Frame {
  return {
    lookup(name) {
      const position = names.indexOf(name);
      return position === -1 ? outer.lookup(name) : values[position];
    },
  };
}

/** One step of a macro: the frame of its variables, and the key that a map keeps. */
interface Step {
  readonly frame: Frame;
  readonly key: CelValue;
  readonly element: CelValue;
}

/** Evaluates a macro: its bodies once for each element. */
export function evaluateFold(fold: Fold, frame: Frame, machine: Machine): CelValue {
  const target = machine.evaluate(fold.target, frame);
  const { macro } = fold;
  if (macro === "optMap" || macro === "optFlatMap") return evaluateOptional(fold, target, frame, machine);
  const steps = [...stepsOf(target, fold, frame, machine)];
  const [first, second] = fold.bodies;
  if (first === undefined) throw new RangeError(`macro ${macro} without a body`);
  const test = (step: Step) => condition(first, step.frame, machine);
  switch (macro) {
    case "all":
    case "exists":
      return logical(steps, macro === "exists", (step) => machine.evaluate(first, step.frame));
    case "existsOne":
      return steps.filter(test).length === 1;
    case "filter":
      return steps.filter(test).map(({ element }) => element);
    case "sortBy":
      return sortBy(steps, first, machine);
    case "map":
    case "transformList":
    case "transformMap":
    case "transformMapEntry": {
      const kept = second === undefined ? steps : steps.filter(test);
      return collect(
        fold,
        kept.map((step) => [step.key, machine.evaluate(second ?? first, step.frame)]),
        machine,
      );
    }
  }
}

function* stepsOf(target: CelValue, { names, macro }: Fold, frame: Frame, machine: Machine): Generator<Step> {
  const list = isList(target) ? target : undefined;
  const keys = list === undefined && target instanceof CelMap ? target.keys() : undefined;
  const items = list ?? keys;
  if (items === undefined) throw noOverload(macro, [target]);
  for (const [position, item] of items.entries()) {
    machine.run.spend(1);
    const key = list === undefined ? item : BigInt(position);
    const element = names.length === 2 && target instanceof CelMap ? (target.get(item) ?? null) : item;
    yield { key, element, frame: within(frame, names, names.length === 2 ? [key, element] : [element]) };
  }
}

function collect({ macro }: Fold, results: (readonly [key: CelValue, value: CelValue])[], machine: Machine): CelValue {
  if (macro === "map" || macro === "transformList") return results.map(([, value]) => value);
  const found = new Map<string, [CelValue, CelValue]>();
  for (const [key, value] of results) {
    if (macro === "transformMap") addEntry(found, key, value);
    else for (const [inner, held] of entriesOf(value)) addEntry(found, inner, held);
    machine.run.spend(1);
  }
  return new EntryMap(found);
}

function entriesOf(value: CelValue): (readonly [CelValue, CelValue])[] {
  if (!(value instanceof CelMap)) throw noOverload("transformMapEntry", [value]);
  return value.keys().map((key) => [key, value.get(key) ?? null]);
}

function sortBy(steps: readonly Step[], body: Node, machine: Machine): CelValue {
  const keyed = steps.map((step) => ({ element: step.element, key: machine.evaluate(body, step.frame) }));
  return keyed.sort((a, b) => compare(a.key, b.key, machine.run)).map(({ element }) => element);
}

function evaluateOptional(fold: Fold, target: CelValue, frame: Frame, machine: Machine): CelValue {
  if (!(target instanceof CelOptional)) throw noOverload(fold.macro, [target]);
  const [body] = fold.bodies;
  if (target.value === undefined || body === undefined) return CelOptional.none;
  const result = machine.evaluate(body, within(frame, fold.names, [target.value]));
  if (fold.macro === "optMap") return new CelOptional(result);
  if (result instanceof CelOptional) return result;
  throw new CelFailure("optFlatMap() needs an optional");
}
