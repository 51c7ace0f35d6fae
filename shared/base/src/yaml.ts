import { load, YAMLException, type LoadOptions, type Schema } from "js-yaml";
import { messageOf } from "./errors.ts";
import { type Json } from "./json.ts";
import { blockScalars } from "./yaml-block.ts";
import { YamlError } from "./yaml-errors.ts";
import { SCHEMAS } from "./yaml-schema.ts";
import { resolvePlain, type YamlDialect } from "./yaml-scalar.ts";
import { contentLine, splitDocuments, type DocumentText } from "./yaml-split.ts";
import { plainValue, type ScalarTexts } from "./yaml-value.ts";

export { dumpYaml } from "./yaml-dump.ts";
export { YamlError, type YamlErrors } from "./yaml-errors.ts";
export { type YamlDialect } from "./yaml-scalar.ts";
export { type ScalarTexts } from "./yaml-value.ts";

/** One document of a stream, and the line (from 1) on which its content starts. */
export interface YamlDocument {
  value: Json;
  line: number;
}

export interface YamlOptions {
  /** Longest text in UTF-16 code units; 32 Mi by default. */
  limitBytes?: number;
  /** `kyaml` (default): as kustomize reads manifests; `sigs`: YAML 1.1 as `sigs.k8s.io/yaml` reads configuration. */
  dialect?: YamlDialect;
  /** What a key that occurs twice in one mapping does: `error` (default), or `last` wins. */
  duplicateKeys?: "error" | "last";
  /**
   * Filled with the texts of members whose value does not tell how it was written, such as `0755`, `1.50` or an empty null;
   * by the mapping they are in and their key. For readers that take any scalar as a text.
   */
  scalarTexts?: ScalarTexts;
  /** True for folded scalars as kyaml leaves them once it has written them; false by default. */
  refold?: boolean;
}

/** Deepest nesting of collections that is read. */
const LIMIT_DEPTH = 1000;
const LIMIT_BYTES = 32 * 1024 * 1024;

/**
 * Parses every document of a YAML stream. Nothing in the result is shared: aliases and merge keys are copied out.
 * A stretch of comments alone before the first `---` is no document; an empty document has the value null.
 * Integers beyond 2^53 are `bigint`; `__proto__` is a key like any other.
 * @throws {YamlError} SYNTAX with line and column counted in the whole stream, or TOO_LARGE: more than `limitBytes`,
 *   1000 levels deep, or aliases that stand for more than 250,000 values or 16 Mi characters beyond the text's own.
 */
export function parseYamlStream(text: string, options: YamlOptions = {}): YamlDocument[] {
  return [...yamlDocuments(text, options)];
}

/** As `parseYamlStream`, but each document is parsed when it is asked for. @throws {YamlError} */
export function* yamlDocuments(text: string, options: YamlOptions = {}): Generator<YamlDocument, void, undefined> {
  const limitBytes = options.limitBytes ?? LIMIT_BYTES;
  if (text.length > limitBytes) {
    throw new YamlError("TOO_LARGE", `Cannot parse YAML: over ${limitBytes} bytes`, { limit: `${limitBytes} bytes` });
  }
  demandPrintable(text);
  const schema = SCHEMAS[options.dialect ?? "kyaml"];
  for (const part of splitDocuments(text)) {
    yield { value: parseDocument(part, { ...options, schema }), line: contentLine(part) };
  }
}

/** Characters that YAML forbids wherever they stand, also in quotes and comments, where js-yaml takes them. */
const CONTROL = /[\0-\x08\v\f\x0E-\x1F\x7F-\x84\x86-\x9F\uFFFE\uFFFF]/;

function demandPrintable(text: string): void {
  const at = text.search(CONTROL);
  if (at < 0) return;
  const before = text.slice(0, at).split("\n");
  const [line, column] = [before.length, (before.at(-1)?.length ?? 0) + 1];
  const where = `line ${line}, column ${column}`;
  throw new YamlError("SYNTAX", `Cannot parse YAML at ${where}: control characters are not allowed`, { line, column });
}

/**
 * Parses a text of at most one document; an empty text is null.
 * @throws {YamlError} as `parseYamlStream`, and SYNTAX at the start of a second document.
 */
export function parseYaml(text: string, options: YamlOptions = {}): Json {
  const [first, second] = parseYamlStream(text, options);
  if (second !== undefined) {
    const data = { line: second.line, column: 1 };
    throw new YamlError("SYNTAX", `Cannot parse YAML at line ${second.line}, column 1: a second document`, data);
  }
  return first?.value ?? null;
}

/**
 * The value of an unquoted scalar: a number, boolean, null or the text itself. A number that JSON lacks stays a text.
 * @param dialect `kyaml` by default.
 */
export function parsePlainScalar(text: string, dialect: YamlDialect = "kyaml"): Json {
  const { value } = resolvePlain(text, dialect);
  return typeof value === "number" && !Number.isFinite(value) ? text : value;
}

function parseDocument(part: DocumentText, options: YamlOptions & { schema: Schema }): Json {
  try {
    const listener = blockScalars(part.text, { refold: options.refold === true });
    const settings: LoadOptions & { maxDepth: number } = {
      ...(listener && { listener }),
      schema: options.schema,
      json: options.duplicateKeys === "last",
      maxDepth: LIMIT_DEPTH,
    };
    const raw: unknown = load(part.text, settings);
    const aliased = part.text.includes("&") && part.text.includes("*");
    return plainValue(raw, {
      line: part.line,
      aliased,
      length: part.text.length,
      limitDepth: LIMIT_DEPTH,
      scalarTexts: options.scalarTexts,
      mergeWins: options.dialect === "sigs" ? "later" : "never",
      typedKeys: options.dialect === "sigs" ? "text" : "error",
    });
  } catch (thrown) {
    throw asYamlError(thrown, part.line);
  }
}

function asYamlError(thrown: unknown, firstLine: number): YamlError {
  if (thrown instanceof YamlError) return thrown;
  const mark = thrown instanceof YAMLException ? thrown.mark : undefined;
  const [line, column] = [firstLine + (mark?.line ?? 0), (mark?.column ?? 0) + 1];
  const reason = thrown instanceof YAMLException ? thrown.reason : messageOf(thrown);
  if (thrown instanceof RangeError || reason.startsWith("nesting exceeded")) {
    const limit = `${LIMIT_DEPTH} levels`;
    return new YamlError("TOO_LARGE", `Cannot parse YAML at line ${line}: nested deeper than ${limit}`, { limit });
  }
  const message = `Cannot parse YAML at line ${line}, column ${column}: ${withoutContent(reason)}`;
  return new YamlError("SYNTAX", message, { line, column }, { cause: thrown });
}

/** What a parser says without what it quotes of the document, which may be a secret. */
function withoutContent(reason: string): string {
  return reason
    .replace(/\s*("[^"]*"|!<[^>]*>)/g, "")
    .replace(/(cannot contain such characters|is malformed):.*$/s, "$1");
}
