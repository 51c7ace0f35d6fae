/** A test for one path segment. */
export type SegmentTest = (segment: string) => boolean;

type Token =
  | { kind: "literal"; char: string }
  | { kind: "any" }
  | { kind: "class"; negated: boolean; ranges: readonly (readonly [string, string])[] };

/**
 * Compiles one shell pattern for one path segment: `*`, `?`, `[a-z]`, `[^a]` and `\` before a literal character.
 * Its cost grows with pattern length times segment length, never exponentially.
 * @returns undefined if the pattern is malformed: such a pattern matches nothing.
 * @source Go's `filepath.Match` on Unix
 */
export function compileSegment(pattern: string): SegmentTest | undefined {
  if (!/[*?[\\]/.test(pattern)) return (segment) => segment === pattern;
  const chunks = parseChunks([...pattern]);
  if (chunks === undefined) return undefined;
  return (segment) => matchChunks(chunks, SURROGATE.test(segment) ? [...segment] : segment);
}

const SURROGATE = /[\ud800-\udfff]/;

/** The pattern cut at its stars. `a*b*` is three chunks, the last one empty. */
function parseChunks(pattern: readonly string[]): Token[][] | undefined {
  const chunks: Token[][] = [[]];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern[at] as string;
    if (char === "*") {
      chunks.push([]);
      at++;
      continue;
    }
    const parsed = parseToken(pattern, at);
    if (parsed === undefined) return undefined;
    chunks.at(-1)?.push(parsed.token);
    at = parsed.next;
  }
  return chunks;
}

function parseToken(pattern: readonly string[], at: number): { token: Token; next: number } | undefined {
  const char = pattern[at] as string;
  if (char === "?") return { token: { kind: "any" }, next: at + 1 };
  if (char === "[") return parseClass(pattern, at + 1);
  const literal = readChar(pattern, at);
  return literal && { token: { kind: "literal", char: literal.char }, next: literal.next };
}

function parseClass(pattern: readonly string[], start: number): { token: Token; next: number } | undefined {
  const negated = pattern[start] === "^";
  const ranges: [string, string][] = [];
  let at = negated ? start + 1 : start;
  while (pattern[at] !== "]" || ranges.length === 0) {
    if (pattern[at] === "-" || pattern[at] === "]") return undefined;
    const low = readChar(pattern, at);
    if (low === undefined) return undefined;
    at = low.next;
    let high = low.char;
    if (pattern[at] === "-") {
      if (pattern[at + 1] === "]" || pattern[at + 1] === "-") return undefined;
      const end = readChar(pattern, at + 1);
      if (end === undefined) return undefined;
      high = end.char;
      at = end.next;
    }
    ranges.push([low.char, high]);
  }
  return { token: { kind: "class", negated, ranges }, next: at + 1 };
}

function readChar(pattern: readonly string[], at: number): { char: string; next: number } | undefined {
  const escaped = pattern[at] === "\\";
  const char = pattern[escaped ? at + 1 : at];
  return char === undefined ? undefined : { char, next: at + (escaped ? 2 : 1) };
}

/** The first chunk must stand at the start and the last at the end; each one between is taken at its leftmost place. */
function matchChunks(chunks: readonly Token[][], text: ArrayLike<string>): boolean {
  const first = chunks[0] as Token[];
  if (!standsAt(first, text, 0)) return false;
  if (chunks.length === 1) return text.length === first.length;
  let at = first.length;
  for (const chunk of chunks.slice(1, -1)) {
    while (at + chunk.length <= text.length && !standsAt(chunk, text, at)) at++;
    if (at + chunk.length > text.length) return false;
    at += chunk.length;
  }
  const last = chunks.at(-1) as Token[];
  const tail = text.length - last.length;
  return tail >= at && standsAt(last, text, tail);
}

function standsAt(chunk: readonly Token[], text: ArrayLike<string>, at: number): boolean {
  if (at + chunk.length > text.length) return false;
  return chunk.every((token, i) => tokenMatches(token, text[at + i] as string));
}

function tokenMatches(token: Token, char: string): boolean {
  if (token.kind === "any") return true;
  if (token.kind === "literal") return token.char === char;
  const code = char.codePointAt(0) as number;
  const within = token.ranges.some(
    ([low, high]) => (low.codePointAt(0) as number) <= code && code <= (high.codePointAt(0) as number),
  );
  return within !== token.negated;
}
