import { isObject, type Json, ownKey, stringifyJson } from "@sluice/base";

/** One step of a path. */
type Step =
  | { kind: "field"; name: string }
  | { kind: "wildcard" }
  | { kind: "deep"; name: string }
  | { kind: "slice"; from: number | undefined; to: number | undefined; step: number }
  | { kind: "index"; index: number }
  | { kind: "filter"; path: readonly Step[]; operator: string; value: Json | undefined };

/**
 * The values that a JSONPath of a CustomResourceDefinition's column finds: `.a.b`, `['a']`, `[0]`, `[-1]`, `[1:3]`, `[*]`, `..a` and
 * `[?(@.type=="Ready")]`. A path that cannot be read finds nothing.
 * @source `k8s.io/client-go/util/jsonpath`
 */
export function readJsonPath(value: Json, path: string): Json[] {
  const steps = parsePath(path);
  return steps ? walk([value], steps) : [];
}

/** Found values as one text: strings as they are, others as JSON, separated by a comma. */
export function jsonPathText(values: readonly Json[]): string {
  return values.map((value) => (typeof value === "string" ? value : stringifyJson(value))).join(",");
}

function parsePath(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const text = path.startsWith("$") || path.startsWith("@") ? path.slice(1) : path;
  for (let at = 0; at < text.length; ) {
    const next = text[at] === "[" ? parseBracket(text, at) : parseField(text, at);
    if (!next) return undefined;
    if (next.step) steps.push(next.step);
    at = next.end;
  }
  return steps;
}

type Parsed = { step: Step | undefined; end: number };

function parseField(text: string, at: number): Parsed | undefined {
  const match = /(\.\.|\.)?((?:\\.|[^.[\]\\])*)/y;
  match.lastIndex = at;
  const found = match.exec(text);
  if (!found || found[0] === "") return undefined;
  const name = (found[2] ?? "").replace(/\\(.)/g, "$1");
  const end = at + found[0].length;
  if (name === "") return { step: undefined, end };
  if (name === "*") return { step: { kind: "wildcard" }, end };
  return { step: { kind: found[1] === ".." ? "deep" : "field", name }, end };
}

function parseBracket(text: string, at: number): Parsed | undefined {
  const end = closing(text, at);
  if (end < 0) return undefined;
  const inside = text.slice(at + 1, end).trim();
  const step = bracketStep(inside);
  return step && { step, end: end + 1 };
}

/** The bracket that closes the one at `at`, quotes and nested brackets passed over. */
function closing(text: string, at: number): number {
  let depth = 0;
  let quote = "";
  for (let index = at; index < text.length; index++) {
    const character = text[index] as string;
    if (quote !== "") {
      if (character === "\\") index++;
      else if (character === quote) quote = "";
    } else if (character === "'" || character === '"') quote = character;
    else if (character === "[") depth++;
    else if (character === "]" && --depth === 0) return index;
  }
  return -1;
}

function bracketStep(inside: string): Step | undefined {
  if (inside === "*") return { kind: "wildcard" };
  if (/^-?[0-9]+$/.test(inside)) return { kind: "index", index: Number(inside) };
  const quoted = /^'((?:\\.|[^'])*)'$|^"((?:\\.|[^"])*)"$/.exec(inside);
  if (quoted) return { kind: "field", name: (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1") };
  const slice = /^(-?[0-9]*):(-?[0-9]*)(?::([0-9]+))?$/.exec(inside);
  if (slice) return { kind: "slice", from: bound(slice[1]), to: bound(slice[2]), step: Number(slice[3] ?? 1) || 1 };
  const filter = /^\?\(\s*@(.*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+?))?\s*\)$/s.exec(inside);
  return filter ? filterStep(filter[1] ?? "", filter[2] ?? "exists", filter[3]) : undefined;
}

function bound(text: string | undefined): number | undefined {
  return text === undefined || text === "" ? undefined : Number(text);
}

function filterStep(left: string, operator: string, right: string | undefined): Step | undefined {
  const path = parsePath(left);
  if (!path) return undefined;
  return { kind: "filter", path, operator, value: right === undefined ? undefined : literal(right) };
}

function literal(text: string): Json {
  const quoted = /^'((?:\\.|[^'])*)'$|^"((?:\\.|[^"])*)"$/s.exec(text);
  if (quoted) return (quoted[1] ?? quoted[2] ?? "").replace(/\\(.)/g, "$1");
  if (text === "true" || text === "false") return text === "true";
  return /^-?[0-9.]+$/.test(text) ? Number(text) : text;
}

function walk(values: readonly Json[], steps: readonly Step[]): Json[] {
  let current = [...values];
  for (const step of steps) current = current.flatMap((value) => take(value, step));
  return current;
}

function take(value: Json, step: Step): Json[] {
  switch (step.kind) {
    case "field":
      return isObject(value) ? present(ownKey(value, step.name)) : [];
    case "wildcard":
      return children(value);
    case "deep":
      return deep(value, step.name);
    case "index":
      return Array.isArray(value) ? present(value.at(step.index)) : [];
    case "slice":
      return Array.isArray(value) ? value.slice(step.from, step.to).filter((_, index) => index % step.step === 0) : [];
    case "filter":
      return Array.isArray(value) ? value.filter((item) => passes(item, step)) : [];
  }
}

function present(value: Json | undefined): Json[] {
  return value === undefined ? [] : [value];
}

function children(value: Json): Json[] {
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.values(value).filter((child) => child !== undefined) : [];
}

function deep(value: Json, name: string): Json[] {
  const own = isObject(value) ? present(ownKey(value, name)) : [];
  return [...own, ...children(value).flatMap((child) => deep(child, name))];
}

function passes(item: Json, { path, operator, value }: Extract<Step, { kind: "filter" }>): boolean {
  const [left] = walk([item], path);
  if (operator === "exists") return left !== undefined;
  if (left === undefined || value === undefined) return false;
  if (operator === "==") return left === value;
  if (operator === "!=") return left !== value;
  if (typeof left !== typeof value || (typeof left !== "number" && typeof left !== "string")) return false;
  const [a, b] = [left, value as typeof left];
  if (operator === "<") return a < b;
  if (operator === ">") return a > b;
  return operator === "<=" ? a <= b : a >= b;
}
