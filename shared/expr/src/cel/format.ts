import { define, type Overload } from "./function.ts";
import { parseTimestamp } from "./time.ts";
import { parseUrl } from "./url.ts";
import { CelObject, CelOptional } from "./value.ts";

/** A named format of text, which validates. */
export class CelFormat extends CelObject {
  override readonly kind = "format";
  readonly name: string;
  /** What is wrong with a text; nothing if it has the format. */
  readonly problems: (text: string) => string[];

  constructor(name: string, problems: (text: string) => string[]) {
    super();
    this.name = name;
    this.problems = problems;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelFormat && other.name === this.name;
  }

  override toJson(): string {
    return this.name;
  }
}

/** The shape of a text, and how Kubernetes words that a text does not have it. */
interface Shape {
  /** In the words of the message, unanchored. */
  readonly pattern: string;
  readonly rule: string;
  readonly examples: readonly string[];
  readonly most: number;
}

const LABEL: Shape = {
  pattern: "[a-z0-9]([-a-z0-9]*[a-z0-9])?",
  rule: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
  examples: ["my-name", "123-abc"],
  most: 63,
};

const SUBDOMAIN: Shape = {
  pattern: `${LABEL.pattern}(\\.${LABEL.pattern})*`,
  rule: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
  examples: ["example.com"],
  most: 253,
};

const RFC1035: Shape = {
  pattern: "[a-z]([-a-z0-9]*[a-z0-9])?",
  rule: "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
  examples: ["my-name", "abc-123"],
  most: 63,
};

const NAME: Shape = {
  pattern: "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]",
  rule: "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
  examples: ["MyName", "my.name", "123-abc"],
  most: 63,
};

const LABEL_VALUE: Shape = {
  pattern: `(${NAME.pattern})?`,
  rule: `a valid label must be an empty string or ${NAME.rule.slice("must ".length)}`,
  examples: ["MyValue", "my_value", "12345"],
  most: 63,
};

function has(text: string, { pattern }: Shape): boolean {
  return new RegExp(`^(?:${pattern})$`).test(text);
}

/** @source apimachinery `content.RegexError` */
function wording({ rule, examples, pattern }: Shape): string {
  const quotes = examples.map((example) => `'${example}', `).join(" or ");
  return `${rule} (e.g. ${quotes}regex used for validation is '${pattern}')`;
}

function problemsOf(text: string, shape: Shape): string[] {
  return [
    ...(text.length > shape.most ? [`must be no more than ${shape.most} bytes`] : []),
    ...(has(text, shape) ? [] : [wording(shape)]),
  ];
}

function labelProblems(text: string): string[] {
  const problems = problemsOf(text, LABEL);
  return has(text, LABEL) || !has(text, SUBDOMAIN) ? problems : [...problems.slice(0, -1), "must not contain dots"];
}

/** A name, with an optional subdomain and a slash before it. */
function qualifiedNameProblems(text: string): string[] {
  const parts = text.split("/");
  if (parts.length > 2) {
    return [
      `a valid label key ${wording(NAME)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const [name = "", subdomain] = parts.reverse();
  const before =
    subdomain === undefined ? [] : subdomain === "" ? ["must be non-empty"] : problemsOf(subdomain, SUBDOMAIN);
  const after = [...(name === "" ? ["must be non-empty"] : []), ...problemsOf(name, NAME)];
  return [...before.map((problem) => `prefix part ${problem}`), ...after.map((problem) => `name part ${problem}`)];
}

/** The format and that of what a generated name begins with, which may end in a dash. */
function named(name: string, problems: (text: string) => string[]): CelFormat[] {
  const masked = (text: string) => (text.length > 1 && text.endsWith("-") ? `${text.slice(0, -2)}a` : text);
  return [new CelFormat(name, problems), new CelFormat(`${name}Prefix`, (text) => problems(masked(text)))];
}

function checked(name: string, valid: (text: string) => boolean, says: string): CelFormat {
  return new CelFormat(name, (text) => (valid(text) ? [] : [says]));
}

const formats: readonly CelFormat[] = [
  ...named("dns1123Label", labelProblems),
  ...named("dns1123Subdomain", (text) => problemsOf(text, SUBDOMAIN)),
  ...named("dns1035Label", (text) => problemsOf(text, RFC1035)),
  new CelFormat("qualifiedName", qualifiedNameProblems),
  new CelFormat("labelValue", (text) => problemsOf(text, LABEL_VALUE)),
  checked("uri", (text) => parseUrl(text) !== undefined, "must be a valid URI"),
  checked(
    "uuid",
    (text) => /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text),
    "does not match the UUID format",
  ),
  checked("byte", (text) => text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text), "invalid base64"),
  checked("date", (text) => parseTimestamp(`${text}T00:00:00Z`) !== undefined, "invalid date"),
  checked("datetime", (text) => parseTimestamp(text) !== undefined, "invalid datetime"),
];

/** Kubernetes' named formats. */
export const formatLibrary: readonly Overload[] = [
  ...formats.map((format) => define(`format.${format.name}`, [], "format", () => format)),
  define("format.named", ["string"], "optional", (name) => {
    const found = formats.find((format) => format.name === name);
    return found === undefined ? CelOptional.none : new CelOptional(found);
  }),
  define(".validate", ["format", "string"], "optional", (format, text, run) => {
    run.spendOnText(text.length);
    const problems = format.problems(text);
    return problems.length === 0 ? CelOptional.none : new CelOptional(problems);
  }),
];
