import type { FunctionTable, StaticKind } from "./function.ts";
import { wrongLiteral } from "./literals.ts";
import { CelSyntaxError, type FoldMacro, type Node } from "./syntax.ts";
import { kindOf, namedTypes, typeName } from "./value.ts";

/** What an expression may name; without `variables` every name is taken for a variable. */
export interface Scope {
  readonly functions: FunctionTable;
  readonly variables: ReadonlySet<string> | undefined;
}

/**
 * Finds what is wrong with an expression whatever its variables hold: unknown names and functions, arguments that no
 * function takes, branches and elements of different kinds.
 * @returns the kind of the result, `dyn` if it depends on variables.
 * @throws {CelSyntaxError}
 */
export function check(node: Node, scope: Scope): StaticKind {
  switch (node.kind) {
    case "literal":
      return kindOf(node.value);
    case "name":
      return checkName(node.name, node.at, scope);
    case "select":
      return checkSelect(node, scope);
    case "has":
      checkTarget(node.target, scope);
      return "bool";
    case "index":
      return checkIndex(node, scope);
    case "call":
      return checkCall(node.name, node.args, node.at, scope);
    case "list":
      sameKinds(
        node.items.map(({ value, optional }) => [optional, value]),
        scope,
      );
      return "list";
    case "map":
      sameKinds(
        node.entries.map(({ key }) => [false, key]),
        scope,
      );
      sameKinds(
        node.entries.map(({ value, optional }) => [optional, value]),
        scope,
      );
      return "map";
    case "and":
    case "or":
      for (const term of node.terms) expectBool(term, scope, node.kind === "and" ? "_&&_" : "_||_");
      return "bool";
    case "conditional":
      return checkConditional(node, scope);
    case "fold":
      return checkFold(node, scope);
  }
}

function checkName(name: string, at: number, { variables }: Scope): StaticKind {
  if (variables === undefined || variables.has(name)) return "dyn";
  if (namedTypes.has(name)) return "type";
  throw new CelSyntaxError(`undeclared reference to '${name}'`, at);
}

function checkSelect(node: Extract<Node, { kind: "select" }>, scope: Scope): StaticKind {
  if (qualifiedType(node, scope) !== undefined) return "type";
  return indexed(checkTarget(node.target, scope), node.optional, node.at);
}

/** The last fields of the types that are named by a chain. */
const LAST_FIELDS: ReadonlySet<string> = new Set(
  Array.from(namedTypes.keys(), (name) => name.split(".")).flatMap((parts) => parts.slice(1).slice(-1)),
);

/** The type that a chain of fields names, such as `google.protobuf.Timestamp`, if no variable has its first name. */
export function qualifiedType(node: Node, { variables }: Pick<Scope, "variables">): string | undefined {
  if (node.kind !== "select" || !LAST_FIELDS.has(node.field)) return undefined;
  const path = pathOf(node);
  if (path === undefined || !namedTypes.has(path)) return undefined;
  return variables?.has(path.split(".")[0] ?? "") ? undefined : path;
}

function pathOf(node: Node): string | undefined {
  if (node.kind === "name") return node.name;
  if (node.kind !== "select" || node.optional) return undefined;
  const target = pathOf(node.target);
  return target === undefined ? undefined : `${target}.${node.field}`;
}

function checkTarget(target: Node, scope: Scope): StaticKind {
  const kind = check(target, scope);
  if (kind === "dyn" || kind === "map" || kind === "optional") return kind;
  throw new CelSyntaxError(`type '${written(kind)}' does not support field selection`, target.at);
}

function indexed(target: StaticKind, optional: boolean, at: number): StaticKind {
  if (target !== "dyn" && target !== "list" && target !== "map" && target !== "optional") {
    throw new CelSyntaxError(`found no matching overload for '_[_]' applied to '(${written(target)})'`, at);
  }
  return optional || target === "optional" ? "optional" : "dyn";
}

function checkIndex(node: Extract<Node, { kind: "index" }>, scope: Scope): StaticKind {
  const [target, key] = [check(node.target, scope), check(node.index, scope)];
  if (target !== "list" || key === "int" || key === "dyn") return indexed(target, node.optional, node.at);
  throw new CelSyntaxError(`found no matching overload for '_[_]' applied to '(list, ${written(key)})'`, node.at);
}

