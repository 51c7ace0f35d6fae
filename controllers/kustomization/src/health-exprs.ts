import { groupOf, type KubeObject, type ObjectRef } from "@sluice/api";
import { type ObjectHealth } from "@sluice/apply";
import { type Kustomization } from "@sluice/api";
import { isObject, type JsonObject, messageOf } from "@sluice/base";
import { type CelProgram, compileCel } from "@sluice/expr";
import { misconfigured } from "./spec.ts";

type HealthCheckExpr = NonNullable<Kustomization["spec"]["healthCheckExprs"]>[number];

/** How to judge objects by `spec.healthCheckExprs`. */
export interface HealthJudge {
  judge(object: KubeObject): ObjectHealth | undefined;
  judges(ref: ObjectRef): boolean;
}

/** What the expressions for one kind say when they are true, in the order in which they are asked. */
const verdicts = [
  ["inProgress", "InProgress"],
  ["failed", "Failed"],
  ["current", "Current"],
] as const;

interface Rule {
  programs: readonly { program: CelProgram; field: string; status: ObjectHealth["status"] }[];
}

/**
 * Compiles `spec.healthCheckExprs`; undefined if there are none.
 * @throws {Stalled} InvalidCELExpression, also for two entries for one kind
 * @source spec/flux-api.md 2.7
 */
export function healthJudge(exprs: readonly HealthCheckExpr[] | undefined): HealthJudge | undefined {
  if (exprs === undefined || exprs.length === 0) return undefined;
  const rules = new Map<string, Rule>();
  for (const expr of exprs) {
    const name = ruleName(expr.apiVersion, expr.kind ?? "");
    if (rules.has(name)) {
      const of = `${groupOf(expr.apiVersion)}/${expr.kind ?? "*"}`;
      throw misconfigured("InvalidCELExpression", `spec.healthCheckExprs has two entries for "${of}"`);
    }
    rules.set(name, compiled(expr));
  }
  const ruleOf = ({ apiVersion, kind }: { apiVersion: string; kind: string }) =>
    rules.get(ruleName(apiVersion, kind)) ?? rules.get(ruleName(apiVersion, ""));
  return {
    judges: (ref) => ruleOf(ref) !== undefined,
    judge(object) {
      const rule = ruleOf(object);
      return rule && healthBy(rule, object);
    },
  };
}

/** One name for a kind in all its versions; without a kind, for all kinds of the group that have no entry of their own. */
function ruleName(apiVersion: string, kind: string): string {
  return `${groupOf(apiVersion)}/${kind}`;
}

function compiled(expr: HealthCheckExpr): Rule {
  return {
    programs: verdicts.flatMap(([field, status]) => {
      const text = expr[field];
      return text === undefined ? [] : { program: compileBool(text, `spec.healthCheckExprs ${field}`), field, status };
    }),
  };
}

/**
 * Compiles a condition.
 * @param where names the field for the message
 * @throws {Stalled} InvalidCELExpression, also if the result can only be something else than a bool
 */
export function compileBool(text: string, where: string, variables?: readonly string[]): CelProgram {
  const program = attempt(() => compileCel(text, variables ? { variables } : {}), where);
  if (program.resultKind === "bool" || program.resultKind === "dyn") return program;
  throw misconfigured("InvalidCELExpression", `${where} "${text}" is a ${program.resultKind}, not a bool`);
}

function attempt<T>(compile: () => T, where: string): T {
  try {
    return compile();
  } catch (thrown) {
    throw misconfigured("InvalidCELExpression", `${where}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** An expression that fails, as over a field that is not there yet, leaves the object in progress; the message says why. */
function healthBy({ programs }: Rule, object: KubeObject): ObjectHealth {
  if (object.metadata.deletionTimestamp) return { status: "Terminating", message: "Resource scheduled for deletion" };
  if (!isObserved(object)) return { status: "InProgress", message: "Waiting for the change to be observed" };
  try {
    const found = programs.find(({ program }) => program.test(object as JsonObject));
    if (found === undefined) return { status: "InProgress", message: "no expression is true yet" };
    return { status: found.status, message: found.status === "Current" ? "" : `expression "${found.field}" is true` };
  } catch (thrown) {
    return { status: "InProgress", message: messageOf(thrown) };
  }
}

function isObserved({ metadata, ...object }: KubeObject): boolean {
  const status = object["status"];
  const observed = isObject(status) ? status["observedGeneration"] : undefined;
  return observed === undefined || metadata.generation === undefined || Number(observed) >= metadata.generation;
}
