import { isReserved } from "./escape.ts";
import { INT_LIMIT, type Token, tokens } from "./lexer.ts";
import { foldOf } from "./macros.ts";
import { CelSyntaxError, type ListItem, type MapEntry, type Node } from "./syntax.ts";
import type { CelValue } from "./value.ts";

/** Most levels of nodes, and most levels of brackets. */
const MAX_DEPTH = 250;

/** Binary operators from the loosest to the tightest level. */
const LEVELS: readonly ReadonlySet<string>[] = [
  new Set(["==", "!=", "<", "<=", ">", ">=", "in"]),
  new Set(["+", "-"]),
  new Set(["*", "/", "%"]),
];

/**
 * Parses an expression and expands its macros.
 * @param isFunction whether a name with dots, such as `sets.contains`, is a function rather than a method call.
 * @throws {CelSyntaxError}
 */
export function parse(expression: string, isFunction: (name: string) => boolean): Node {
  return new Parser(expression, isFunction).whole();
}

/** A node without its depth, which {@link Parser} adds. */
type Draft<N> = N extends Node ? Omit<N, "depth"> : never;

class Parser {
  readonly #tokens: readonly Token[];
  readonly #isFunction: (name: string) => boolean;
  #next = 0;
  #nesting = 0;

  constructor(expression: string, isFunction: (name: string) => boolean) {
    this.#tokens = tokens(expression);
    this.#isFunction = isFunction;
  }

  whole(): Node {
    const node = this.#expression();
    if (this.#token.type !== "end") throw this.#unexpected();
    return node;
  }

  get #token(): Token {
    const token = this.#tokens[this.#next] ?? this.#tokens.at(-1);
    if (token === undefined) throw new RangeError("no tokens");
    return token;
  }

