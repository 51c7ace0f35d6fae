/** Writes generated values as YAML, in several of the ways in which people write it. */

/** A scalar that is written as it stands, so that the reader's view of plain scalars is tried, too. */
export class Raw {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A block scalar: its header, such as `>-` or `|2+`, and its lines. */
export class Block {
  readonly header: string;
  readonly lines: readonly string[];

  constructor(header: string, lines: readonly string[]) {
    this.header = header;
    this.lines = lines;
  }
}

/** What can be written. Members that are undefined are left out. */
export type Value = undefined | null | boolean | number | string | Raw | Block | readonly Value[] | Mapping;
export interface Mapping {
  readonly [key: string]: Value;
}

export function isMapping(value: Value): value is Mapping {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isWritten(value);
}

function isWritten(value: object): value is Raw | Block {
  return value instanceof Raw || value instanceof Block;
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** How a document is written. */
export interface YamlStyle {
  readonly collections: "block" | "indented-lists" | "flow";
  /** Whether text of several lines is written as a literal block where it can be. */
  readonly literals: boolean;
}

export const plainStyle: YamlStyle = { collections: "block", literals: false };

/** One document, ended by a newline. */
export function writeYaml(value: Value, style: YamlStyle = plainStyle): string {
  const text = style.collections === "flow" ? flow(value) : block(value, 0, style);
  return `${text.replace(/^\n/, "")}\n`;
}

/** What stands after a key: on the same line behind a space, or below it. */
function block(value: Value, indent: number, style: YamlStyle): string {
  if (isList(value) && value.length > 0) {
    const inner = style.collections === "indented-lists" || indent === 0 ? indent : indent - 2;
    return value.map((item) => `\n${" ".repeat(inner)}-${listItem(item, inner + 2, style)}`).join("");
  }
  if (isMapping(value) && entriesOf(value).length > 0) {
    const lines = entriesOf(value).map(([key, each]) => `${scalar(key)}:${separated(block(each, indent + 2, style))}`);
    return lines.map((line) => `\n${" ".repeat(indent)}${line}`).join("");
  }
  if (value instanceof Block) return blockScalar(value, indent);
  return typeof value === "string" && style.literals && fitsLiteral(value) ? literal(value, indent) : flow(value);
}

/** A mapping in a list starts beside the dash. */
function listItem(item: Value, indent: number, style: YamlStyle): string {
  if (isList(item)) return ` ${flow(item)}`;
  const text = block(item, indent, style);
  return isMapping(item) && text.startsWith("\n") ? ` ${text.trimStart()}` : separated(text);
}

function separated(text: string): string {
  return text.startsWith("\n") || text === "" ? text : ` ${text}`;
}

function flow(value: Value): string {
  if (isList(value)) return `[${value.map(flow).join(", ")}]`;
  if (isMapping(value)) {
    return `{${entriesOf(value)
      .map(([key, each]) => `${scalar(key)}: ${flow(each)}`)
      .join(", ")}}`;
  }
  if (value instanceof Block) return scalar(value.lines.join("\n"));
  return value instanceof Raw ? value.text : typeof value === "string" ? scalar(value) : String(value ?? null);
}

function entriesOf(value: Mapping): [string, Value][] {
  return Object.entries(value).filter(([, each]) => each !== undefined);
}

const PLAIN = /^[A-Za-z][A-Za-z0-9./-]*$/;
const NOT_TEXT = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

function scalar(text: string): string {
  if (PLAIN.test(text) && !NOT_TEXT.test(text)) return text;
  return JSON.stringify(text).replace(/[\u007f-\u00a0\u2028\u2029\ufeff]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function fitsLiteral(text: string): boolean {
  return /^[^\s][^]*\n/.test(text) && !/[^\n\x20-\x7e\u00a1-\u024f]/.test(text);
}

function literal(text: string, indent: number): string {
  const chomp = !text.endsWith("\n") ? "-" : text.endsWith("\n\n") ? "+" : "";
  return blockScalar(new Block(`|${chomp}`, text.replace(/\n$/, "").split("\n")), indent);
}

/** Lines stand two columns to the right of the parent, so that an indentation indicator is always 2. */
function blockScalar({ header, lines }: Block, indent: number): string {
  const column = Math.max(indent, 2);
  return `${header}\n${lines.map((line) => (line === "" ? "" : " ".repeat(column) + line)).join("\n")}`;
}
