import { failure } from "./errors.ts";

/** Decides whether a set of labels is selected. */
export type LabelTest = (labels: ReadonlyMap<string, string>) => boolean;

const NAME = String.raw`[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?`;
const EQUALITY = new RegExp(String.raw`^(${NAME})\s*(==|=|!=)\s*(${NAME})?$`);
const SET = new RegExp(String.raw`^(${NAME})\s+(in|notin)\s*\(([^()]*)\)$`);
const PRESENCE = new RegExp(String.raw`^(!?)\s*(${NAME})$`);
const ORDER = new RegExp(String.raw`^(${NAME})\s*([<>])\s*([0-9]+)$`);

/**
 * Parses a Kubernetes label selector: requirements joined by commas, all of which must hold. `=`, `==`, `!=`, `in`, `notin`,
 * `key`, `!key`, `<` and `>` are understood.
 * @throws {KustomizeError} PATCH_FAILED for anything else.
 * @source k8s.io/apimachinery/pkg/labels `Parse`
 */
export function parseLabelSelector(text: string): LabelTest {
  const tests = splitRequirements(text).map(requirement);
  return (labels) => tests.every((test) => test(labels));
}

/** Splits at commas, but not where the next parenthesis closes one; in time linear in the length of the text. */
export function splitRequirements(text: string): string[] {
  if (text.trim() === "") return [];
  const parts: string[] = [];
  let open = "";
  for (const [piece] of text.matchAll(/[^()]*[()]?/g)) {
    const [first = "", ...rest] = piece.endsWith(")") ? [piece] : piece.split(",");
    open += first;
    for (const next of rest) {
      parts.push(open.trim());
      open = next;
    }
  }
  return [...parts, open.trim()];
}

function requirement(text: string): LabelTest {
  const found = equality(text) ?? membership(text) ?? presence(text) ?? order(text);
  if (found === undefined) throw failure("PATCH_FAILED", `selector has a bad requirement "${text}"`);
  return found;
}

function equality(text: string): LabelTest | undefined {
  const [, key = "", operator, value = ""] = EQUALITY.exec(text) ?? [];
  if (operator === undefined) return undefined;
  return operator === "!=" ? (labels) => labels.get(key) !== value : (labels) => labels.get(key) === value;
}

function membership(text: string): LabelTest | undefined {
  const [, key = "", operator, list = ""] = SET.exec(text) ?? [];
  if (operator === undefined) return undefined;
  const values = new Set(list.split(",").map((value) => value.trim()));
  if (operator === "in") return (labels) => labels.has(key) && values.has(labels.get(key) ?? "");
  return (labels) => !labels.has(key) || !values.has(labels.get(key) ?? "");
}

function presence(text: string): LabelTest | undefined {
  const [, not, key] = PRESENCE.exec(text) ?? [];
  if (key === undefined) return undefined;
  return not === "!" ? (labels) => !labels.has(key) : (labels) => labels.has(key);
}

function order(text: string): LabelTest | undefined {
  const [, key = "", operator, bound = "0"] = ORDER.exec(text) ?? [];
  if (operator === undefined) return undefined;
  return (labels) => {
    const value = labels.get(key);
    if (value === undefined || !/^-?[0-9]+$/.test(value)) return false;
    return operator === "<" ? BigInt(value) < BigInt(bound) : BigInt(value) > BigInt(bound);
  };
}
