import { type Json, type JsonObject, messageOf, ownKey } from "@sluice/base";
import { check, qualifiedType, type Scope } from "./cel/check.ts";
import { functions } from "./cel/environment.ts";
import { evaluate } from "./cel/evaluate.ts";
import type { StaticKind } from "./cel/function.ts";
import { JsonView, toJson } from "./cel/json.ts";
import type { Frame, Machine } from "./cel/machine.ts";
import { parse } from "./cel/parser.ts";
import { CelFailure, CostExceeded, Run } from "./cel/run.ts";
import { CelSyntaxError, type Node } from "./cel/syntax.ts";
import { CelOptional, type CelValue } from "./cel/value.ts";
import { ExprError, quoted } from "./errors.ts";

/** What a CEL expression is compiled against. */
export interface CelEnvironment {
  /**
   * The variables that the expression may name; others make it invalid. Default: any name, and one that is missing when
   * the expression runs is an error then, as in Flux's health check expressions.
   */
  variables?: readonly string[];
  /**
   * OpenAPI schemas of variables, as of a CRD: they make numbers ints or doubles, texts moments, spans or bytes, and
   * give properties their escaped names (`foo__dash__bar`). Default: whole numbers are ints, texts are texts.
   */
  schemas?: Readonly<Record<string, JsonObject>>;
  /**
   * Variables that are optional values: empty if the variable is missing, as `oldSelf` of a rule with
   * `optionalOldSelf`. Default: none.
   */
  optionalVariables?: readonly string[];
  /** Most work that one evaluation may do, about one unit per node evaluated. Default: 1,000,000, as in Kubernetes. */
  maxCost?: number;
}

/** The kind of an expression's result as far as it is known before it runs; `dyn` if it depends on variables. */
export type CelKind = StaticKind;

/** A compiled CEL expression. It holds no state: it may be evaluated any number of times. */
export interface CelProgram {
  readonly expression: string;
  readonly resultKind: CelKind;
  /**
   * Evaluates the expression.
   * @throws {ExprError} CEL_FAILED if the expression fails on these values or does more work than it may.
   */
  evaluate(variables: JsonObject): Json;
  /**
   * Evaluates a condition.
   * @throws {ExprError} CEL_FAILED, also if the result is not a bool.
   */
  test(variables: JsonObject): boolean;
}

const MAX_EXPRESSION_LENGTH = 100_000;
const MAX_COST = 1_000_000;

/**
 * Compiles a CEL expression in the environment of Kubernetes' validation rules and of Flux: optional values,
 * comparisons across number types, the extension libraries strings, lists, sets, encoders and two-variable
 * comprehensions, and Kubernetes' libraries for lists, regular expressions, URLs, quantities, IP addresses, CIDR
 * blocks, formats and semantic versions. Time zones default to UTC.
 * @throws {ExprError} CEL_INVALID for bad syntax, unknown names and functions, and kinds that cannot fit.
 */
export function compileCel(expression: string, environment: CelEnvironment = {}): CelProgram {
  const { schemas = {}, maxCost = MAX_COST, optionalVariables = [] } = environment;
  const variables = environment.variables && new Set([...environment.variables, ...optionalVariables]);
  const scope: Scope = { functions, variables };
  const { node, resultKind } = compile(expression, scope);
  const typeOf = (one: Node) => qualifiedType(one, scope);
  const evaluation = { expression, node, schemas, optionals: new Set(optionalVariables), maxCost, typeOf };
  const run = (values: JsonObject): Json => evaluateOnce(evaluation, values);
  return {
    expression,
    resultKind,
    evaluate: run,
    test(values) {
      const result = run(values);
      if (typeof result === "boolean") return result;
      throw failed(expression, new CelFailure("result is not a bool"));
    },
  };
}

function compile(expression: string, scope: Scope): { node: Node; resultKind: StaticKind } {
  try {
    if (expression.length > MAX_EXPRESSION_LENGTH) {
      throw new CelSyntaxError(`expression is longer than ${MAX_EXPRESSION_LENGTH} characters`, 0);
    }
    const node = parse(expression, (name) => functions.has(name));
    return { node, resultKind: check(node, scope) };
  } catch (cause) {
    if (!(cause instanceof CelSyntaxError)) throw cause;
    const fact = `${place(expression, cause.at)}: ${cause.message}`;
    throw new ExprError(
      "CEL_INVALID",
      `Cannot compile expression ${quoted(expression)}: ${fact}`,
      { expression },
      { cause },
    );
  }
}

/** `line:column`, both from 1. */
function place(expression: string, at: number): string {
  const before = expression.slice(0, at).split("\n");
  return `${before.length}:${(before.at(-1) ?? "").length + 1}`;
}

interface Evaluation {
  readonly expression: string;
  readonly node: Node;
  readonly schemas: Readonly<Record<string, JsonObject>>;
  readonly optionals: ReadonlySet<string>;
  readonly maxCost: number;
  readonly typeOf: (node: Node) => string | undefined;
}

function evaluateOnce(evaluation: Evaluation, values: JsonObject): Json {
  const { expression, node, maxCost, typeOf } = evaluation;
  const run = new Run(maxCost);
  const frame = variableFrame(evaluation, values, new JsonView(run));
  const machine: Machine = { functions, run, typeOf, evaluate: (one, inner) => evaluate(one, inner, machine) };
  try {
    return toJson(evaluate(node, frame, machine), run);
  } catch (cause) {
    if (cause instanceof CelFailure || cause instanceof CostExceeded) throw failed(expression, cause);
    throw cause;
  }
}

function variableFrame({ schemas, optionals }: Evaluation, values: JsonObject, view: JsonView): Frame {
  const read = (name: string): CelValue | undefined => {
    const value = ownKey(values, name);
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    return value === undefined ? undefined : view.read(value, schema);
  };
  return { lookup: (name) => (optionals.has(name) ? new CelOptional(read(name)) : read(name)) };
}

function failed(expression: string, cause: CelFailure | CostExceeded): ExprError<"CEL_FAILED"> {
  const because = cause instanceof CostExceeded ? "cost" : "error";
  const message = `Cannot evaluate expression ${quoted(expression)}: ${messageOf(cause)}`;
  return new ExprError("CEL_FAILED", message, { expression, because }, { cause });
}
