/**
 * The texts of `Warning` headers (`299 - "text"`, several in one value or in several).
 * @source RFC 7234 section 5.5; Kubernetes sends code 299 and agent `-`
 */
export function warningsOf(header: string | readonly string[] | undefined): string[] {
  const values = header === undefined ? [] : typeof header === "string" ? [header] : header;
  return values.flatMap((value) => [...value.matchAll(WARNING)].map((match) => unquote(match[1] ?? "")));
}

const WARNING = /\d{3} \S+ "((?:[^"\\]|\\.)*)"(?: "[^"]*")?/g;

function unquote(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