  #advance(): Token {
    const token = this.#token;
    this.#next += 1;
    return token;
  }

  #at(symbol: string): boolean {
    return this.#token.type === "symbol" && this.#token.text === symbol;
  }

  #accept(...symbols: string[]): string | undefined {
    const found = symbols.find((symbol) => this.#at(symbol));
    if (found !== undefined) this.#advance();
    return found;
  }

  #expect(symbol: string): void {
    if (this.#accept(symbol) === undefined) throw this.#unexpected(symbol);
  }

  #unexpected(wanted?: string): CelSyntaxError {
    const { text, at } = this.#token;
    return new CelSyntaxError(`Syntax error: unexpected "${text}"${wanted ? `, expecting "${wanted}"` : ""}`, at);
  }

  #node(draft: Draft<Node>, children: readonly Node[] = []): Node {
    const depth = 1 + children.reduce((most, child) => Math.max(most, child.depth), 0);
    if (depth > MAX_DEPTH) throw new CelSyntaxError(`expression is nested over ${MAX_DEPTH} levels`, draft.at);
    return { ...draft, depth };
  }

  #call(name: string, args: readonly Node[], at: number): Node {
    return this.#node({ kind: "call", name, args, at }, args);
  }

  #expression(): Node {
    if (++this.#nesting > MAX_DEPTH) {
      throw new CelSyntaxError(`expression is nested over ${MAX_DEPTH} levels`, this.#token.at);
    }
    const test = this.#terms("or");
    const node = this.#accept("?") === undefined ? test : this.#conditional(test);
    this.#nesting -= 1;
    return node;
  }

  #conditional(test: Node): Node {
    const yes = this.#terms("or");
    this.#expect(":");
    const no = this.#expression();
    return this.#node({ kind: "conditional", test, yes, no, at: test.at }, [test, yes, no]);
  }

  #terms(kind: "or" | "and"): Node {
    const read = () => (kind === "or" ? this.#terms("and") : this.#binary(0));
    const first = read();
    const terms = [first];
    while (this.#accept(kind === "or" ? "||" : "&&") !== undefined) terms.push(read());
    return terms.length === 1 ? first : this.#node({ kind, terms, at: first.at }, terms);
  }

  #binary(level: number): Node {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    while (this.#token.type === "symbol" && operators.has(this.#token.text)) {
      const { text, at } = this.#advance();
      left = this.#call(text === "in" ? "@in" : `_${text}_`, [left, this.#binary(level + 1)], at);
    }
    return left;
  }

  /** A row of `!` or of `-`; two of them cancel out. */
  #unary(): Node {
    const { text, at } = this.#token;
    const sign = this.#at("!") || this.#at("-") ? text : undefined;
    if (sign === undefined) return this.#member(this.#primary());
    let count = 0;
    while (this.#accept(sign) !== undefined) count += 1;
    const literal = sign === "-" ? this.#negative(at) : undefined;
    if (literal !== undefined) count -= 1;
    const operand = this.#member(literal ?? this.#primary());
    return count % 2 === 0 ? operand : this.#call(`${sign}_`, [operand], at);
  }

  #negative(at: number): Node | undefined {
    const token = this.#token;
    if (token.type !== "literal" || (typeof token.value !== "bigint" && typeof token.value !== "number"))
      return undefined;
    this.#advance();
    return this.#node({ kind: "literal", value: -token.value, at });
  }

  /** Everything that follows an operand: fields, methods and indexes. */
  #member(first: Node): Node {
    let node = first;
    for (;;) {
      const { at } = this.#token;
      const symbol = this.#accept(".", ".?", "[", "[?");
      if (symbol === undefined) return node;
      node = symbol.startsWith("[") ? this.#index(node, symbol === "[?", at) : this.#field(node, symbol === ".?", at);
    }
  }

  #index(target: Node, optional: boolean, at: number): Node {
    const index = this.#expression();
    this.#expect("]");
    return this.#node({ kind: "index", target, index, optional, at }, [target, index]);
  }

  #field(target: Node, optional: boolean, at: number): Node {
    const { type, text } = this.#advance();
    if (type !== "name" && type !== "quoted")
      throw new CelSyntaxError(`Syntax error: unexpected "${text}" after "."`, at);
    if (optional || type === "quoted" || !this.#at("(")) {
      return this.#node({ kind: "select", target, field: text, optional, at }, [target]);
    }
    return this.#method(target, text, at);
  }

  #method(target: Node, name: string, at: number): Node {
    const args = this.#arguments();
    if (target.kind === "name" && this.#isFunction(`${target.name}.${name}`)) {
      return this.#call(`${target.name}.${name}`, args, at);
    }
    const fold = foldOf(name, args);
    if (fold === undefined) return this.#call(`.${name}`, [target, ...args], at);
    return this.#node({ ...fold, target, at }, [target, ...fold.bodies]);
  }

  #arguments(): Node[] {
    this.#expect("(");
    return this.#list(")", () => this.#expression());
  }

  /** Items up to `end`, separated by commas, of which one may follow the last. */
  #list<T>(end: string, read: () => T): T[] {
    const items: T[] = [];
    while (this.#accept(end) === undefined) {
      items.push(read());
      if (!this.#at(end)) this.#expect(",");
    }
    return items;
  }

  #primary(): Node {
    const token = this.#advance();
    const { at } = token;
    if (token.type === "literal") return this.#node({ kind: "literal", value: checkedLiteral(token.value, at), at });
    if (token.type === "name") return this.#named(token.text, at);
    if (token.type === "symbol") {
      if (token.text === "(") return this.#parenthesized();
      if (token.text === ".") return this.#rooted();
      if (token.text === "[" || token.text === "[?") return this.#listLiteral(token.text === "[?", at);
      if (token.text === "{" || token.text === "{?") return this.#mapLiteral(token.text === "{?", at);
    }
    this.#next -= 1;
    throw this.#unexpected();
  }

  #parenthesized(): Node {
    const node = this.#expression();
    this.#expect(")");
    return node;
  }

  /** A name after a leading dot, which in CEL means the root of all names. */
  #rooted(): Node {
    const { type, text, at } = this.#advance();
    if (type !== "name") throw new CelSyntaxError(`Syntax error: unexpected "${text}" after "."`, at);
    return this.#named(text, at);
  }

  #named(name: string, at: number): Node {
    if (isReserved(name)) throw new CelSyntaxError(`reserved identifier: ${name}`, at);
    if (!this.#at("(")) return this.#node({ kind: "name", name, at });
    const args = this.#arguments();
    return name === "has" ? this.#presence(args, at) : this.#call(name, args, at);
  }

  #presence([argument, ...others]: readonly Node[], at: number): Node {
    if (argument?.kind !== "select" || argument.optional || others.length > 0) {
      throw new CelSyntaxError("invalid argument to has() macro", at);
    }
    return this.#node({ kind: "has", target: argument.target, field: argument.field, at }, [argument.target]);
  }

  #listLiteral(firstOptional: boolean, at: number): Node {
    let first = firstOptional;
    const items = this.#list("]", (): ListItem => {
      const optional = first || this.#accept("?") !== undefined;
      first = false;
      return { value: this.#expression(), optional };
    });
    return this.#node(
      { kind: "list", items, at },
      items.map(({ value }) => value),
    );
  }

  #mapLiteral(firstOptional: boolean, at: number): Node {
    let first = firstOptional;
    const entries = this.#list("}", (): MapEntry => {
      const optional = first || this.#accept("?") !== undefined;
      first = false;
      const key = this.#expression();
      this.#expect(":");
      return { key, value: this.#expression(), optional };
    });
    return this.#node(
      { kind: "map", entries, at },
      entries.flatMap(({ key, value }) => [key, value]),
    );
  }
}

function checkedLiteral(value: CelValue, at: number): CelValue {
  if (typeof value === "bigint" && value >= INT_LIMIT) throw new CelSyntaxError("invalid int literal", at);
  return value;
}
