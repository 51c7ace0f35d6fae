import { equalJson, isObject, type Json, type JsonObject, messageOf } from "@sluice/base";
import { type CelProgram, compileCel, ExprError } from "@sluice/expr";
import { type FieldError, type FieldErrorType } from "../field-error.ts";
import { type OpenApiNode } from "../open-api-node.ts";
import { oldChild, oldItem } from "./correlate.ts";

/** One entry of `x-kubernetes-validations`, compiled. */
interface Rule {
  readonly text: string;
  readonly program: CelProgram;
  readonly usesOldSelf: boolean;
  /** Whether `oldSelf` is an optional value, so that the rule also runs when there is no old value. */
  readonly optionalOldSelf: boolean;
  readonly message: string | undefined;
  readonly messageProgram: CelProgram | undefined;
  readonly reason: string | undefined;
  readonly fieldPath: string;
}

interface Place {
  value: Json;
  old: Json | undefined;
  path: string;
}

/**
 * What the CEL rules of a CRD's schema say against `value`.
 * @source `k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel`
 */
export function validateRules(value: Json, old: Json | undefined, node: OpenApiNode): FieldError[] {
  return node.derive(hasRules) ? rulesAt({ value, old, path: "" }, node) : [];
}

/** Compiles every rule of a schema. @throws {ExprError} CEL_INVALID if one does not compile */
export function compileRules(node: OpenApiNode): void {
  node.derive(rulesOf);
  for (const child of childrenOf(node)) compileRules(child);
}

/** Whether a schema has CEL rules anywhere. */
export function hasRules(node: OpenApiNode): boolean {
  return (
    Array.isArray(node.raw["x-kubernetes-validations"]) || childrenOf(node).some((child) => child.derive(hasRules))
  );
}

function childrenOf(node: OpenApiNode): OpenApiNode[] {
  const named = node.propertyNames.map((name) => node.property(name));
  return [...named, node.items, node.additional].filter((child) => child !== undefined);
}

function rulesAt(place: Place, node: OpenApiNode): FieldError[] {
  const { value, old, path } = place;
  if (value === null || !node.derive(hasRules)) return [];
  const errors = node.derive(rulesOf).flatMap((rule) => runRule(rule, place, node));
  if (Array.isArray(value)) {
    const { items } = node;
    if (!items) return errors;
    const inside = value.map((item, index) =>
      rulesAt({ value: item, old: oldItem(old, item, node), path: `${path}[${index}]` }, items),
    );
    return [...errors, ...inside.flat()];
  }
  if (!isObject(value)) return errors;
  for (const key of Object.keys(value)) {
    const declared = node.property(key);
    const child = declared ?? node.additional;
    const member = value[key];
    const at = declared ? (path === "" ? key : `${path}.${key}`) : `${path}[${key}]`;
    if (child && member !== undefined)
      errors.push(...rulesAt({ value: member, old: oldChild(old, key), path: at }, child));
  }
  return errors;
}

function runRule(rule: Rule, { value, old, path }: Place, node: OpenApiNode): FieldError[] {
  if (rule.usesOldSelf && old === undefined && !rule.optionalOldSelf) return [];
  const variables = variablesOf(rule, value, old);
  const field = `${path}${rule.fieldPath}` || "<nil>";
  try {
    if (rule.program.test(variables)) return [];
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    return [
      {
        type: "Invalid value",
        field,
        detail: `${messageOf(error)} evaluating rule: ${ruleText(rule)}`,
        value: node.type ?? "",
      },
    ];
  }
  if (!rule.usesOldSelf && old !== undefined && equalJson(value, old)) return [];
  return [fieldError(rule, { field, value, detail: messageFor(rule, variables) }, node)];
}

function variablesOf(rule: Rule, value: Json, old: Json | undefined): JsonObject {
  if (rule.optionalOldSelf) return { self: value, oldSelves: old === undefined ? [] : [old] };
  return old === undefined ? { self: value } : { self: value, oldSelf: old };
}

function messageFor(rule: Rule, variables: JsonObject): string {
  if (rule.messageProgram) {
    try {
      const text = rule.messageProgram.evaluate(variables);
      if (typeof text === "string" && text.trim() !== "" && !text.includes("\n")) return text;
    } catch (error) {
      if (!(error instanceof ExprError)) throw error;
    }
  }
  return rule.message ?? `failed rule: ${rule.text}`;
}

function ruleText(rule: Rule): string {
  return rule.message ?? rule.text;
}

const TYPES: Readonly<Record<string, FieldErrorType>> = {
  FieldValueForbidden: "Forbidden",
  FieldValueRequired: "Required value",
  FieldValueDuplicate: "Duplicate value",
};

function fieldError(rule: Rule, at: { field: string; value: Json; detail: string }, node: OpenApiNode): FieldError {
  const type = TYPES[rule.reason ?? ""] ?? "Invalid value";
  const isStructure = node.type === "object" || node.type === "array";
  const detail = type === "Duplicate value" ? "" : at.detail;
  return { type, field: at.field, detail, ...(isStructure ? {} : { value: at.value }) };
}

function rulesOf(node: OpenApiNode): Rule[] {
  const said = node.raw["x-kubernetes-validations"];
  return Array.isArray(said) ? said.filter(isObject).map((rule) => compileRule(rule, node)) : [];
}

function compileRule(raw: JsonObject, node: OpenApiNode): Rule {
  const text = String(raw["rule"] ?? "").trim();
  const optionalOldSelf = raw["optionalOldSelf"] === true;
  const compile = (expression: string): CelProgram => {
    const variables = ["self", optionalOldSelf ? "oldSelves" : "oldSelf"];
    const schemas = { self: node.raw, oldSelf: node.raw };
    return compileCel(optionalOldSelf ? withOptionalOldSelf(expression) : expression, { variables, schemas });
  };
  const { messageExpression, message, reason, fieldPath } = raw;
  const program = compile(text);
  if (program.resultKind !== "bool" && program.resultKind !== "dyn") {
    throw new ExprError("CEL_INVALID", NOT_A_CONDITION, { expression: text });
  }
  return {
    text,
    program,
    usesOldSelf: identifiers(text).includes("oldSelf"),
    optionalOldSelf,
    message: typeof message === "string" && message !== "" ? message : undefined,
    messageProgram:
      typeof messageExpression === "string" && messageExpression !== "" ? compile(messageExpression) : undefined,
    reason: typeof reason === "string" ? reason : undefined,
    fieldPath: typeof fieldPath === "string" ? fieldPath : "",
  };
}

/** The error of a rule that cannot be true or false. */
export const NOT_A_CONDITION = "cel expression must evaluate to a bool";

/** Text literals of CEL, then identifiers. */
const TOKEN = /[bBrR]{0,2}("""[\s\S]*?"""|'''[\s\S]*?'''|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|[A-Za-z_][A-Za-z0-9_]*/g;

function identifiers(expression: string): string[] {
  return [...expression.matchAll(TOKEN)].map(([token]) => token);
}

/** CEL values come from JSON, which has no optional ones; the first item of a list that may be empty is one. */
function withOptionalOldSelf(expression: string): string {
  return expression.replace(TOKEN, (token) => (token === "oldSelf" ? "oldSelves[?0]" : token));
}
