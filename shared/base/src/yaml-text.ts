import { isTimestamp, mayBeTyped, resolvePlain } from "./yaml-scalar.ts";

/** Where a string is written. */
export interface TextPlace {
  /** Column (from 0) at which the text starts. */
  column: number;
  /** Indentation of continued lines, in spaces. */
  indent: number;
  /** True for a key that must stay on one line. */
  simpleKey?: boolean;
}

const BEST_WIDTH = 80;
const BASE_60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;
const CERTAINLY_PLAIN = /^[A-Za-z/][A-Za-z0-9_./-]*$/;
const PRINTABLE = /^[\n\x20-\x7E\u00A0-\uD7FF\uE000-\uFEFE\uFF00-\uFFFD]*$/;
const BREAKS = /[\n\u2028\u2029]/;
const RESERVED_FIRST = /^(?:[#,[\]{}&*!|>'"%@`]|[?:-](?=[ \t]|$)|---|\.\.\.)/;
const RESERVED_INSIDE = /.:(?= |$)| #/s;

/**
 * A string as Go's YAML writer prints it: plain where it would be read back as the same string, else quoted; a text of
 * several lines as a literal block. Plain and quoted texts are folded after column 80.
 * @source go.yaml.in/yaml v2, `stringv` and the emitter
 */
export function writeText(text: string, place: TextPlace): string {
  if (CERTAINLY_PLAIN.test(text) && !isWord(text)) return text;
  const form = formOf(text, place.simpleKey === true);
  if (form === "literal") return literal(text, place.indent);
  if (form === "double") return doubleQuoted(text, place);
  return form === "single" ? singleQuoted(text, place) : folded(text, place);
}

function isWord(text: string): boolean {
  return text.length <= 5 && mayBeTyped(text) && !isString(text);
}

function isString(text: string): boolean {
  if (!mayBeTyped(text) || text === "<<") return true;
  return resolvePlain(text, "sigs").tag === "str" && !isTimestamp(text) && !BASE_60.test(text);
}

function formOf(text: string, simpleKey: boolean): "plain" | "single" | "double" | "literal" {
  const printable = PRINTABLE.test(text);
  const spaceThenBreak = / [\n\u2028\u2029]/.test(text);
  if (text.includes("\n") && !simpleKey) {
    return printable && !spaceThenBreak && !text.endsWith(" ") ? "literal" : "double";
  }
  if (!isString(text) || !printable || spaceThenBreak) return "double";
  if (/[\u2028\u2029] /.test(text)) return "double";
  const plain = !BREAKS.test(text) && !text.startsWith(" ") && !text.endsWith(" ");
  return plain && !RESERVED_FIRST.test(text) && !RESERVED_INSIDE.test(text) ? "plain" : "single";
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n\u2028\u2029]/.test(text) ? "2" : "";
  const chomp = !BREAKS.test(text.slice(-1)) ? "-" : text.length === 1 || BREAKS.test(text.at(-2) ?? "") ? "+" : "";
  return `|${hint}${chomp}\n${text.replace(/^(?=[^\n\u2028\u2029])/gm, " ".repeat(indent))}`;
}

/** Breaks a one-line text at single spaces once a line is longer than 80 columns. */
function folded(text: string, place: TextPlace): string {
  if (place.simpleKey === true || place.column + text.length <= BEST_WIDTH) return text;
  return fold(text, place, 0);
}

function singleQuoted(text: string, place: TextPlace): string {
  const inner = text.replaceAll("'", "''");
  if (place.simpleKey === true || place.column + inner.length < BEST_WIDTH) return `'${inner}'`;
  return `'${fold(inner, { ...place, column: place.column + 1 }, 1)}'`;
}

/** @param edge spaces this close to either end are kept: 1 for quoted text, whose edge spaces count. */
function fold(text: string, place: TextPlace, edge: 0 | 1): string {
  const pad = `\n${" ".repeat(place.indent)}`;
  let [result, column, afterSpace] = ["", place.column, false];
  const points = Array.from(text);
  for (const [at, point] of points.entries()) {
    const isSpace = point === " ";
    const inner = at >= edge && at < points.length - edge;
    if (isSpace && !afterSpace && column > BEST_WIDTH && inner && points[at + 1] !== " ") {
      result += pad;
      column = place.indent;
    } else {
      result += point;
      column += 1;
    }
    afterSpace = isSpace;
  }
  return result;
}

function doubleQuoted(text: string, place: TextPlace): string {
  const pad = `\n${" ".repeat(place.indent)}`;
  let [result, column, afterSpace] = ['"', place.column + 1, false];
  const points = Array.from(text);
  // Go's writer takes each character for a byte order mark if the first is one.
  const isMarked = text.startsWith("\uFEFF");
  const shownAs = isMarked ? (point: string) => SHORT_ESCAPES.get(point) ?? hexEscape(point) : escaped;
  for (const [at, point] of points.entries()) {
    const isSpace = point === " " && !isMarked;
    const inner = at > 0 && at < points.length - 1;
    if (isSpace && place.simpleKey !== true && !afterSpace && column > BEST_WIDTH && inner) {
      const next = points[at + 1] === " " ? "\\" : "";
      result += pad + next;
      column = place.indent + next.length;
    } else {
      const shown = shownAs(point);
      result += shown;
      column += shown.length;
    }
    afterSpace = isSpace;
  }
  return `${result}"`;
}

const SHORT_ESCAPES: ReadonlyMap<string, string> = new Map([
  ["\0", "\\0"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1B", "\\e"],
  ['"', '\\"'],
  ["\\", "\\\\"],
  ["\u0085", "\\N"],
  ["\u2028", "\\L"],
  ["\u2029", "\\P"],
]);

function escaped(point: string): string {
  const short = SHORT_ESCAPES.get(point);
  if (short !== undefined) return short;
  return point.length === 1 && PRINTABLE.test(point) ? point : hexEscape(point);
}

function hexEscape(point: string): string {
  if (point === "\u00A0") return "\\_";
  const hex = (point.codePointAt(0) ?? 0).toString(16).toUpperCase();
  if (hex.length <= 2) return `\\x${hex.padStart(2, "0")}`;
  return hex.length <= 4 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}
