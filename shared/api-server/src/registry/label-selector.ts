import { badRequest } from "./status-error.ts";

/** Labels of an object, or anything else that is matched like labels. */
type Labels = { readonly [key: string]: string | undefined };

/** True if the labels satisfy the selector. */
export type LabelSelector = (labels: Labels) => boolean;

type Requirement = { key: string; operator: string; values: string[] };

const TOKEN = /\s*(?:(!=|==|=|,|\(|\)|<|>|!)|([^\s!=,()<>]+))/y;

/**
 * Parses `a=b,c!=d,e in (x,y),f notin (z),g,!h,i>1`; "" selects everything.
 * @throws {StatusError} 400 with the API server's text.
 * @source `k8s.io/apimachinery/pkg/labels` Parse
 */
export function parseLabelSelector(text: string): LabelSelector {
  const requirements = new SelectorParser(text).parse();
  for (const requirement of requirements) validate(requirement);
  return (labels) => requirements.every((requirement) => satisfies(requirement, labels));
}

class SelectorParser {
  readonly #tokens: string[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    if (this.#tokens.length === 0) return requirements;
    for (;;) {
      requirements.push(this.#requirement());
      const next = this.#take();
      if (next === "") return requirements;
      if (next !== ",") throw failure(`found '${next}', expected: ',' or 'end of string'`);
      if (this.#peek() === "") throw failure("found '', expected: identifier after ','");
    }
  }

  #requirement(): Requirement {
    if (this.#peek() === "!") {
      this.#take();
      return { key: this.#key(), operator: "!", values: [] };
    }
    const key = this.#key();
    const operator = this.#peek();
    if (operator === "" || operator === ",") return { key, operator: "exists", values: [] };
    this.#take();
    if (operator === "in" || operator === "notin") return { key, operator, values: this.#set() };
    if (!/^(==?|!=|<|>)$/.test(operator)) {
      throw failure(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    return { key, operator: operator === "==" ? "=" : operator, values: [this.#value()] };
  }

  #key(): string {
    const token = this.#take();
    if (!isWord(token)) throw failure(`found '${token}', expected: !, identifier, or 'end of string'`);
    return token;
  }

  /** An exact value may be empty: `a=` selects the empty string. */
  #value(): string {
    const next = this.#peek();
    if (next === "" || next === ",") return "";
    this.#take();
    if (!isWord(next)) throw failure(`found '${next}', expected: identifier`);
    return next;
  }

  #set(): string[] {
    const open = this.#take();
    if (open !== "(") throw failure(`found '${open}' expected: '('`);
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      if (token === ")") return values.length > 0 ? values : [""];
      if (token === ",") {
        if (values.length === 0 || this.#peek() === ")") values.push("");
      } else if (isWord(token)) values.push(token);
      else throw failure(`found '${token}', expected: ',', ')' or identifier`);
    }
  }

  #peek(): string {
    return this.#tokens[this.#at] ?? "";
  }

  #take(): string {
    return this.#tokens[this.#at++] ?? "";
  }
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const scanner = new RegExp(TOKEN);
  for (let match = scanner.exec(text); match; match = scanner.exec(text)) tokens.push(match[1] ?? match[2] ?? "");
  return tokens;
}

function isWord(token: string): boolean {
  return token !== "" && !/^(!=|==|=|,|\(|\)|<|>|!)$/.test(token);
}

function satisfies({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  const [first = ""] = values;
  if (operator === "exists") return value !== undefined;
  if (operator === "!") return value === undefined;
  if (operator === "=" || operator === "in") return value !== undefined && values.includes(value);
  if (operator === "!=" || operator === "notin") return value === undefined || !values.includes(value);
  if (value === undefined || !/^[+-]?[0-9]+$/.test(value)) return false;
  return operator === ">" ? Number(value) > Number(first) : Number(value) < Number(first);
}

const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

function validate({ key, operator, values }: Requirement): void {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  const prefixOk = slash < 0 || (slash <= 253 && PREFIX.test(key.slice(0, slash)));
  if (!prefixOk || name.length > 63 || !NAME.test(name)) {
    throw failure(`<nil>: Invalid value: ${JSON.stringify(key)}: ${NAME_RULE}`);
  }
  const [first = ""] = values;
  if ((operator === ">" || operator === "<") && !/^[+-]?[0-9]+$/.test(first)) {
    const why = "for 'Gt', 'Lt' operators, the value must be an integer";
    throw failure(`values[0]: Invalid value: ${JSON.stringify(first)}: ${why}`);
  }
  for (const value of values) {
    if (value === "" || (value.length <= 63 && NAME.test(value))) continue;
    throw failure(`values[0][${key}]: Invalid value: ${JSON.stringify(value)}: ${VALUE_RULE}`);
  }
}

const NAME_RULE =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function failure(text: string): Error {
  return badRequest(`unable to parse requirement: ${text}`);
}
