/** The text of one document and the line (from 1) on which that text starts. */
export interface DocumentText {
  text: string;
  line: number;
}

/**
 * Cuts a YAML stream at its document markers (`---` and `...` at the start of a line, which YAML allows nowhere inside a
 * document). A stretch without a marker that holds only comments is no document; directives stay with the document they
 * introduce. A leading byte order mark is dropped.
 */
export function splitDocuments(stream: string): DocumentText[] {
  const text = stream.startsWith("\uFEFF") ? stream.slice(1) : stream;
  const found: DocumentText[] = [];
  let [start, line, marked] = [0, 1, false];
  const close = (end: number) => {
    const part = text.slice(start, end);
    if (marked || hasContent(part)) found.push({ text: part, line });
    line += newlines(part);
    start = end;
  };
  for (const at of markers(text)) {
    const opens = text.charAt(at) === "-";
    if (!(opens && !marked && startsWithDirective(text, start, at))) close(at);
    marked = opens;
    if (opens) continue;
    const next = text.indexOf("\n", at);
    start = next < 0 ? text.length : next + 1;
    line += 1;
  }
  close(text.length);
  return found;
}

function* markers(text: string): Generator<number> {
  if (isMarker(text, 0)) yield 0;
  for (const found of text.matchAll(/\n(?=---|\.\.\.)/g)) {
    if (isMarker(text, found.index + 1)) yield found.index + 1;
  }
}

function isMarker(text: string, at: number): boolean {
  if (!text.startsWith("---", at) && !text.startsWith("...", at)) return false;
  const after = text.charAt(at + 3);
  return after === "" || after === " " || after === "\t" || after === "\n" || after === "\r";
}

function hasContent(part: string): boolean {
  return /^[ \t]*[^\s#]/m.test(part);
}

function startsWithDirective(text: string, from: number, to: number): boolean {
  return /^(?:[ \t]*(?:#.*)?\r?\n)*%/.test(text.slice(from, to));
}

function newlines(part: string): number {
  let count = 0;
  for (let at = part.indexOf("\n"); at >= 0; at = part.indexOf("\n", at + 1)) count += 1;
  return count;
}

const LEAD = /^(?:%[^\n]*\n)*(?:---[ \t]*(?:#[^\n]*)?(?:\r?\n|$))?(?:[ \t]*(?:#[^\n]*)?\r?\n)*/;

/** The line of a document's first content, after its marker and comments; of the marker for an empty document. */
export function contentLine(part: DocumentText): number {
  const [lead = ""] = LEAD.exec(part.text) ?? [];
  return lead.length === part.text.length ? part.line : part.line + newlines(lead);
}
