import { CelSyntaxError } from "./syntax.ts";
import { CelUint, type CelValue } from "./value.ts";

/** A token; literals carry their value, and names written in backquotes are `quoted`. */
export type Token =
  | { readonly type: "end" | "symbol" | "name" | "quoted"; readonly text: string; readonly at: number }
  | { readonly type: "literal"; readonly text: string; readonly at: number; readonly value: CelValue };

const BLANK = /(?:[ \t\n\f\r]+|\/\/[^\n]*)*/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const QUOTED = /`([A-Za-z0-9_.\-/ ]+)`/y;
const NUMBER = /0x[0-9A-Fa-f]+[uU]?|(?:[0-9]+\.[0-9]+|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|[0-9]+[uU]?/y;
const TEXT =
  /([bB]?)("""(?:[^\\]|\\[^])*?"""|'''(?:[^\\]|\\[^])*?'''|"(?:[^"\\\n\r]|\\[^\n\r])*"|'(?:[^'\\\n\r]|\\[^\n\r])*')/y;
const RAW_TEXT = /([bB]?[rR])("""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')/y;
const SYMBOL = /\|\||&&|[=!<>]=|\[\?|\{\?|\.\?|[-+*/%<>!?:.,()[\]{}]/y;

/**
 * Cuts an expression into tokens, the last of which is the end.
 * @throws {CelSyntaxError} at what is no token.
 */
export function tokens(expression: string): Token[] {
  const found: Token[] = [];
  for (let at = skipBlank(expression, 0); at < expression.length; ) {
    const [token, length] = next(expression, at);
    found.push(token);
    at = skipBlank(expression, at + length);
  }
  return [...found, { type: "end", text: "end of expression", at: expression.length }];
}

function take(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}

function skipBlank(expression: string, at: number): number {
  return at + (take(BLANK, expression, at)?.[0].length ?? 0);
}

function next(expression: string, at: number): [token: Token, length: number] {
  const text = take(RAW_TEXT, expression, at) ?? take(TEXT, expression, at);
  if (text !== undefined) return [textToken(text, at), text[0].length];
  const name = take(NAME, expression, at)?.[0];
  if (name !== undefined) return [wordToken(name, at), name.length];
  const number = take(NUMBER, expression, at)?.[0];
  if (number !== undefined)
    return [{ type: "literal", text: number, at, value: numberValue(number, at) }, number.length];
  const quoted = take(QUOTED, expression, at);
  if (quoted !== undefined) return [{ type: "quoted", text: quoted[1] ?? "", at }, quoted[0].length];
  const symbol = take(SYMBOL, expression, at)?.[0];
  if (symbol !== undefined) return [{ type: "symbol", text: symbol, at }, symbol.length];
  throw new CelSyntaxError(`token recognition error at: ${JSON.stringify(expression.slice(at, at + 10))}`, at);
}

const WORDS: ReadonlyMap<string, CelValue> = new Map<string, CelValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

function wordToken(text: string, at: number): Token {
  const value = WORDS.get(text);
  if (value !== undefined) return { type: "literal", text, at, value };
  return text === "in" ? { type: "symbol", text, at } : { type: "name", text, at };
}

/** The largest magnitude of a literal; the parser refuses it where it is not negated. */
export const INT_LIMIT = 2n ** 63n;

function numberValue(text: string, at: number): CelValue {
  if (text.startsWith("0x") || /^[0-9]+u?$/i.test(text)) {
    const unsigned = /u$/i.test(text);
    const value = BigInt(unsigned ? text.slice(0, -1) : text);
    if (value > (unsigned ? 2n * INT_LIMIT - 1n : INT_LIMIT)) throw new CelSyntaxError(`invalid int literal`, at);
    return unsigned ? new CelUint(value) : value;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) throw new CelSyntaxError("invalid double literal", at);
  return value;
}

function textToken(match: RegExpExecArray, at: number): Token {
  const [text, prefix = "", quotes = ""] = match;
  const width = quotes.startsWith('"""') || quotes.startsWith("'''") ? 3 : 1;
  const body = quotes.slice(width, -width).replaceAll("\r\n", "\n");
  const bytes = /b/i.test(prefix);
  const value = /r/i.test(prefix) ? (bytes ? Buffer.from(body) : body) : unescapeText(body, bytes, at);
  return { type: "literal", text, at, value };
}

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ...["\\", "?", '"', "'", "`"].map((char): [string, string] => [char, char]),
  ...Object.entries({ a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" }),
]);
const ESCAPE = /\\(?:([xX])([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([0-3][0-7]{2})|([^]))/g;

function unescapeText(body: string, bytes: boolean, at: number): string | Uint8Array {
  const pieces: Uint8Array[] = [];
  let [text, end] = ["", 0];
  for (const match of body.matchAll(ESCAPE)) {
    const [whole, , hex, short, long, octal, simple] = match;
    text += body.slice(end, match.index);
    end = match.index + whole.length;
    const code = Number.parseInt(hex ?? short ?? long ?? octal ?? "", octal === undefined ? 16 : 8);
    if (simple !== undefined) text += simpleEscape(simple, at);
    else if (!bytes) text += character(code, at);
    else if (short !== undefined || long !== undefined) throw new CelSyntaxError("unicode escape in bytes", at);
    else {
      pieces.push(Buffer.from(text), Uint8Array.of(code));
      text = "";
    }
  }
  text += body.slice(end);
  return bytes ? Buffer.concat([...pieces, Buffer.from(text)]) : text;
}

function simpleEscape(char: string, at: number): string {
  const found = SIMPLE.get(char);
  if (found === undefined) throw new CelSyntaxError(`invalid escape sequence "\\${char}"`, at);
  return found;
}

function character(code: number, at: number): string {
  if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new CelSyntaxError("invalid unicode code point", at);
  return String.fromCodePoint(code);
}