function checkCall(name: string, args: readonly Node[], at: number, scope: Scope): StaticKind {
  const kinds = args.map((arg) => (name === ".format" ? checkMixed(arg, scope) : check(arg, scope)));
  if (!scope.functions.has(name)) throw new CelSyntaxError(`undeclared reference to '${plain(name)}'`, at);
  const found = scope.functions.candidates(name, kinds);
  if (found.length === 0 || ((name === "_==_" || name === "_!=_") && !comparable(kinds))) {
    const taken = kinds.map(written).join(", ");
    throw new CelSyntaxError(`found no matching overload for '${plain(name)}' applied to '(${taken})'`, at);
  }
  const wrong = wrongLiteral(name, args);
  if (wrong !== undefined) throw new CelSyntaxError(wrong, at);
  const [first, ...others] = found.map(({ result }) => result);
  return first !== undefined && others.every((other) => other === first) ? first : "dyn";
}

/** The arguments of `format`, the one list whose elements may differ in kind. */
function checkMixed(node: Node, scope: Scope): StaticKind {
  if (node.kind !== "list") return check(node, scope);
  for (const { value } of node.items) check(value, scope);
  return "list";
}

/** Known kinds are compared with their own kind only, and with null if they can be null. */
function comparable([left = "dyn", right = "dyn"]: readonly StaticKind[]): boolean {
  if (left === right || left === "dyn" || right === "dyn") return true;
  return (left === "null" && NULLABLE.has(right)) || (right === "null" && NULLABLE.has(left));
}

const NULLABLE: ReadonlySet<StaticKind> = new Set([
  ...(["timestamp", "duration", "optional"] as const),
  ...(["url", "quantity", "ip", "cidr", "format", "semver"] as const),
]);

function sameKinds(items: readonly (readonly [optional: boolean, value: Node])[], scope: Scope): void {
  let common: StaticKind = "dyn";
  for (const [optional, value] of items) {
    const kind = check(value, scope);
    if (optional && kind !== "optional" && kind !== "dyn") {
      throw new CelSyntaxError(`expected type 'optional_type' but found '${written(kind)}'`, value.at);
    }
    if (optional || kind === "dyn") continue;
    if (common !== "dyn" && kind !== common) {
      throw new CelSyntaxError(`expected type '${written(common)}' but found '${written(kind)}'`, value.at);
    }
    common = kind;
  }
}

function expectBool(node: Node, scope: Scope, operator: string): void {
  const kind = check(node, scope);
  if (kind === "bool" || kind === "dyn") return;
  throw new CelSyntaxError(`found no matching overload for '${operator}' applied to '(${written(kind)})'`, node.at);
}

function checkConditional({ test, yes, no, at }: Extract<Node, { kind: "conditional" }>, scope: Scope): StaticKind {
  expectBool(test, scope, "_?_:_");
  const [left, right] = [check(yes, scope), check(no, scope)];
  if (left === right) return left;
  if (comparable([left, right])) return "dyn";
  const taken = `bool, ${written(left)}, ${written(right)}`;
  throw new CelSyntaxError(`found no matching overload for '_?_:_' applied to '(${taken})'`, at);
}

type FoldNode = Extract<Node, { kind: "fold" }>;

function checkFold(node: FoldNode, scope: Scope): StaticKind {
  const target = check(node.target, scope);
  const wanted = node.macro === "optMap" || node.macro === "optFlatMap" ? ["optional"] : ["list", "map"];
  if (target !== "dyn" && !wanted.includes(target)) {
    throw new CelSyntaxError(`expression of type '${written(target)}' cannot be range of a comprehension`, node.at);
  }
  const inner = withNames(scope, node.names);
  const kinds = node.bodies.map((body) => check(body, inner));
  const tests = isTest(node.macro) ? node.bodies : node.bodies.slice(0, -1);
  for (const body of tests) expectBool(body, inner, node.macro);
  return foldKind(node, kinds.at(-1) ?? "dyn");
}

function isTest(macro: FoldMacro): boolean {
  return macro === "all" || macro === "exists" || macro === "existsOne" || macro === "filter";
}

function foldKind({ macro, at }: FoldNode, body: StaticKind): StaticKind {
  switch (macro) {
    case "all":
    case "exists":
    case "existsOne":
      return "bool";
    case "map":
    case "filter":
    case "transformList":
    case "sortBy":
      return "list";
    case "transformMap":
    case "transformMapEntry":
      return "map";
    case "optMap":
      return "optional";
    case "optFlatMap":
      if (body === "optional" || body === "dyn") return "optional";
      throw new CelSyntaxError(`optFlatMap() needs an optional, got '${written(body)}'`, at);
  }
}

function withNames(scope: Scope, names: readonly string[]): Scope {
  if (scope.variables === undefined) return scope;
  return { ...scope, variables: new Set([...scope.variables, ...names]) };
}

function written(kind: StaticKind): string {
  return kind === "dyn" ? "dyn" : typeName(kind);
}

function plain(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}
