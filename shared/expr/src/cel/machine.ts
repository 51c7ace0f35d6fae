import type { FunctionTable } from "./function.ts";
import { CelFailure, noOverload, type Run } from "./run.ts";
import type { Node } from "./syntax.ts";
import { type CelValue, kindOf, mapKey, typeName } from "./value.ts";

/** The variables in sight: those of the macros around, innermost first, then those of the expression. */
export interface Frame {
  lookup(name: string): CelValue | undefined;
}

/** What one evaluation needs. */
export interface Machine {
  readonly functions: FunctionTable;
  readonly run: Run;
  /** Evaluates one node. @throws {CelFailure} where CEL has an error. @throws {CostExceeded} when the run has done too much. */
  evaluate(node: Node, frame: Frame): CelValue;
  /** The type named by a chain of fields, if no variable hides it. */
  typeOf(node: Node): string | undefined;
}

/**
 * Adds an entry to a map under construction.
 * @throws {CelFailure} for a key of a kind that keys cannot have, or one that is there already.
 */
export function addEntry(found: Map<string, [CelValue, CelValue]>, key: CelValue, value: CelValue): void {
  const name = typeof key === "number" ? undefined : mapKey(key);
  if (name === undefined) throw new CelFailure(`unsupported key type: ${typeName(kindOf(key))}`);
  if (found.has(name)) throw new CelFailure(`Failed with repeated key: ${name.slice(1)}`);
  found.set(name, [key, value]);
}

/** The value of a condition. @throws {CelFailure} if it is no bool. */
export function condition(node: Node, frame: Frame, machine: Machine): boolean {
  const value = machine.evaluate(node, frame);
  if (typeof value === "boolean") return value;
  throw noOverload("condition", [value]);
}

/**
 * Evaluates terms until one is `decisive`. A term that fails counts only if no other term decides.
 */
export function logical<T>(terms: Iterable<T>, decisive: boolean, term: (term: T) => CelValue): boolean {
  let failure: CelFailure | undefined;
  for (const one of terms) {
    const value = attempt(() => term(one));
    if (value === decisive) return decisive;
    if (value instanceof CelFailure) failure ??= value;
    else if (typeof value !== "boolean") failure ??= noOverload(decisive ? "_||_" : "_&&_", [value]);
  }
  if (failure !== undefined) throw failure;
  return !decisive;
}

function attempt(action: () => CelValue): CelValue | CelFailure {
  try {
    return action();
  } catch (thrown) {
    if (thrown instanceof CelFailure) return thrown;
    throw thrown;
  }
}
