const ESCAPES: ReadonlyMap<string, string> = new Map([
  ["underscores", "__"],
  ["dot", "."],
  ["dash", "-"],
  ["slash", "/"],
]);

const KEYWORDS: ReadonlySet<string> = new Set([
  "true",
  "false",
  "null",
  "in",
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
]);

/**
 * The property that an identifier stands for in a validation rule: `foo__dot__bar` is `foo.bar`, `__if__` is `if`.
 * @source Kubernetes documentation of CRD validation rules, "accessible property names"
 */
export function unescapeName(name: string): string {
  if (!name.includes("__")) return name;
  const keyword = /^__([a-z]+)__$/.exec(name)?.[1];
  if (keyword !== undefined && KEYWORDS.has(keyword)) return keyword;
  return name.replace(/__(underscores|dot|dash|slash)__/g, (whole, escape: string) => ESCAPES.get(escape) ?? whole);
}

/** True for a word that an expression may not use as a variable. */
export function isReserved(word: string): boolean {
  return KEYWORDS.has(word);
}
